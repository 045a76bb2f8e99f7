//! The judgement about joining: who may redeem an invite or join by an identity provider, and what is then to be written.
//! [`crate::redeem`] reads and writes.

use crate::address::{Address, Identities};
use crate::invite::RETENTION_SECONDS;
use crate::ports::{Damage, Offer};
use crate::role::union;
use crate::{
    EmailAddress, EmailHash, Invite, InviteHash, InviteStatus, Membership, MembershipStatus, PresentedCode,
    ProviderBinding, ProviderName, Role, Stamp, Tenant, TenantId, TenantStatus, Timestamp, UserKey,
    UserRecords, Username,
};

/// A user who may redeem invites, as the event tells it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The user.
    pub user: &'a UserKey,
    /// The name for Cognito's API; kept in the membership for operators.
    pub username: Option<&'a Username>,
    /// The e-mail address.
    pub email: Option<&'a EmailAddress>,
    /// Whether `email_verified` is exactly `true`.
    pub is_email_verified: bool,
    /// The user's identities at identity providers.
    pub identities: &'a Identities,
    /// Whether the attributes are fresh from the provider, if the user has one: see [`Address::is_fresh`].
    pub is_fresh_from_provider: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`.
    pub verified_providers: &'a [ProviderName],
    /// Whether the session is being refreshed, so that it must not move to another tenant.
    pub is_refresh: bool,
    /// The code that came with the request.
    pub code: &'a PresentedCode,
    /// The request that this is part of, for the audit item.
    pub request_id: &'a str,
    /// The time of the request.
    pub now: Timestamp,
}

impl<'a> Candidate<'a> {
    /// The address, and what speaks for it.
    #[must_use]
    pub fn address(&self) -> Option<Address<'a>> {
        Some(Address {
            email: self.email?,
            is_verified: self.is_email_verified,
            identities: self.identities,
            is_fresh: self.is_fresh_from_provider,
            verified_providers: self.verified_providers,
        })
    }
}

/// What came of trying to redeem.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Redemption {
    /// A membership was written, of this tenant.
    Joined(TenantId),
    /// It had been done before, by an earlier or overlapping call.
    Already,
    /// Nothing was redeemed.
    Refused(InviteRefusal),
}

/// Why an invite is refused: for logs and metrics only. A user is told one text for all of them, so that nobody can
/// probe which invites or addresses exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteRefusal {
    /// No code came, and the address has no open invite.
    NoInvite,
    /// The code is malformed.
    Malformed,
    /// No invite has the code.
    Unknown,
    /// The invite was revoked.
    Revoked,
    /// The invite has expired.
    Expired,
    /// Others have used it up.
    UsedUp,
    /// It is bound to another address.
    WrongAddress,
    /// The address is not verified, and its identity provider is not trusted for it.
    AddressNotVerified,
    /// The tenant is suspended or offboarded.
    TenantNotActive,
    /// The user's membership there is suspended or removed, which no invite revives.
    MembershipNotActive,
    /// The request asks for another tenant than the app client is bound to.
    WrongTenant,
}

impl InviteRefusal {
    /// A stable name for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoInvite => "no_invite",
            Self::Malformed => "malformed_code",
            Self::Unknown => "unknown_code",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::UsedUp => "used_up",
            Self::WrongAddress => "wrong_address",
            Self::AddressNotVerified => "address_not_verified",
            Self::TenantNotActive => "tenant_not_active",
            Self::MembershipNotActive => "membership_not_active",
            Self::WrongTenant => "wrong_tenant",
        }
    }
}

/// Something that was on offer and was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedOpening {
    /// What was on offer.
    pub opening: OpeningKey,
    /// Why it was refused.
    pub why: InviteRefusal,
}

/// What names an opening: where a membership may come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OpeningKey {
    /// An invite, by its code or by its address.
    Invite(InviteHash),
    /// The user's identity provider.
    Provider(ProviderName),
}

/// One redemption, decided and not yet written. Every part names what it was decided from, so that the write fails as a
/// whole when that has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RedemptionPlan {
    /// Who joins.
    pub user: UserKey,
    /// The user's name, kept for operators.
    pub username: Option<Username>,
    /// By what right.
    pub source: RedemptionSource,
    /// Which tenant.
    pub tenant: TenantId,
    /// The roles of the membership afterwards.
    pub roles: Vec<Role>,
    /// How the membership comes about.
    pub membership: MembershipChange,
    /// How the tenant becomes the user's default; `None`: another stays it.
    pub default: Option<DefaultChange>,
    /// The time of the request.
    pub at: Timestamp,
    /// The request that this is part of.
    pub request_id: String,
}

/// A change of a user's default tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultChange {
    /// What the profile names now, if anything.
    pub from: Option<TenantId>,
    /// What it will name.
    pub to: TenantId,
}

/// By what right a user joins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RedemptionSource {
    /// By an invite, of which this is one use.
    Invite {
        /// The invite.
        hash: InviteHash,
        /// The address whose pointer goes, because this use is the invite's last.
        spent_pointer: Option<EmailHash>,
        /// When the table may drop the use record.
        keep_until: Timestamp,
    },
    /// By having signed in through the tenant's own identity provider.
    Provider(ProviderName),
}

/// How a membership comes about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipChange {
    /// There is none yet.
    Create,
    /// It is active already, and gets the invite's roles in addition.
    AddRoles {
        /// The version that was read.
        version: u64,
    },
}

/// What is to be done about one invite.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Write this.
    Redeem(Box<RedemptionPlan>),
    /// Nothing: this user has used it before.
    Already(TenantId),
    /// Nothing: refused.
    Refuse(InviteRefusal),
}

/// What is known of the user beside the records, for one offer.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether the user's address opens invites of the offered tenant.
    pub is_address_good: bool,
    /// Whether the user keeps the default tenant that they have.
    pub keeps_default: bool,
}

impl Standing {
    /// What nothing has to be read for: an invite that is refused in spite of it is refused whatever the user's standing is.
    pub const GOOD: Self = Self { is_address_good: true, keeps_default: true };
}

/// Decides about an invite.
#[must_use]
pub fn judge(
    candidate: &Candidate<'_>,
    hash: &InviteHash,
    offer: &Offer,
    records: &UserRecords,
    standing: Standing,
) -> Verdict {
    if let Some(tenant) = &offer.used_for {
        return Verdict::Already(tenant.clone());
    }
    let Some(terms) = &offer.terms else { return Verdict::Refuse(InviteRefusal::Unknown) };
    let invite = &terms.invite;
    let refusal = if invite.status == InviteStatus::Revoked {
        Some(InviteRefusal::Revoked)
    } else if candidate.now >= invite.expires_at {
        Some(InviteRefusal::Expired)
    } else if invite.uses >= invite.max_uses {
        Some(InviteRefusal::UsedUp)
    } else if invite.email.is_some() && invite.email.as_ref() != candidate.email {
        Some(InviteRefusal::WrongAddress)
    } else if invite.email.is_some() && !standing.is_address_good {
        Some(InviteRefusal::AddressNotVerified)
    } else if terms.tenant.status != TenantStatus::Active {
        Some(InviteRefusal::TenantNotActive)
    } else {
        None
    };
    if let Some(why) = refusal {
        return Verdict::Refuse(why);
    }
    let is_last_use = invite.uses.saturating_add(1) >= invite.max_uses;
    let spent = is_last_use && terms.is_pointed_at;
    let source = RedemptionSource::Invite {
        hash: hash.clone(),
        spent_pointer: invite.email.as_ref().filter(|_| spent).map(EmailHash::of),
        keep_until: invite.expires_at.plus_seconds(RETENTION_SECONDS),
    };
    plan(candidate, source, &invite.tenant, &invite.roles, records, standing.keeps_default)
}

/// Decides about joining by an identity provider, whose binding joins by itself.
#[must_use]
pub fn judge_provider(
    candidate: &Candidate<'_>,
    provider: &ProviderName,
    binding: &ProviderBinding,
    tenant: &Tenant,
    records: &UserRecords,
    keeps_default: bool,
) -> Verdict {
    if tenant.status != TenantStatus::Active {
        return Verdict::Refuse(InviteRefusal::TenantNotActive);
    }
    if records.is_active_in(&tenant.id) {
        return Verdict::Already(tenant.id.clone());
    }
    let source = RedemptionSource::Provider(provider.clone());
    plan(candidate, source, &tenant.id, &binding.default_roles, records, keeps_default)
}

/// Whether the pointer of an address leads to what it says: an invite of its tenant, bound to that address.
///
/// # Errors
///
/// [`Damage`] when it does not.
pub fn check_pointer(tenant: &TenantId, email: &EmailAddress, invite: &Invite) -> Result<(), Damage> {
    let problem = if invite.tenant != *tenant {
        format!("`tid` is not that of its pointer, {tenant}")
    } else if invite.email.as_ref() != Some(email) {
        "the pointer of an address leads to it, and it is not bound to that address".to_owned()
    } else {
        return Ok(());
    };
    Err(Damage { key: format!("INVITE#{}", invite.hash.short()), problem })
}

/// Whether a refused code still shows which tenant its owner wants: people click the old link after a new one was sent.
#[must_use]
pub fn tenant_of_spent_code(why: InviteRefusal, offer: &Offer) -> Option<&TenantId> {
    match why {
        InviteRefusal::Revoked | InviteRefusal::Expired | InviteRefusal::UsedUp => {
            offer.terms.as_ref().map(|terms| &terms.invite.tenant)
        }
        InviteRefusal::NoInvite
        | InviteRefusal::Malformed
        | InviteRefusal::Unknown
        | InviteRefusal::WrongAddress
        | InviteRefusal::AddressNotVerified
        | InviteRefusal::TenantNotActive
        | InviteRefusal::MembershipNotActive
        | InviteRefusal::WrongTenant => None,
    }
}

/// What is to be done about a tenant that may be joined: a plan, unless the user's membership there is over.
fn plan(
    candidate: &Candidate<'_>,
    source: RedemptionSource,
    tenant: &TenantId,
    more_roles: &[Role],
    records: &UserRecords,
    keeps_default: bool,
) -> Verdict {
    let (membership, roles) = match records.in_tenant(tenant) {
        None => (MembershipChange::Create, union(&[], more_roles)),
        Some(membership) if membership.is_active() => {
            (MembershipChange::AddRoles { version: membership.version }, union(&membership.roles, more_roles))
        }
        Some(_) => return Verdict::Refuse(InviteRefusal::MembershipNotActive),
    };
    let default = DefaultChange { from: records.profile.default_tenant.clone(), to: tenant.clone() };
    Verdict::Redeem(Box::new(RedemptionPlan {
        user: candidate.user.clone(),
        username: candidate.username.cloned(),
        source,
        tenant: tenant.clone(),
        roles,
        membership,
        default: (!keeps_default).then_some(default),
        at: candidate.now,
        request_id: candidate.request_id.to_owned(),
    }))
}

/// What `records` are after `plan` has been written.
pub fn apply(records: &mut UserRecords, plan: &RedemptionPlan) {
    if let Some(change) = &plan.default {
        records.profile.default_tenant = Some(change.to.clone());
    }
    let version = match plan.membership {
        MembershipChange::Create => 1,
        MembershipChange::AddRoles { version } => version.saturating_add(1),
    };
    let existing = records.memberships.iter_mut().find(|membership| membership.tenant == plan.tenant);
    match existing {
        Some(membership) => {
            membership.roles.clone_from(&plan.roles);
            membership.version = version;
        }
        None => records.memberships.push(Membership {
            tenant: plan.tenant.clone(),
            roles: plan.roles.clone(),
            status: MembershipStatus::Active,
            stamp: Stamp::Pending,
            version,
            joined_at: Some(plan.at),
        }),
    }
}
