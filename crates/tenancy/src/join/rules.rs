//! The rules for joining: who may redeem an invite or join through an identity provider, and what is then written.
//! [`super::engine`] reads and writes.

use super::applicant::Applicant;
use super::offer::{JoinRefusal, Offer, Way};
use super::plan::{DefaultChange, JoinPlan, MembershipChange};
use crate::invite::RETENTION_SECONDS;
use crate::role::union;
use crate::{
    Damage, EmailAddress, Invite, InviteHash, InviteStatus, ProviderBinding, ProviderName, Role, Tenant,
    TenantId, TenantStatus, UserRecords,
};

/// The decision about one invite.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    Join(Box<JoinPlan>),
    /// The user has used the invite before. Nothing is written.
    Already(TenantId),
    Refuse(JoinRefusal),
}

/// Facts about the user that are not in the records.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether the user's address opens invites of this tenant.
    pub is_address_good: bool,
    /// Whether the user keeps the current default tenant.
    pub keeps_default: bool,
}

impl Standing {
    /// The best case, before anything is read. An invite that is refused even so needs no more reads.
    pub const GOOD: Self = Self { is_address_good: true, keeps_default: true };
}

/// Decides about an invite.
#[must_use]
pub fn judge(
    applicant: &Applicant<'_>,
    hash: &InviteHash,
    offer: &Offer,
    records: &UserRecords,
    standing: Standing,
) -> Verdict {
    if let Some(tenant) = &offer.used_for {
        return Verdict::Already(tenant.clone());
    }
    let Some(terms) = &offer.terms else { return Verdict::Refuse(JoinRefusal::Unknown) };
    let invite = &terms.invite;
    let refusal = if invite.status == InviteStatus::Revoked {
        Some(JoinRefusal::Revoked)
    } else if applicant.now >= invite.expires_at {
        Some(JoinRefusal::Expired)
    } else if invite.uses >= invite.max_uses {
        Some(JoinRefusal::UsedUp)
    } else if invite.email.is_some() && invite.email.as_ref() != applicant.email {
        Some(JoinRefusal::WrongAddress)
    } else if invite.email.is_some() && !standing.is_address_good {
        Some(JoinRefusal::AddressNotVerified)
    } else if terms.tenant.status != TenantStatus::Active {
        Some(JoinRefusal::TenantNotActive)
    } else if !applicant.pool().serves(&terms.tenant) {
        Some(JoinRefusal::OtherPool)
    } else {
        None
    };
    if let Some(why) = refusal {
        return Verdict::Refuse(why);
    }
    let is_last_use = invite.uses.saturating_add(1) >= invite.max_uses;
    let verdict = plan(
        applicant,
        Way::Invite(hash.clone()),
        (&invite.tenant, &invite.roles),
        records,
        standing.keeps_default,
    );
    match verdict {
        Verdict::Join(plan) => Verdict::Join(Box::new(JoinPlan {
            spent_pointer: terms.pointer.clone().filter(|_| is_last_use),
            keep_until: Some(invite.expires_at.plus_seconds(RETENTION_SECONDS)),
            ..*plan
        })),
        other => other,
    }
}

/// Decides whether the user joins through an identity provider, whose binding has `join`.
#[must_use]
pub fn judge_provider(
    applicant: &Applicant<'_>,
    provider: &ProviderName,
    binding: &ProviderBinding,
    tenant: &Tenant,
    records: &UserRecords,
    keeps_default: bool,
) -> Verdict {
    if tenant.status != TenantStatus::Active {
        return Verdict::Refuse(JoinRefusal::TenantNotActive);
    }
    if !applicant.pool().serves(tenant) {
        return Verdict::Refuse(JoinRefusal::OtherPool);
    }
    if records.is_active_in(&tenant.id) {
        return Verdict::Already(tenant.id.clone());
    }
    let way = Way::Provider(provider.clone());
    plan(applicant, way, (&tenant.id, &binding.default_roles), records, keeps_default)
}

/// Checks that a pointer leads to an invite of its tenant that is bound to its address.
///
/// # Errors
///
/// [`Damage`] otherwise.
pub fn check_pointer(tenant: &TenantId, email: &EmailAddress, invite: &Invite) -> Result<(), Damage> {
    let problem = if invite.tenant != *tenant {
        format!("`tid` is not that of its pointer, {tenant}")
    } else if invite.email.as_ref() != Some(email) {
        "the pointer of an address leads to it, and it is not bound to that address".to_owned()
    } else {
        return Ok(());
    };
    Err(Damage::of_invite(&invite.hash, problem))
}

/// The tenant that a refused code still asks for. People click the old link after a new one was sent.
#[must_use]
pub fn tenant_of_spent_code(why: JoinRefusal, offer: &Offer) -> Option<&TenantId> {
    match why {
        JoinRefusal::Revoked | JoinRefusal::Expired | JoinRefusal::UsedUp => {
            offer.terms.as_ref().map(|terms| &terms.invite.tenant)
        }
        JoinRefusal::NoInvite
        | JoinRefusal::Malformed
        | JoinRefusal::Unknown
        | JoinRefusal::WrongAddress
        | JoinRefusal::AddressNotVerified
        | JoinRefusal::TenantNotActive
        | JoinRefusal::OtherPool
        | JoinRefusal::MembershipNotActive
        | JoinRefusal::WrongTenant => None,
    }
}

/// The plan to join a tenant, unless the user's membership there is suspended or removed.
fn plan(
    applicant: &Applicant<'_>,
    way: Way,
    (tenant, more_roles): (&TenantId, &[Role]),
    records: &UserRecords,
    keeps_default: bool,
) -> Verdict {
    let (membership, roles) = match records.in_tenant(tenant) {
        None => (MembershipChange::Create, union(&[], more_roles)),
        Some(membership) if membership.is_active() => {
            (MembershipChange::AddRoles { version: membership.version }, union(&membership.roles, more_roles))
        }
        Some(_) => return Verdict::Refuse(JoinRefusal::MembershipNotActive),
    };
    let default = DefaultChange { from: records.profile.default_tenant.clone(), to: tenant.clone() };
    Verdict::Join(Box::new(JoinPlan {
        user: applicant.user.clone(),
        username: applicant.username.cloned(),
        way,
        spent_pointer: None,
        keep_until: None,
        tenant: tenant.clone(),
        roles,
        membership,
        default: (!keeps_default).then_some(default),
        at: applicant.now,
        request_id: applicant.request_id.to_owned(),
    }))
}
