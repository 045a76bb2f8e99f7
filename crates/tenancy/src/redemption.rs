//! The one engine that turns an invite into a membership: read, decide, write once. Both triggers call it; overlapping
//! calls and repetitions of one event are normal and end in the first outcome.

use futures_util::future::join_all;

use crate::invite::RETENTION_SECONDS;
use crate::ports::{Commit, Damage, Invites, Offer, Records, StoreError};
use crate::role::union;
use crate::{
    EmailAddress, EmailHash, InviteHash, InviteStatus, Membership, MembershipStatus, PresentedCode,
    ProviderBinding, ProviderName, Role, Stamp, TenantId, TenantStatus, Timestamp, UserKey, UserRecords,
    Username,
};

/// How often a redemption that others overtake is decided anew before it is given up.
const MAX_DECISIONS: usize = 5;

/// How many invites of one address are looked at in one call.
const MAX_POINTERS: usize = 100;

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

/// Tries, in this order, until one is redeemed: the code that came; the open invites of the verified address; the binding
/// of the user's identity provider, if it joins by itself. A malformed code is refused without a call, and a refused code
/// falls back on the others only for a user who is not an active member anywhere. `records` are brought up to date with what was written.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer or holds a damaged item. What was written stays; a repetition finds it.
pub async fn redeem(
    candidate: Candidate<'_>,
    records: &mut UserRecords,
    store: &(impl Records + Invites),
) -> Result<Redemption, StoreError> {
    match candidate.code {
        PresentedCode::Malformed => return Ok(Redemption::Refused(InviteRefusal::Malformed)),
        PresentedCode::None if records.active().next().is_some() => return Ok(Redemption::Already),
        PresentedCode::None | PresentedCode::Code(_) => {}
    }
    let provider = match candidate.provider {
        Some(provider) => store.provider_binding(&candidate.user.pool, provider).await?,
        None => None,
    };
    let trusts_email =
        candidate.is_fresh_from_provider && provider.as_ref().is_some_and(|p| p.is_email_trusted);
    let verified_email = candidate.email.filter(|_| candidate.is_email_verified || trusts_email);
    let redeemer = Redeemer { candidate, verified_email };

    let mut refusal = InviteRefusal::NoInvite;
    if let PresentedCode::Code(code) = candidate.code {
        let hash = code.hash();
        let offer = store.offer(&hash, candidate.user).await?;
        match redeemer.one(&hash, offer, records, store).await? {
            Redemption::Refused(why) if records.active().next().is_none() => refusal = why,
            ended => return Ok(ended),
        }
    }
    match redeemer.by_email(records, store).await? {
        Redemption::Refused(InviteRefusal::NoInvite) => {}
        Redemption::Refused(why) if refusal == InviteRefusal::NoInvite => refusal = why,
        Redemption::Refused(_) => {}
        ended => return Ok(ended),
    }
    match provider.zip(candidate.provider).filter(|(binding, _)| binding.joins) {
        Some((binding, provider)) => redeemer.by_provider(&binding, provider, records, store).await,
        None => Ok(Redemption::Refused(refusal)),
    }
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
    /// A plan for a tenant that may be joined, unless the user's membership there is over.
    fn plan(
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

    /// Redeems all open invites of the verified address, the newest first, so that its tenant becomes the default one.
    /// One damaged or failing invite does not keep the user out of the other tenants.
    async fn by_email(
        self,
        records: &mut UserRecords,
        store: &(impl Records + Invites),
    ) -> Result<Redemption, StoreError> {
        let candidate = self.candidate;
        let Some(email) = self.verified_email else {
            return Ok(Redemption::Refused(InviteRefusal::NoInvite));
        };
        let mut pointers = store.pointers(&EmailHash::of(email)).await?;
        pointers.truncate(MAX_POINTERS);
        let reads = pointers.into_iter().map(|pointer| async move {
            let pointer = pointer?;
            let offer = store.offer(&pointer.hash, candidate.user).await?;
            match &offer.terms {
                Some(terms) if terms.invite.tenant != pointer.tenant => Err(StoreError::Damaged(Damage {
                    key: format!("INVITE#{}", pointer.hash.short()),
                    problem: format!("`tid` is not that of its pointer, {}", pointer.tenant),
                })),
                _ => Ok((pointer.hash, offer)),
            }
        });
        let mut failure = None;
        let mut offers = Vec::new();
        for read in join_all(reads).await {
            match read {
                Ok(offer) => offers.push(offer),
                Err(error) => failure = Some(error),
            }
        }
        offers.sort_by_key(|(hash, offer)| {
            let made = offer.terms.as_ref().map(|terms| terms.invite.created_at);
            (std::cmp::Reverse(made), hash.clone())
        });

        let mut joined = Vec::new();
        let mut outcome = Redemption::Refused(InviteRefusal::NoInvite);
        for (hash, offer) in offers {
            match self.one(&hash, offer, records, store).await {
                Ok(Redemption::Joined(tenants)) => joined.extend(tenants),
                Ok(Redemption::Already) => outcome = Redemption::Already,
                Ok(refused) if outcome == Redemption::Refused(InviteRefusal::NoInvite) => outcome = refused,
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
        }
        match (joined.is_empty(), outcome, failure) {
            (false, _, _) => Ok(Redemption::Joined(joined)),
            (true, Redemption::Already, _) => Ok(Redemption::Already),
            (true, _, Some(error)) => Err(error),
            (true, outcome, None) => Ok(outcome),
        }
    }

    /// Redeems one invite, deciding anew for as long as others overtake it.
    async fn one(
        self,
        hash: &InviteHash,
        mut offer: Offer,
        records: &mut UserRecords,
        store: &(impl Records + Invites),
    ) -> Result<Redemption, StoreError> {
        for _ in 0..MAX_DECISIONS {
            match judge(self, hash, &offer, records) {
                Verdict::Refuse(refusal) => return Ok(Redemption::Refused(refusal)),
                Verdict::Already(tenant) => {
                    if !records.is_active_in(&tenant) {
                        *records = store.user(self.candidate.user).await?;
                    }
                    return Ok(Redemption::Already);
                }
                Verdict::Redeem(plan) => match store.commit(&plan).await? {
                    Commit::Done => {
                        apply(records, &plan);
                        return Ok(Redemption::Joined(vec![plan.tenant]));
                    }
                    Commit::Outdated => {
                        *records = store.user(self.candidate.user).await?;
                        offer = store.offer(hash, self.candidate.user).await?;
                    }
                },
            }
        }
        Err(overtaken())
    }

    /// Joins the tenant of the user's identity provider.
    async fn by_provider(
        self,
        binding: &ProviderBinding,
        provider: &ProviderName,
        records: &mut UserRecords,
        store: &(impl Records + Invites),
    ) -> Result<Redemption, StoreError> {
        let tenant = store.tenant(&binding.tenant).await?.ok_or_else(|| Damage {
            key: format!("IDP#{}#{provider}", self.candidate.user.pool),
            problem: "`tid` names a tenant that does not exist".to_owned(),
        })?;
        if tenant.status != TenantStatus::Active {
            return Ok(Redemption::Refused(InviteRefusal::TenantNotActive));
        }
        for _ in 0..MAX_DECISIONS {
            if records.is_active_in(&binding.tenant) {
                return Ok(Redemption::Already);
            }
            let source = RedemptionSource::Provider(provider.clone());
            match self.plan(source, &binding.tenant, &binding.default_roles, records) {
                Verdict::Refuse(refusal) => return Ok(Redemption::Refused(refusal)),
                Verdict::Already(_) => return Ok(Redemption::Already),
                Verdict::Redeem(plan) => match store.commit(&plan).await? {
                    Commit::Done => {
                        apply(records, &plan);
                        return Ok(Redemption::Joined(vec![plan.tenant]));
                    }
                    Commit::Outdated => *records = store.user(self.candidate.user).await?,
                },
            }
        }
        Err(overtaken())
    }
}

fn overtaken() -> StoreError {
    StoreError::Unavailable {
        operation: "redeem an invite",
        source: "overtaken by other redemptions every time".into(),
    }
}

/// What `records` are after `plan` has been written.
fn apply(records: &mut UserRecords, plan: &RedemptionPlan) {
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
