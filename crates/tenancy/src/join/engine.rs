//! The one engine that turns an offer into a membership: read, judge, write once. Both triggers call it; overlapping
//! calls and repetitions of one event are normal and end in the first outcome.
//!
//! A user joins only a tenant that they have shown to want. One call joins one tenant at most.

use super::applicant::Applicant;
use super::attempt::{Attempt, FoundBy, Joining};
use super::offer::{JoinOutcome, JoinRefusal, JoinReport, Way};
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

/// Tries, in this order, and stops at the first that joins:
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
/// [`StoreError`] when the store gave no answer, or nothing was joined and a damaged item is the reason. What was
/// written stays; a repetition finds it.
pub async fn join<R: Records, S: JoinStore>(
    applicant: Applicant<'_>,
    wanted: Wanted<'_>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, R>,
    store: &S,
) -> Result<JoinReport, StoreError> {
    let providers = Providers::new(applicant, store);
    let (refused, damaged) = (Vec::new(), Vec::new());
    let mut joining = Joining { applicant, store, tenants, records, providers, refused, damaged };
    let outcome = match applicant.code {
        Presented::Malformed => JoinOutcome::Refused(JoinRefusal::Malformed),
        Presented::Given(code) => joining.by_code(&code.hash(), wanted).await?,
        Presented::None => joining.without_code(wanted).await?,
    };
    let Joining { refused, damaged, .. } = joining;
    Ok(JoinReport { outcome, refused, damaged })
}

/// What came of the invite that a pointer leads to.
enum ByPointer {
    /// The user is a member by it.
    Ended(JoinOutcome),
    /// Refused or damaged; the next may be tried.
    Refused,
    /// This user has used it before, and is no live member by it any more; the next may be tried.
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
                    Ok(Some(redemption)) => return Ok(redemption),
                    Ok(None) => {}
                    // What became of the code is what there is to say.
                    Err(StoreError::Damaged(damage)) => self.note_damaged(damage),
                    Err(error) => return Err(error),
                }
                *self.records = self.store.user(self.applicant.user).await?;
            }
            let is_of_this_user = offer.terms.as_ref().is_some_and(|terms| {
                terms.invite.email.is_some() && terms.invite.email.as_ref() == self.applicant.email
            });
            // An earlier call with this old code may have joined the user by the new invite.
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
                    if let Some(redemption) = self.by_address_in(tenant).await? {
                        return Ok(redemption);
                    }
                }
            },
            Wanted::Any if self.tenants.has_live(self.records).await? => return Ok(JoinOutcome::Already),
            Wanted::Any => {}
        }
        if !self.applicant.is_refresh || self.records.memberships.is_empty() {
            if wanted == Wanted::Any
                && let Some(redemption) = self.by_oldest_of_address().await?
            {
                return Ok(redemption);
            }
            if let Some(redemption) = self.by_provider(wanted).await? {
                return Ok(redemption);
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

    /// Nothing was redeemed: because of a damaged item, or because of `why`.
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
        let mut tried = 0_usize;
        for pointer in &pointers {
            if tried >= MAX_TRIED {
                break;
            }
            if self.records.in_tenant(&pointer.tenant).is_some_and(|membership| !membership.is_active()) {
                // No invite revives a membership; there is nothing to read for it, so it does not count.
                self.note_refused(Way::Invite(pointer.hash.clone()), JoinRefusal::MembershipNotActive);
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
            Attempt::Joined(tenant) => ByPointer::Ended(JoinOutcome::Joined(tenant)),
            Attempt::Already(tenant) => match self.records.in_tenant(&tenant) {
                Some(membership) if self.tenants.is_live(membership).await? => {
                    ByPointer::Ended(JoinOutcome::Already)
                }
                Some(_) | None => ByPointer::UsedBefore,
            },
            Attempt::Refused(..) | Attempt::Damaged => ByPointer::Refused,
        })
    }
}

fn has_expired(pointer: &InvitePointer, now: Timestamp) -> bool {
    pointer.expires_at.is_some_and(|expires_at| now >= expires_at)
}
