//! The judgement about invites: who may redeem one, and what is then to be written. [`crate::redeem`] reads and writes.

use crate::invite::RETENTION_SECONDS;
use crate::ports::Offer;
use crate::role::union;
use crate::{
    EmailAddress, EmailHash, InviteHash, InviteStatus, Membership, MembershipStatus, PresentedCode,
    ProviderName, Role, Stamp, TenantId, TenantStatus, Timestamp, UserKey, UserRecords, Username,
};

/// A user who may redeem invites, as the event tells it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub user: &'a UserKey,
    /// The name for Cognito's API; kept in the membership for operators.
    pub username: Option<&'a Username>,
    /// The e-mail address.
    pub email: Option<&'a EmailAddress>,
    /// Whether Cognito says that the address is verified.
    pub is_email_verified: bool,
    /// The identity provider that the user is of.
    pub provider: Option<&'a ProviderName>,
    /// Whether the user has just come from there, so that the attributes are the provider's and not the user's own.
    pub is_fresh_from_provider: bool,
    /// The code that came with the request.
    pub code: &'a PresentedCode,
    /// The request that this is part of, for the audit item.
    pub request_id: &'a str,
    /// When.
    pub now: Timestamp,
}

/// A candidate, and the address that counts as theirs.
#[derive(Clone, Copy, Debug)]
pub struct Redeemer<'a> {
    /// Who.
    pub candidate: Candidate<'a>,
    /// The address, if Cognito or a trusted identity provider says that it is verified.
    pub verified_email: Option<&'a EmailAddress>,
}

/// What came of trying to redeem.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Redemption {
    /// Memberships were written, of these tenants; that of the newest invite first.
    Joined(Vec<TenantId>),
    /// It had been done before: by an earlier or overlapping call, or there was nothing to redeem and no need to.
    Already,
    /// Nothing was redeemed.
    Refused(InviteRefusal),
}

/// Why an invite is refused: for logs and metrics only. A user is told one text for all of them, so that nobody can
/// probe which invites or addresses exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteRefusal {
    /// No code came, and the address has no open invite or is not verified.
    NoInvite,
    /// The code cannot be one.
    Malformed,
    /// No invite has it.
    Unknown,
    /// The invite was taken back.
    Revoked,
    /// The invite has expired.
    Expired,
    /// Others have used it up.
    UsedUp,
    /// It is bound to another address, or the user's is not verified.
    WrongAddress,
    /// The tenant is suspended or offboarded.
    TenantNotActive,
    /// The user's membership there is suspended or removed, which no invite revives.
    MembershipNotActive,
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
            Self::TenantNotActive => "tenant_not_active",
            Self::MembershipNotActive => "membership_not_active",
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
    /// Whether the user has no default tenant yet, so that this one becomes it.
    pub becomes_default: bool,
    /// When.
    pub at: Timestamp,
    /// The request that this is part of.
    pub request_id: String,
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

/// Decides about one offer. All the judgement about invites is here.
#[must_use]
pub fn judge(redeemer: Redeemer<'_>, hash: &InviteHash, offer: &Offer, records: &UserRecords) -> Verdict {
    let candidate = redeemer.candidate;
    if let Some(tenant) = &offer.used_for {
        return Verdict::Already(tenant.clone());
    }
    let Some(terms) = &offer.terms else { return Verdict::Refuse(InviteRefusal::Unknown) };
    let invite = &terms.invite;
    if invite.status == InviteStatus::Revoked {
        return Verdict::Refuse(InviteRefusal::Revoked);
    }
    if candidate.now >= invite.expires_at {
        return Verdict::Refuse(InviteRefusal::Expired);
    }
    if invite.uses >= invite.max_uses {
        return Verdict::Refuse(InviteRefusal::UsedUp);
    }
    if invite.email.is_some() && invite.email.as_ref() != redeemer.verified_email {
        return Verdict::Refuse(InviteRefusal::WrongAddress);
    }
    if terms.tenant.status != TenantStatus::Active {
        return Verdict::Refuse(InviteRefusal::TenantNotActive);
    }
    let is_last_use = invite.uses.saturating_add(1) >= invite.max_uses;
    let spent = is_last_use && terms.is_pointed_at;
    let source = RedemptionSource::Invite {
        hash: hash.clone(),
        spent_pointer: invite.email.as_ref().filter(|_| spent).map(EmailHash::of),
        keep_until: invite.expires_at.plus_seconds(RETENTION_SECONDS),
    };
    redeemer.plan(source, &invite.tenant, &invite.roles, records)
}

impl Redeemer<'_> {
    /// What is to be done about a tenant that may be joined: a plan, unless the user's membership there is over.
    pub(crate) fn plan(
        self,
        source: RedemptionSource,
        tenant: &TenantId,
        more_roles: &[Role],
        records: &UserRecords,
    ) -> Verdict {
        let candidate = self.candidate;
        let (membership, roles) = match records.in_tenant(tenant) {
            None => (MembershipChange::Create, union(&[], more_roles)),
            Some(membership) if membership.is_active() => (
                MembershipChange::AddRoles { version: membership.version },
                union(&membership.roles, more_roles),
            ),
            Some(_) => return Verdict::Refuse(InviteRefusal::MembershipNotActive),
        };
        Verdict::Redeem(Box::new(RedemptionPlan {
            user: candidate.user.clone(),
            username: candidate.username.cloned(),
            source,
            tenant: tenant.clone(),
            roles,
            membership,
            becomes_default: records.profile.default_tenant.is_none(),
            at: candidate.now,
            request_id: candidate.request_id.to_owned(),
        }))
    }
}

/// What `records` are after `plan` has been written.
pub fn apply(records: &mut UserRecords, plan: &RedemptionPlan) {
    if plan.becomes_default {
        records.profile.default_tenant = Some(plan.tenant.clone());
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
        }),
    }
}
