//! One offer: read, judged and written. If another write comes first, it is read and judged again.

use super::applicant::{Applicant, Redeem};
use super::offer::{JoinOutcome, JoinRefusal, Offer, RefusedOffer, Way};
use super::plan::JoinPlan;
use super::providers::Providers;
use super::rules::{Standing, Verdict, check_pointer, judge, judge_provider};
use crate::live::Tenants;
use crate::ports::{Commit, JoinStore, Records, StoreError};
use crate::wanted::Wanted;
use crate::{Damage, EmailAddress, InviteHash, TenantId, UserRecords};

/// How often an offer is judged again after conflicting writes, before the call gives up.
const MAX_ROUNDS: usize = 8;

/// How many damaged items a call keeps. An address can have thousands of pointers.
const MAX_DAMAGED: usize = 10;

#[derive(Clone, Copy)]
pub(super) enum FoundBy<'a> {
    Code,
    /// By a pointer of this address, to an invite of this tenant.
    Address(&'a EmailAddress, &'a TenantId),
}

/// The result for one invite.
pub(super) enum Attempt {
    Joined(TenantId),
    Already(TenantId),
    Refused(JoinRefusal, Box<Offer>),
    /// Skipped and noted.
    Damaged,
}

/// One call of [`super::join`].
pub(super) struct Joining<'a, 't, 's, R, S> {
    pub(super) applicant: Applicant<'a>,
    pub(super) store: &'a S,
    pub(super) tenants: &'t mut Tenants<'s, R>,
    pub(super) records: &'t mut UserRecords,
    pub(super) providers: Providers<'a, S>,
    /// The offer of the code, until it is judged.
    pub(super) offer: Option<Result<Offer, StoreError>>,
    pub(super) refused: Vec<RefusedOffer>,
    pub(super) damaged: Vec<Damage>,
}

impl<R: Records, S: JoinStore> Joining<'_, '_, '_, R, S> {
    /// Redeems one invite. After a conflicting write it decides again.
    pub(super) async fn attempt(
        &mut self,
        hash: &InviteHash,
        by: FoundBy<'_>,
    ) -> Result<Attempt, StoreError> {
        let user = self.applicant.user;
        let earlier = self.records.clone();
        let mut is_last_look = false;
        for _ in 0..MAX_ROUNDS {
            let was_read = if matches!(by, FoundBy::Code) { self.offer.take() } else { None };
            let offer = match was_read {
                Some(read) => read,
                None => self.store.offer(hash, user).await,
            };
            let offer = match offer {
                Ok(offer) => offer,
                Err(StoreError::Damaged(damage)) => {
                    self.note_damaged(damage);
                    return Ok(Attempt::Damaged);
                }
                Err(error) => return Err(error),
            };
            if let (FoundBy::Address(email, tenant), Some(terms)) = (by, &offer.terms)
                && let Err(damage) = check_pointer(tenant, email, &terms.invite)
            {
                self.note_damaged(damage);
                return Ok(Attempt::Damaged);
            }
            if let Some(terms) = &offer.terms {
                self.tenants.know(&terms.tenant);
            }
            if let Some(damage) = &offer.damaged_pointer {
                self.note_damaged(damage.clone());
            }
            let mut verdict = judge(&self.applicant, hash, &offer, self.records, Standing::GOOD);
            if matches!(verdict, Verdict::Join(_)) {
                let standing = self.standing(&offer, by).await?;
                verdict = judge(&self.applicant, hash, &offer, self.records, standing);
            }
            match verdict {
                Verdict::Already(tenant) => {
                    if !self.records.is_active_in(&tenant) {
                        *self.records = self.store.user(user).await?;
                    }
                    return Ok(Attempt::Already(tenant));
                }
                // An overlapping call of this user may have written between two of these reads: read once more.
                Verdict::Refuse(_) if is_code_of_an_invite(by, &offer) && !is_last_look => {
                    *self.records = self.store.user(user).await?;
                    is_last_look = true;
                }
                Verdict::Refuse(why) => {
                    let joined = offer.terms.as_ref().map(|terms| &terms.invite.tenant);
                    if let Some(tenant) = joined.filter(|t| self.records.has_joined_since(&earlier, Some(t)))
                    {
                        return Ok(Attempt::Already(tenant.clone()));
                    }
                    self.note_refused(Way::Invite(hash.clone()), why);
                    return Ok(Attempt::Refused(why, Box::new(offer)));
                }
                Verdict::Join(plan) => {
                    if self.commit(&plan).await? {
                        return Ok(Attempt::Joined(plan.tenant));
                    }
                    is_last_look = false;
                    if let FoundBy::Address(_, tenant) = by
                        && self.records.has_joined_since(&earlier, None)
                    {
                        let joined = self.records.active().find(|m| !earlier.is_active_in(&m.tenant));
                        return Ok(Attempt::Already(joined.map_or(tenant, |m| &m.tenant).clone()));
                    }
                }
            }
        }
        Err(overtaken())
    }

    /// Step 4: the tenant of the user's identity provider.
    pub(super) async fn by_provider(
        &mut self,
        wanted: Wanted<'_>,
    ) -> Result<Option<JoinOutcome>, StoreError> {
        let Some(provider) = self.applicant.identities.joining_provider() else { return Ok(None) };
        let way = || Way::Provider(provider.clone());
        for _ in 0..MAX_ROUNDS {
            let Some(binding) = self.providers.binding(provider).await?.filter(|binding| binding.joins)
            else {
                return Ok(None);
            };
            if !wanted.admits(&binding.tenant) {
                return Ok(None);
            }
            let tenant = self.store.joinable_tenant(&binding.tenant).await?.ok_or_else(|| {
                Damage::of_provider(
                    &self.applicant.user.pool,
                    provider,
                    "`tid` names a tenant that does not exist",
                )
            })?;
            self.tenants.know(&tenant);
            let keeps_default = self.keeps_default().await?;
            let (applicant, records) = (&self.applicant, &*self.records);
            match judge_provider(applicant, provider, &binding, &tenant, records, keeps_default) {
                Verdict::Already(_) => return Ok(Some(JoinOutcome::Already)),
                Verdict::Refuse(why) => {
                    self.note_refused(way(), why);
                    return Ok(None);
                }
                Verdict::Join(plan) => {
                    let earlier = self.records.clone();
                    if self.commit(&plan).await? {
                        return Ok(Some(JoinOutcome::Joined(plan.tenant)));
                    }
                    if self.records.has_joined_since(&earlier, None) {
                        return Ok(Some(JoinOutcome::Already));
                    }
                    self.providers.forget();
                }
            }
        }
        Err(overtaken())
    }

    /// Writes a join. `false`: a conflicting write came first, and the user was read again.
    async fn commit(&mut self, plan: &JoinPlan) -> Result<bool, StoreError> {
        if self.applicant.redeem == Redeem::Off {
            return Err(StoreError::RedeemOff);
        }
        match self.store.commit(plan).await? {
            Commit::Done => {
                plan.apply(self.records);
                Ok(true)
            }
            Commit::Outdated => {
                *self.records = self.store.user(self.applicant.user).await?;
                Ok(false)
            }
        }
    }

    async fn standing(&mut self, offer: &Offer, by: FoundBy<'_>) -> Result<Standing, StoreError> {
        let keeps_default = self.keeps_default().await?;
        let bound = offer.terms.as_ref().map(|terms| &terms.invite).filter(|invite| invite.email.is_some());
        let is_address_good = match (by, bound) {
            // That it is the user's own address was judged before.
            (FoundBy::Code, Some(invite)) => self.providers.opens_with_code().await?.opens(&invite.tenant),
            // `Opens` was checked before the invites of the address were read.
            (FoundBy::Address(..), _) | (FoundBy::Code, None) => true,
        };
        Ok(Standing { is_address_good, keeps_default })
    }

    /// Whether the user keeps their default tenant. If the profile names one, it must be live; otherwise any live
    /// membership is enough.
    async fn keeps_default(&mut self) -> Result<bool, StoreError> {
        match &self.records.profile.default_tenant {
            None => self.tenants.has_live(self.records).await,
            Some(default) => match self.records.in_tenant(default) {
                None => Ok(false),
                Some(membership) => self.tenants.is_live(membership).await,
            },
        }
    }

    /// Counts an offer once, even if it is judged again.
    pub(super) fn note_refused(&mut self, way: Way, why: JoinRefusal) {
        let refused = RefusedOffer { way, why };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    pub(super) fn note_damaged(&mut self, damage: Damage) {
        if self.damaged.len() < MAX_DAMAGED && !self.damaged.contains(&damage) {
            self.damaged.push(damage);
        }
    }
}

fn is_code_of_an_invite(by: FoundBy<'_>, offer: &Offer) -> bool {
    matches!(by, FoundBy::Code) && offer.terms.is_some()
}

fn overtaken() -> StoreError {
    let source = format!("gave up after {MAX_ROUNDS} conflicting writes").into();
    StoreError::Unavailable { operation: "join a tenant", source }
}
