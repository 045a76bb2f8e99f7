//! The one engine that turns an invite into a membership: read, decide, write once. Both triggers call it; overlapping
//! calls and repetitions of one event are normal and end in the first outcome.

use std::cmp::Reverse;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::ports::{Commit, Damage, Invites, Offer, Records, StoreError};
use crate::redemption::{
    Candidate, InviteRefusal, Redeemer, Redemption, RedemptionSource, Verdict, apply, judge,
};
use crate::{
    EmailHash, InviteHash, PresentedCode, ProviderBinding, ProviderName, Tenant, TenantStatus, UserRecords,
};

/// How often a redemption that others overtake is decided anew before it is given up.
const MAX_ROUNDS: usize = 8;

/// How many invites are redeemed by one write: DynamoDB writes 100 items at once, and a redemption is of 5, but for the
/// first, which is of 6.
const MAX_PLANS: usize = 19;

/// What came of trying to redeem.
#[derive(Debug)]
pub struct Redeemed {
    /// What became of the user.
    pub redemption: Redemption,
    /// Damaged invites that were passed over, so that they did not keep the user out of other tenants.
    pub damaged: Vec<Damage>,
}

/// Tries, in this order, until one is redeemed: the code that came; the open invites of the verified address, all of them
/// at once; the binding of the user's identity provider, if it joins by itself. A malformed code is refused without a
/// call, and a refused code falls back on the others only for a user who is not an active member anywhere. `records` are
/// brought up to date with what was written.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer, or nothing could be redeemed and a damaged item is the reason. What was
/// written stays; a repetition finds it.
pub async fn redeem(
    candidate: Candidate<'_>,
    records: &mut UserRecords,
    store: &(impl Records + Invites),
) -> Result<Redeemed, StoreError> {
    let ended = |redemption| Ok(Redeemed { redemption, damaged: Vec::new() });
    match candidate.code {
        PresentedCode::Malformed => return ended(Redemption::Refused(InviteRefusal::Malformed)),
        PresentedCode::None if records.active().next().is_some() => return ended(Redemption::Already),
        PresentedCode::None | PresentedCode::Code(_) => {}
    }
    let provider = match candidate.provider {
        Some(provider) => store.provider_binding(&candidate.user.pool, provider).await?,
        None => None,
    };
    let trusts_email =
        candidate.is_fresh_from_provider && provider.as_ref().is_some_and(|p| p.is_email_trusted);
    let verified_email = candidate.email.filter(|_| candidate.is_email_verified || trusts_email);
    let mut engine = Engine { redeemer: Redeemer { candidate, verified_email }, store, damaged: Vec::new() };

    let mut sources = Vec::with_capacity(3);
    if let PresentedCode::Code(code) = candidate.code {
        sources.push(Source::Code(code.hash()));
    }
    sources.extend(verified_email.map(|email| Source::Address(EmailHash::of(email))));
    if let Some((binding, provider)) = provider.as_ref().zip(candidate.provider).filter(|(b, _)| b.joins) {
        sources.push(Source::Provider(binding, provider));
    }
    let mut refusal = InviteRefusal::NoInvite;
    for source in &sources {
        match engine.settle(source, records).await? {
            Redemption::Refused(why) => {
                if refusal == InviteRefusal::NoInvite {
                    refusal = why;
                }
                if matches!(source, Source::Code(_)) && records.active().next().is_some() {
                    break;
                }
            }
            redemption => return Ok(Redeemed { redemption, damaged: engine.damaged }),
        }
    }
    match engine.damaged.pop() {
        Some(damage) => Err(damage.into()),
        None => ended(Redemption::Refused(refusal)),
    }
}

struct Engine<'a, S> {
    redeemer: Redeemer<'a>,
    store: &'a S,
    damaged: Vec<Damage>,
}

/// Where a membership may come from.
enum Source<'a> {
    Code(InviteHash),
    Address(EmailHash),
    Provider(&'a ProviderBinding, &'a ProviderName),
}

/// What a source has to offer.
enum Opening<'a> {
    Invite(InviteHash, Offer),
    Provider(&'a ProviderBinding, &'a ProviderName, Arc<Tenant>),
}

impl<S: Records + Invites> Engine<'_, S> {
    /// Redeems all that a source offers, deciding anew for as long as others overtake it.
    async fn settle(
        &mut self,
        source: &Source<'_>,
        records: &mut UserRecords,
    ) -> Result<Redemption, StoreError> {
        let user = self.redeemer.candidate.user;
        let mut joined = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let mut outcome = Redemption::Refused(InviteRefusal::NoInvite);
            let (mut plans, mut after) = (Vec::new(), records.clone());
            let (mut is_stale, mut has_more) = (false, false);
            for opening in self.openings(source).await? {
                match self.judge(&opening, &after) {
                    Verdict::Redeem(plan) if plans.len() < MAX_PLANS => {
                        apply(&mut after, &plan);
                        plans.push(*plan);
                    }
                    Verdict::Already(tenant) => {
                        outcome = Redemption::Already;
                        is_stale |= !after.is_active_in(&tenant);
                    }
                    Verdict::Refuse(why) if outcome == Redemption::Refused(InviteRefusal::NoInvite) => {
                        outcome = Redemption::Refused(why);
                    }
                    Verdict::Redeem(_) => has_more = true,
                    // The first reason is the one that is told.
                    Verdict::Refuse(_) => {}
                }
            }
            if plans.is_empty() {
                if is_stale {
                    *records = self.store.user(user).await?;
                }
                return Ok(if joined.is_empty() { outcome } else { Redemption::Joined(joined) });
            }
            match self.store.commit(&plans).await? {
                Commit::Done => {
                    *records = after;
                    joined.extend(plans.into_iter().map(|plan| plan.tenant));
                    if !has_more {
                        return Ok(Redemption::Joined(joined));
                    }
                }
                Commit::Outdated => *records = self.store.user(user).await?,
            }
        }
        if !joined.is_empty() {
            return Ok(Redemption::Joined(joined));
        }
        Err(StoreError::Unavailable {
            operation: "redeem an invite",
            source: "overtaken by other redemptions every time".into(),
        })
    }

    fn judge(&self, opening: &Opening<'_>, records: &UserRecords) -> Verdict {
        match opening {
            Opening::Invite(hash, offer) => judge(self.redeemer, hash, offer, records),
            Opening::Provider(binding, ..) if records.is_active_in(&binding.tenant) => {
                Verdict::Already(binding.tenant.clone())
            }
            Opening::Provider(_, _, tenant) if tenant.status != TenantStatus::Active => {
                Verdict::Refuse(InviteRefusal::TenantNotActive)
            }
            Opening::Provider(binding, provider, _) => {
                let source = RedemptionSource::Provider((*provider).clone());
                self.redeemer.plan(source, &binding.tenant, &binding.default_roles, records)
            }
        }
    }

    async fn openings<'s>(&mut self, source: &Source<'s>) -> Result<Vec<Opening<'s>>, StoreError> {
        match source {
            Source::Code(hash) => {
                let offer = self.store.offer(hash, self.redeemer.candidate.user).await?;
                Ok(vec![Opening::Invite(hash.clone(), offer)])
            }
            Source::Address(email) => self.invites_of(email).await,
            Source::Provider(binding, provider) => {
                let tenant = self.store.tenant(&binding.tenant).await?.ok_or_else(|| Damage {
                    key: format!("IDP#{}#{provider}", self.redeemer.candidate.user.pool),
                    problem: "`tid` names a tenant that does not exist".to_owned(),
                })?;
                Ok(vec![Opening::Provider(binding, provider, tenant)])
            }
        }
    }

    /// The invites of an address, the newest first, so that its tenant becomes the default one. Damaged ones are noted and
    /// passed over.
    async fn invites_of<'s>(&mut self, email: &EmailHash) -> Result<Vec<Opening<'s>>, StoreError> {
        let (store, user) = (self.store, self.redeemer.candidate.user);
        let reads = store.pointers(email).await?.into_iter().map(|pointer| async move {
            let pointer = pointer?;
            let offer = store.offer(&pointer.hash, user).await?;
            match &offer.terms {
                Some(terms) if terms.invite.tenant != pointer.tenant => Err(StoreError::Damaged(Damage {
                    key: format!("INVITE#{}", pointer.hash.short()),
                    problem: format!("`tid` is not that of its pointer, {}", pointer.tenant),
                })),
                _ => Ok((pointer.hash, offer)),
            }
        });
        self.damaged.clear();
        let mut offers = Vec::new();
        for read in join_all(reads).await {
            match read {
                Ok(offer) => offers.push(offer),
                Err(StoreError::Damaged(damage)) => self.damaged.push(damage),
                Err(error) => return Err(error),
            }
        }
        offers.sort_by_key(|(hash, offer)| {
            let made = offer.terms.as_ref().map(|terms| terms.invite.created_at);
            (Reverse(made), hash.clone())
        });
        Ok(offers.into_iter().map(|(hash, offer)| Opening::Invite(hash, offer)).collect())
    }
}
