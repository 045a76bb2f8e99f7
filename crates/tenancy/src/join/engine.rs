//! The engine that turns an offer into a membership: read, judge, write once. Both triggers call it. Overlapping calls and
//! repeated events are normal; they end like the first call.
//!
//! A user joins only a tenant that they have asked for, and at most one tenant per call.

use super::applicant::Applicant;
use super::attempt::{Attempt, FoundBy, Joining};
use super::offer::{JoinOutcome, JoinRefusal, JoinReport, Offer, Way};
use super::providers::Providers;
use super::rules::tenant_of_spent_code;
use crate::address::{Opens, Voucher};
use crate::live::Tenants;
use crate::ports::{JoinStore, Records, StoreError};
use crate::wanted::Wanted;
use crate::{
    EmailAddress, EmailHash, InviteHash, InvitePointer, Presented, TenantId, Timestamp, UserRecords,
};

/// How many open invites of an address are tried, the oldest first, when no tenant was asked for.
const MAX_TRIED: usize = 5;

/// How many more are tried because their tenants are in other user pools: cells share the pointers of an address.
const MAX_ELSEWHERE: usize = 20;

/// The offer of the code in the request, so that it can be read at the same time as the user; `None` without a code. The
/// write names all that its decision rests on, so the order of these reads does not matter.
pub async fn offer_of_code<S: JoinStore>(
    applicant: Applicant<'_>,
    store: &S,
) -> Option<Result<Offer, StoreError>> {
    match applicant.code {
        Presented::Given(code) => Some(store.offer(&code.hash(), applicant.user).await),
        Presented::None | Presented::Malformed => None,
    }
}

/// Tries these steps in order and stops at the first that joins:
///
/// 1. The code in the request. If its invite is revoked, expired or used up, step 2 follows with the invite's tenant. Any
///    other refused code ends the call.
/// 2. The open invite of the `wanted` tenant that is bound to the user's address.
/// 3. The oldest open invite that is bound to the user's address: for a user without a live membership, if no tenant is
///    wanted.
/// 4. The binding of the user's identity provider, if it has `join`: for a user without a live membership, or if its tenant
///    is the wanted one.
///
/// At a refresh, steps 3 and 4 apply only to a user without any membership. `records` are updated with what was written.
/// `offer`
/// is that of [`offer_of_code`], if it was read. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the table could not be read or written, or when nothing was joined because of a damaged item. A
/// write may have succeeded before the error; a repeated call finds it.
pub async fn join<R: Records, S: JoinStore>(
    applicant: Applicant<'_>,
    wanted: Wanted<'_>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, R>,
    store: &S,
    offer: Option<Result<Offer, StoreError>>,
) -> Result<JoinReport, StoreError> {
    let providers = Providers::new(applicant, store);
    let (refused, damaged) = (Vec::new(), Vec::new());
    let mut joining = Joining { applicant, store, tenants, records, providers, offer, refused, damaged };
    let outcome = match applicant.code {
        Presented::Malformed => JoinOutcome::Refused(JoinRefusal::Malformed),
        Presented::Given(code) => joining.by_code(&code.hash(), wanted).await?,
        Presented::None => joining.without_code(wanted).await?,
    };
    let Joining { refused, damaged, .. } = joining;
    Ok(JoinReport { outcome, refused, damaged })
}

/// The result for the invite that a pointer leads to.
enum ByPointer {
    /// The user is a member.
    Ended(JoinOutcome),
    /// Refused or damaged. The next pointer may be tried.
    Refused,
    /// Refused, because the tenant is in other user pools. The next pointer may be tried.
    Elsewhere,
    /// The user has used it before and is not a live member of its tenant any more. The next pointer may be tried.
    UsedBefore,
}

impl<R: Records, S: JoinStore> Joining<'_, '_, '_, R, S> {
    /// Step 1: the code.
    async fn by_code(&mut self, hash: &InviteHash, wanted: Wanted<'_>) -> Result<JoinOutcome, StoreError> {
        let earlier = self.records.clone();
        let (why, offer) = match self.attempt(hash, FoundBy::Code).await? {
            Attempt::Joined(tenant) => return Ok(JoinOutcome::Joined(tenant)),
            Attempt::Already(_) => return Ok(JoinOutcome::Already),
            Attempt::Refused(why, offer) => (why, offer),
            Attempt::Damaged => return self.nothing(None),
        };
        let leads_to = tenant_of_spent_code(why, &offer).filter(|tenant| wanted.admits(tenant));
        if let Some(tenant) = leads_to {
            if self.records.in_tenant(tenant).is_none() {
                match self.by_address_in(tenant).await {
                    Ok(Some(outcome)) => return Ok(outcome),
                    Ok(None) => {}
                    // The refused code decides the result.
                    Err(StoreError::Damaged(damage)) => self.note_damaged(damage),
                    Err(error) => return Err(error),
                }
                *self.records = self.store.user(self.applicant.user).await?;
            }
            let is_of_this_user = offer.terms.as_ref().is_some_and(|terms| {
                terms.invite.email.is_some() && terms.invite.email.as_ref() == self.applicant.email
            });
            // An earlier call with this old code may have joined the user through the new invite.
            if self.records.has_joined_since(&earlier, Some(tenant))
                || (is_of_this_user && self.records.is_active_in(tenant))
            {
                return Ok(JoinOutcome::Already);
            }
        }
        Ok(JoinOutcome::Refused(why))
    }

    async fn without_code(&mut self, wanted: Wanted<'_>) -> Result<JoinOutcome, StoreError> {
        let earlier = self.records.clone();
        match wanted {
            Wanted::Nowhere => return Ok(JoinOutcome::Refused(JoinRefusal::WrongTenant)),
            Wanted::Tenant(tenant) => match self.records.in_tenant(tenant) {
                Some(membership) if membership.is_active() => return Ok(JoinOutcome::Already),
                Some(_) => return Ok(JoinOutcome::Refused(JoinRefusal::MembershipNotActive)),
                None => {
                    if let Some(outcome) = self.by_address_in(tenant).await? {
                        return Ok(outcome);
                    }
                }
            },
            Wanted::Any if self.tenants.has_live(self.records).await? => return Ok(JoinOutcome::Already),
            Wanted::Any => {}
        }
        if !self.applicant.is_refresh || self.records.memberships.is_empty() {
            if wanted == Wanted::Any
                && let Some(outcome) = self.by_oldest_of_address().await?
            {
                return Ok(outcome);
            }
            if let Some(outcome) = self.by_provider(wanted).await? {
                return Ok(outcome);
            }
        }
        *self.records = self.store.user(self.applicant.user).await?;
        let tenant = match wanted {
            Wanted::Tenant(tenant) => Some(tenant),
            Wanted::Any | Wanted::Nowhere => None,
        };
        if self.records.has_joined_since(&earlier, tenant) {
            return Ok(JoinOutcome::Already);
        }
        let first = self.refused.first().map(|refused| refused.why);
        self.nothing(first)
    }

    /// Nothing was joined. A damaged item is the error; otherwise `why` is the refusal.
    fn nothing(&mut self, why: Option<JoinRefusal>) -> Result<JoinOutcome, StoreError> {
        if let Some(damage) = self.damaged.pop() {
            return Err(damage.into());
        }
        let is_unverified = self.applicant.address().is_some_and(|a| a.voucher() == Voucher::Nobody);
        let without_way = if is_unverified { JoinRefusal::AddressNotVerified } else { JoinRefusal::NoInvite };
        Ok(JoinOutcome::Refused(why.unwrap_or(without_way)))
    }

    /// Step 2: the open invite of `tenant` for the user's address.
    async fn by_address_in(&mut self, tenant: &TenantId) -> Result<Option<JoinOutcome>, StoreError> {
        let Some(email) = self.applicant.email else { return Ok(None) };
        if !self.providers.opens().await?.opens(tenant) {
            return Ok(None);
        }
        match self.store.pointer(&EmailHash::of(email), tenant).await {
            Ok(Some(pointer)) if !has_expired(&pointer, self.applicant.now) => {
                match self.by_pointer(email, &pointer).await? {
                    ByPointer::Ended(outcome) => Ok(Some(outcome)),
                    ByPointer::Refused | ByPointer::Elsewhere | ByPointer::UsedBefore => Ok(None),
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

    /// Step 3: the oldest open invite of the address that the user may redeem.
    async fn by_oldest_of_address(&mut self) -> Result<Option<JoinOutcome>, StoreError> {
        let Some(email) = self.applicant.email else { return Ok(None) };
        let mut pointers = match self.providers.opens().await? {
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
        pointers.retain(|pointer| !has_expired(pointer, self.applicant.now));
        pointers.sort_by(|a, b| {
            let age = |p: &InvitePointer| (p.created_at.is_none(), p.created_at);
            age(a).cmp(&age(b)).then_with(|| a.tenant.cmp(&b.tenant))
        });
        let (mut tried, mut elsewhere) = (0_usize, 0_usize);
        for pointer in &pointers {
            if tried >= MAX_TRIED || elsewhere >= MAX_ELSEWHERE {
                break;
            }
            if self.records.in_tenant(&pointer.tenant).is_some_and(|membership| !membership.is_active()) {
                // An invite never revives a membership. Nothing is read here, so this pointer does not count.
                self.note_refused(Way::Invite(pointer.hash.clone()), JoinRefusal::MembershipNotActive);
                continue;
            }
            match self.by_pointer(email, pointer).await? {
                ByPointer::Ended(outcome) => return Ok(Some(outcome)),
                ByPointer::Refused => tried = tried.saturating_add(1),
                ByPointer::Elsewhere => elsewhere = elsewhere.saturating_add(1),
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
            Attempt::Joined(tenant) => ByPointer::Ended(JoinOutcome::Joined(tenant)),
            Attempt::Already(tenant) => match self.records.in_tenant(&tenant) {
                Some(membership) if self.tenants.is_live(membership).await? => {
                    ByPointer::Ended(JoinOutcome::Already)
                }
                Some(_) | None => ByPointer::UsedBefore,
            },
            Attempt::Refused(JoinRefusal::OtherPool, _) => ByPointer::Elsewhere,
            Attempt::Refused(..) | Attempt::Damaged => ByPointer::Refused,
        })
    }
}

fn has_expired(pointer: &InvitePointer, now: Timestamp) -> bool {
    pointer.expires_at.is_some_and(|expires_at| now >= expires_at)
}
