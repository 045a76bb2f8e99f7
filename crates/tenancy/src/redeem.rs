//! The one engine that turns an invite into a membership: read, decide, write once. Both triggers call it; overlapping
//! calls and repetitions of one event are normal and end in the first outcome.
//!
//! An invite is redeemed only when the user has shown that they want that tenant. One call redeems one invite at most.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use crate::address::{Opens, Voucher};
use crate::choice::Wanted;
use crate::ports::{Commit, Damage, Invites, Offer, Records, StoreError};
use crate::redemption::{
    Candidate, InviteRefusal, OpeningKey, Redemption, RedemptionPlan, RefusedOpening, Standing, Verdict,
    apply, check_pointer, judge, judge_provider, tenant_of_spent_code,
};
use crate::tenants::Tenants;
use crate::{
    EmailAddress, EmailHash, InviteHash, InvitePointer, PresentedCode, ProviderBinding, ProviderName,
    TenantId, Timestamp, UserRecords,
};

/// How often a redemption that others overtake is decided anew before it is given up.
const MAX_ROUNDS: usize = 8;

/// How many open invites of an address are tried, the oldest first, when no tenant was asked for.
const MAX_TRIED: usize = 5;

/// How many damaged items a call notes: an address can have thousands of pointers.
const MAX_DAMAGED: usize = 10;

/// A user with more identities than this at providers is not looked into.
const MAX_PROVIDERS: usize = 8;

/// What came of trying to redeem.
#[derive(Debug)]
pub struct Redeemed {
    /// What became of the user.
    pub redemption: Redemption,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged items that were passed over.
    pub damaged: Vec<Damage>,
}

/// Tries, in this order, and stops at the first that is redeemed:
///
/// 1. the code that came. A code of a revoked, expired or used-up invite leads to step 2 with its tenant; any other refused
///    code is the end;
/// 2. the open invite of `wanted`, the tenant that was bound or asked for, that is bound to the user's address;
/// 3. the oldest open invite that is bound to the address, when no tenant is wanted, for a user without a live membership;
/// 4. the binding of the user's identity provider, if it joins by itself: for a user without a live membership, or when its
///    tenant is the one that is wanted.
///
/// At a refresh, steps 3 and 4 serve only a user who has no membership at all. `records` are brought up to date with what
/// was written. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer, or nothing could be redeemed and a damaged item is the reason. What was
/// written stays; a repetition finds it.
pub async fn redeem<S: Records + Invites>(
    candidate: Candidate<'_>,
    wanted: Wanted<'_>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, S>,
    store: &S,
) -> Result<Redeemed, StoreError> {
    let bindings = BTreeMap::new();
    let (refused, damaged) = (Vec::new(), Vec::new());
    let mut engine = Engine { candidate, store, tenants, records, bindings, refused, damaged };
    let redemption = match candidate.code {
        PresentedCode::Malformed => Redemption::Refused(InviteRefusal::Malformed),
        PresentedCode::Code(code) => engine.by_code(&code.hash(), wanted).await?,
        PresentedCode::None => engine.without_code(wanted).await?,
    };
    let Engine { refused, damaged, .. } = engine;
    Ok(Redeemed { redemption, refused, damaged })
}

struct Engine<'a, 't, 's, S> {
    candidate: Candidate<'a>,
    store: &'a S,
    tenants: &'t mut Tenants<'s, S>,
    records: &'t mut UserRecords,
    /// Bindings of identity providers, read for this call.
    bindings: BTreeMap<ProviderName, Option<ProviderBinding>>,
    refused: Vec<RefusedOpening>,
    damaged: Vec<Damage>,
}

/// How an invite was found.
#[derive(Clone, Copy)]
enum FoundBy<'a> {
    Code,
    /// By the pointer of an address to an invite of this tenant.
    Address(&'a EmailAddress, &'a TenantId),
}

/// What came of one invite.
enum Attempt {
    Joined(TenantId),
    Already(TenantId),
    /// Refused; with the offer.
    Refused(InviteRefusal, Box<Offer>),
    /// Damaged, noted, and passed over.
    Damaged,
}

/// What came of the invite that a pointer leads to.
enum ByPointer {
    /// The user is a member by it.
    Ended(Redemption),
    /// Refused or damaged; the next may be tried.
    Refused,
    /// This user has used it before, and is no live member by it any more; the next may be tried.
    UsedBefore,
}

impl<S: Records + Invites> Engine<'_, '_, '_, S> {
    async fn by_code(&mut self, hash: &InviteHash, wanted: Wanted<'_>) -> Result<Redemption, StoreError> {
        let earlier = self.records.clone();
        let (why, offer) = match self.attempt(hash, FoundBy::Code).await? {
            Attempt::Joined(tenant) => return Ok(Redemption::Joined(tenant)),
            Attempt::Already(_) => return Ok(Redemption::Already),
            Attempt::Refused(why, offer) => (why, offer),
            Attempt::Damaged => return self.nothing(None),
        };
        let leads_to = tenant_of_spent_code(why, &offer).filter(|tenant| wanted.admits(tenant));
        if let Some(tenant) = leads_to {
            if self.records.in_tenant(tenant).is_none() {
                match self.by_address_in(tenant).await {
                    Ok(Some(redemption)) => return Ok(redemption),
                    Ok(None) => {}
                    // What became of the code is what there is to say.
                    Err(StoreError::Damaged(damage)) => self.note_damaged(damage),
                    Err(error) => return Err(error),
                }
                *self.records = self.store.user(self.candidate.user).await?;
            }
            let is_of_this_user = offer.terms.as_ref().is_some_and(|terms| {
                terms.invite.email.is_some() && terms.invite.email.as_ref() == self.candidate.email
            });
            // An earlier call with this old code may have joined the user by the new invite.
            if self.records.has_joined_since(&earlier, Some(tenant))
                || (is_of_this_user && self.records.is_active_in(tenant))
            {
                return Ok(Redemption::Already);
            }
        }
        Ok(Redemption::Refused(why))
    }

    async fn without_code(&mut self, wanted: Wanted<'_>) -> Result<Redemption, StoreError> {
        let earlier = self.records.clone();
        match wanted {
            Wanted::Nowhere => return Ok(Redemption::Refused(InviteRefusal::WrongTenant)),
            Wanted::Tenant(tenant) => match self.records.in_tenant(tenant) {
                Some(membership) if membership.is_active() => return Ok(Redemption::Already),
                Some(_) => return Ok(Redemption::Refused(InviteRefusal::MembershipNotActive)),
                None => {
                    if let Some(redemption) = self.by_address_in(tenant).await? {
                        return Ok(redemption);
                    }
                }
            },
            Wanted::Any if self.tenants.has_live(self.records).await? => return Ok(Redemption::Already),
            Wanted::Any => {}
        }
        if !self.candidate.is_refresh || self.records.memberships.is_empty() {
            if wanted == Wanted::Any
                && let Some(redemption) = self.by_oldest_of_address().await?
            {
                return Ok(redemption);
            }
            if let Some(redemption) = self.by_provider(wanted).await? {
                return Ok(redemption);
            }
        }
        *self.records = self.store.user(self.candidate.user).await?;
        let tenant = match wanted {
            Wanted::Tenant(tenant) => Some(tenant),
            Wanted::Any | Wanted::Nowhere => None,
        };
        if self.records.has_joined_since(&earlier, tenant) {
            return Ok(Redemption::Already);
        }
        let first = self.refused.first().map(|refused| refused.why);
        self.nothing(first)
    }

    /// Nothing was redeemed: because of a damaged item, or because of `why`.
    fn nothing(&mut self, why: Option<InviteRefusal>) -> Result<Redemption, StoreError> {
        if let Some(damage) = self.damaged.pop() {
            return Err(damage.into());
        }
        let is_unverified = self.candidate.address().is_some_and(|a| a.voucher() == Voucher::Nobody);
        let without_opening =
            if is_unverified { InviteRefusal::AddressNotVerified } else { InviteRefusal::NoInvite };
        Ok(Redemption::Refused(why.unwrap_or(without_opening)))
    }

    /// Step 2: the open invite of `tenant` for the user's address.
    async fn by_address_in(&mut self, tenant: &TenantId) -> Result<Option<Redemption>, StoreError> {
        let Some(email) = self.candidate.email else { return Ok(None) };
        if !self.opens().await?.opens(tenant) {
            return Ok(None);
        }
        match self.store.pointer(&EmailHash::of(email), tenant).await {
            Ok(Some(pointer)) if !has_expired(&pointer, self.candidate.now) => {
                match self.by_pointer(email, &pointer).await? {
                    ByPointer::Ended(redemption) => Ok(Some(redemption)),
                    ByPointer::Refused | ByPointer::UsedBefore => Ok(None),
                }
            }
            Ok(_) => Ok(None),
            Err(StoreError::Damaged(damage)) => {
                self.note_damaged(damage);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Step 3: the oldest open invite of the address that can be redeemed.
    async fn by_oldest_of_address(&mut self) -> Result<Option<Redemption>, StoreError> {
        let Some(email) = self.candidate.email else { return Ok(None) };
        let mut pointers = match self.opens().await? {
            Opens::Nothing => return Ok(None),
            Opens::Only(tenant) => return self.by_address_in(&tenant).await,
            Opens::Anything => {
                let mut sound = Vec::new();
                for pointer in self.store.pointers(&EmailHash::of(email)).await? {
                    match pointer {
                        Ok(pointer) => sound.push(pointer),
                        Err(damage) => self.note_damaged(damage),
                    }
                }
                sound
            }
        };
        pointers.retain(|pointer| !has_expired(pointer, self.candidate.now));
        pointers.sort_by(|a, b| {
            let age = |p: &InvitePointer| (p.created_at.is_none(), p.created_at);
            age(a).cmp(&age(b)).then_with(|| a.tenant.cmp(&b.tenant))
        });
        let mut tried = 0_usize;
        for pointer in &pointers {
            if tried >= MAX_TRIED {
                break;
            }
            if self.records.in_tenant(&pointer.tenant).is_some_and(|membership| !membership.is_active()) {
                // No invite revives a membership; there is nothing to read for it, so it does not count.
                self.note_refused(
                    OpeningKey::Invite(pointer.hash.clone()),
                    InviteRefusal::MembershipNotActive,
                );
                continue;
            }
            match self.by_pointer(email, pointer).await? {
                ByPointer::Ended(redemption) => return Ok(Some(redemption)),
                ByPointer::Refused => tried = tried.saturating_add(1),
                ByPointer::UsedBefore => {}
            }
        }
        Ok(None)
    }

    async fn by_pointer(
        &mut self,
        email: &EmailAddress,
        pointer: &InvitePointer,
    ) -> Result<ByPointer, StoreError> {
        Ok(match self.attempt(&pointer.hash, FoundBy::Address(email, &pointer.tenant)).await? {
            Attempt::Joined(tenant) => ByPointer::Ended(Redemption::Joined(tenant)),
            Attempt::Already(tenant) => match self.records.in_tenant(&tenant) {
                Some(membership) if self.tenants.is_live(membership).await? => {
                    ByPointer::Ended(Redemption::Already)
                }
                Some(_) | None => ByPointer::UsedBefore,
            },
            Attempt::Refused(..) | Attempt::Damaged => ByPointer::Refused,
        })
    }

    /// Step 4: the tenant of the user's identity provider.
    async fn by_provider(&mut self, wanted: Wanted<'_>) -> Result<Option<Redemption>, StoreError> {
        let Some(provider) = self.candidate.identities.joining_provider() else { return Ok(None) };
        let opening = || OpeningKey::Provider(provider.clone());
        for _ in 0..MAX_ROUNDS {
            let Some(binding) = self.binding(provider).await?.filter(|binding| binding.joins) else {
                return Ok(None);
            };
            if !wanted.admits(&binding.tenant) {
                return Ok(None);
            }
            let tenant = self.store.joinable_tenant(&binding.tenant).await?.ok_or_else(|| Damage {
                key: format!("IDP#{}#{provider} / PTR", self.candidate.user.pool),
                problem: "`tid` names a tenant that does not exist".to_owned(),
            })?;
            self.tenants.know(&tenant);
            let keeps_default = self.keeps_default().await?;
            let (candidate, records) = (&self.candidate, &*self.records);
            match judge_provider(candidate, provider, &binding, &tenant, records, keeps_default) {
                Verdict::Already(_) => return Ok(Some(Redemption::Already)),
                Verdict::Refuse(why) => {
                    self.note_refused(opening(), why);
                    return Ok(None);
                }
                Verdict::Redeem(plan) => {
                    let earlier = self.records.clone();
                    if self.commit(&plan).await? {
                        return Ok(Some(Redemption::Joined(plan.tenant)));
                    }
                    if self.records.has_joined_since(&earlier, None) {
                        return Ok(Some(Redemption::Already));
                    }
                    self.bindings.clear();
                }
            }
        }
        Err(overtaken())
    }

    /// Redeems one invite, deciding anew for as long as others overtake it.
    async fn attempt(&mut self, hash: &InviteHash, by: FoundBy<'_>) -> Result<Attempt, StoreError> {
        let user = self.candidate.user;
        let earlier = self.records.clone();
        let mut is_last_look = false;
        for _ in 0..MAX_ROUNDS {
            let offer = match self.store.offer(hash, user).await {
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
            let mut verdict = judge(&self.candidate, hash, &offer, self.records, Standing::GOOD);
            if matches!(verdict, Verdict::Redeem(_)) {
                let standing = self.standing(&offer, by).await?;
                verdict = judge(&self.candidate, hash, &offer, self.records, standing);
            }
            match verdict {
                Verdict::Already(tenant) => {
                    if !self.records.is_active_in(&tenant) {
                        *self.records = self.store.user(user).await?;
                    }
                    return Ok(Attempt::Already(tenant));
                }
                // An overlapping call of this user may have written between two of these reads: look once more.
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
                    self.note_refused(OpeningKey::Invite(hash.clone()), why);
                    return Ok(Attempt::Refused(why, Box::new(offer)));
                }
                Verdict::Redeem(plan) => {
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

    /// Writes a redemption. `false`: others overtook it, and the user was read anew.
    async fn commit(&mut self, plan: &RedemptionPlan) -> Result<bool, StoreError> {
        match self.store.commit(plan).await? {
            Commit::Done => {
                apply(self.records, plan);
                Ok(true)
            }
            Commit::Outdated => {
                *self.records = self.store.user(self.candidate.user).await?;
                Ok(false)
            }
        }
    }

    async fn standing(&mut self, offer: &Offer, by: FoundBy<'_>) -> Result<Standing, StoreError> {
        let keeps_default = self.keeps_default().await?;
        let bound = offer.terms.as_ref().map(|terms| &terms.invite).filter(|invite| invite.email.is_some());
        let is_address_good = match (by, bound) {
            (FoundBy::Code, Some(invite)) => {
                let is_own = invite.email.as_ref() == self.candidate.email;
                is_own && self.opens_with_code().await?.opens(&invite.tenant)
            }
            // The tenants that the address opens were looked at before its invites were.
            (FoundBy::Address(..), _) | (FoundBy::Code, None) => true,
        };
        Ok(Standing { is_address_good, keeps_default })
    }

    /// Whether the user keeps their default tenant: the profile's, if it is live; without one, that of the membership that
    /// was joined first, if any membership is live.
    async fn keeps_default(&mut self) -> Result<bool, StoreError> {
        match &self.records.profile.default_tenant {
            None => self.tenants.has_live(self.records).await,
            Some(default) => match self.records.in_tenant(default) {
                None => Ok(false),
                Some(membership) => self.tenants.is_live(membership).await,
            },
        }
    }

    /// Which tenants' invites the user's address opens.
    async fn opens(&mut self) -> Result<Opens, StoreError> {
        let voucher = self.candidate.address().map_or(Voucher::Nobody, |address| address.voucher());
        self.opened_by(voucher).await
    }

    async fn opens_with_code(&mut self) -> Result<Opens, StoreError> {
        let voucher = self.candidate.address().map_or(Voucher::Nobody, |address| address.voucher_with_code());
        self.opened_by(voucher).await
    }

    async fn opened_by(&mut self, voucher: Voucher<'_>) -> Result<Opens, StoreError> {
        let providers = match voucher {
            Voucher::Nobody => return Ok(Opens::Nothing),
            Voucher::Verified => return Ok(Opens::Anything),
            Voucher::Providers(providers) if providers.len() > MAX_PROVIDERS => return Ok(Opens::Nothing),
            Voucher::Providers(providers) => providers,
        };
        let unread = providers.iter().filter(|provider| !self.bindings.contains_key(**provider));
        let (store, pool) = (self.store, &self.candidate.user.pool);
        let read = unread.map(|provider| async move {
            Ok::<_, StoreError>(((*provider).clone(), store.provider_binding(pool, provider).await?))
        });
        let read = try_join_all(read).await?;
        self.bindings.extend(read);
        let bindings: Vec<Option<&ProviderBinding>> =
            providers.iter().map(|provider| self.bindings.get(*provider).and_then(Option::as_ref)).collect();
        Ok(Opens::of_bindings(&bindings))
    }

    async fn binding(&mut self, provider: &ProviderName) -> Result<Option<ProviderBinding>, StoreError> {
        if let Some(binding) = self.bindings.get(provider) {
            return Ok(binding.clone());
        }
        let binding = self.store.provider_binding(&self.candidate.user.pool, provider).await?;
        self.bindings.insert(provider.clone(), binding.clone());
        Ok(binding)
    }

    /// An opening that is looked at again does not count twice.
    fn note_refused(&mut self, opening: OpeningKey, why: InviteRefusal) {
        let refused = RefusedOpening { opening, why };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    fn note_damaged(&mut self, damage: Damage) {
        if self.damaged.len() < MAX_DAMAGED && !self.damaged.contains(&damage) {
            self.damaged.push(damage);
        }
    }
}

fn is_code_of_an_invite(by: FoundBy<'_>, offer: &Offer) -> bool {
    matches!(by, FoundBy::Code) && offer.terms.is_some()
}

fn has_expired(pointer: &InvitePointer, now: Timestamp) -> bool {
    pointer.expires_at.is_some_and(|expires_at| now >= expires_at)
}

fn overtaken() -> StoreError {
    let source = format!("gave up after {MAX_ROUNDS} conflicting writes").into();
    StoreError::Unavailable { operation: "redeem an invite", source }
}
