//! The one engine that turns an invite into a membership: read, decide, write once. Both triggers call it; overlapping
//! calls and repetitions of one event are normal and end in the first outcome.

use std::cmp::Reverse;

use futures_util::future::join_all;

use crate::ports::{Commit, Damage, Invites, Offer, ProviderTerms, Records, StoreError};
use crate::redemption::{
    Candidate, InviteRefusal, OpeningKey, Redeemer, Redemption, RedemptionSource, RefusedOpening, Verdict,
    apply, judge,
};
use crate::{EmailHash, InviteHash, PresentedCode, ProviderName, TenantId, TenantStatus, UserRecords};

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
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged invites that were passed over, so that they did not keep the user out of other tenants.
    pub damaged: Vec<Damage>,
    /// Whether open invites of the address are left, because there were more than one write takes and a later one failed.
    pub is_incomplete: bool,
}

/// Tries the code that came; then, unless it was redeemed, what is open for the user: the invites of the verified address
/// and the tenant of the user's identity provider, if its binding joins by itself, all at once. A malformed code is refused
/// without a call, and a refused code falls back only for a user who is not an active member anywhere. `records` are
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
    let ended = |redemption| {
        Ok(Redeemed { redemption, refused: Vec::new(), damaged: Vec::new(), is_incomplete: false })
    };
    match candidate.code {
        PresentedCode::Malformed => return ended(Redemption::Refused(InviteRefusal::Malformed)),
        PresentedCode::None if records.active().next().is_some() => return ended(Redemption::Already),
        PresentedCode::None | PresentedCode::Code(_) => {}
    }
    let terms = match candidate.provider {
        Some(provider) => store.provider_terms(&candidate.user.pool, provider).await?,
        None => None,
    };
    let trusts_email = candidate.is_fresh_from_provider
        && terms.as_ref().is_some_and(|terms| terms.binding.is_email_trusted);
    let verified_email = candidate.email.filter(|_| candidate.is_email_verified || trusts_email);
    let redeemer = Redeemer { candidate, verified_email };
    let mut engine = Engine {
        redeemer,
        store,
        terms,
        are_terms_fresh: true,
        refused: Vec::new(),
        damaged: Vec::new(),
        is_incomplete: false,
    };

    let by_code = match candidate.code {
        PresentedCode::Code(code) => Some(engine.settle(&Source::Code(code.hash()), records).await?),
        PresentedCode::Malformed | PresentedCode::None => None,
    };
    let is_member = records.active().next().is_some();
    let redemption = match by_code {
        Some(joined @ Redemption::Joined(_)) => joined,
        Some(settled) if is_member => settled,
        other => match (other, engine.settle(&Source::Open, records).await?) {
            // Nothing is open for the user: what became of the code is what there is to say.
            (Some(by_code), Redemption::Refused(_)) => by_code,
            (_, open) => open,
        },
    };
    let Engine { refused, mut damaged, is_incomplete, .. } = engine;
    match (&redemption, damaged.pop()) {
        (Redemption::Refused(_), Some(damage)) => Err(damage.into()),
        (_, last) => {
            damaged.extend(last);
            Ok(Redeemed { redemption, refused, damaged, is_incomplete })
        }
    }
}

struct Engine<'a, S> {
    redeemer: Redeemer<'a>,
    store: &'a S,
    /// What the user's identity provider offers, and whether that was read for this round.
    terms: Option<ProviderTerms>,
    are_terms_fresh: bool,
    refused: Vec<RefusedOpening>,
    damaged: Vec<Damage>,
    is_incomplete: bool,
}

/// Where a membership may come from.
enum Source {
    /// The invite of this code.
    Code(InviteHash),
    /// The invites of the verified address, and the user's identity provider.
    Open,
}

/// What a source has to offer.
enum Opening<'a> {
    Invite(InviteHash, Offer),
    Provider(&'a ProviderName, ProviderTerms),
}

impl Opening<'_> {
    fn key(&self) -> OpeningKey {
        match self {
            Self::Invite(hash, _) => OpeningKey::Invite(hash.clone()),
            Self::Provider(provider, _) => OpeningKey::Provider((*provider).clone()),
        }
    }
}

impl<'a, S: Records + Invites> Engine<'a, S> {
    /// Redeems all that a source offers, deciding anew for as long as others overtake it.
    async fn settle(&mut self, source: &Source, records: &mut UserRecords) -> Result<Redemption, StoreError> {
        let user = self.redeemer.candidate.user;
        let mut joined = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let mut outcome = Redemption::Refused(InviteRefusal::NoInvite);
            let (mut plans, mut after) = (Vec::new(), records.clone());
            let (mut is_stale, mut has_more) = (false, false);
            let openings = match self.openings(source).await {
                Ok(openings) => openings,
                Err(error) => return self.interrupted(joined, error),
            };
            for opening in openings {
                let verdict = self.judge(&opening, &after);
                if let Verdict::Refuse(why) = verdict {
                    self.note_refused(opening.key(), why);
                }
                match verdict {
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
            match self.store.commit(&plans).await {
                Err(error) => return self.interrupted(joined, error),
                Ok(Commit::Done) => {
                    *records = after;
                    joined.extend(plans.into_iter().map(|plan| plan.tenant));
                    if !has_more {
                        return Ok(Redemption::Joined(joined));
                    }
                }
                Ok(Commit::Outdated) => *records = self.store.user(user).await?,
            }
        }
        let overtaken = "overtaken by other redemptions every time".into();
        self.interrupted(joined, StoreError::Unavailable { operation: "redeem an invite", source: overtaken })
    }

    /// What was joined by earlier writes is joined, and the rest is left.
    fn interrupted(&mut self, joined: Vec<TenantId>, error: StoreError) -> Result<Redemption, StoreError> {
        if joined.is_empty() {
            return Err(error);
        }
        self.is_incomplete = true;
        Ok(Redemption::Joined(joined))
    }

    /// A round that is decided anew does not count twice.
    fn note_refused(&mut self, opening: OpeningKey, why: InviteRefusal) {
        let refused = RefusedOpening { opening, why };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    fn judge(&self, opening: &Opening<'_>, records: &UserRecords) -> Verdict {
        match opening {
            Opening::Invite(hash, offer) => judge(self.redeemer, hash, offer, records),
            Opening::Provider(_, terms) if records.is_active_in(&terms.tenant.id) => {
                Verdict::Already(terms.tenant.id.clone())
            }
            Opening::Provider(_, terms) if terms.tenant.status != TenantStatus::Active => {
                Verdict::Refuse(InviteRefusal::TenantNotActive)
            }
            Opening::Provider(provider, terms) => {
                let source = RedemptionSource::Provider((*provider).clone());
                self.redeemer.plan(source, &terms.tenant.id, &terms.binding.default_roles, records)
            }
        }
    }

    async fn openings(&mut self, source: &Source) -> Result<Vec<Opening<'a>>, StoreError> {
        let candidate = self.redeemer.candidate;
        if let Source::Code(hash) = source {
            let offer = self.store.offer(hash, candidate.user).await?;
            return Ok(vec![Opening::Invite(hash.clone(), offer)]);
        }
        let mut openings = match self.redeemer.verified_email {
            Some(email) => self.invites_of(&EmailHash::of(email)).await?,
            None => Vec::new(),
        };
        if let Some(provider) = candidate.provider {
            if !std::mem::take(&mut self.are_terms_fresh) {
                self.terms = self.store.provider_terms(&candidate.user.pool, provider).await?;
            }
            let joining = self.terms.clone().filter(|terms| terms.binding.joins);
            openings.extend(joining.map(|terms| Opening::Provider(provider, terms)));
        }
        Ok(openings)
    }

    /// The invites of an address, the newest first, so that its tenant becomes the default one. Damaged ones are noted and
    /// passed over.
    async fn invites_of(&mut self, email: &EmailHash) -> Result<Vec<Opening<'a>>, StoreError> {
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
