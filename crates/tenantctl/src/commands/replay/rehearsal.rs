//! A store for a rehearsal: reads are the table's, and what would be written is kept as a plan. What is read afterwards is
//! as if it had been written, so that the handler goes on as in real life.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy::ports::{
    BoxError, Commit, Defaults, DirectoryError, Joins, Offers, ProviderBindings, Records, Stamps, StoreError,
    UserDirectory,
};

use tenancy::Damage;

use tenancy::join::{DefaultChange, JoinPlan, Offer, Way};
use tenancy::{
    ClientBinding, ClientId, EmailHash, InviteHash, InvitePointer, PoolId, ProviderBinding, ProviderName,
    Stamp, Tenant, TenantId, Timestamp, UserKey, UserRecords, Username,
};
use tenancy_aws::CallError;

/// The ports of the functions, without a write: `R` is used for its reads alone, and nothing here can do more with it.
pub(super) struct Rehearsal<'a, R> {
    table: &'a R,
    seen: Mutex<Seen>,
}

/// What the handler saw, and what it would have written.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The user's records as they are in the table; `None` when they were not read.
    pub(super) records: Option<UserRecords>,
    /// The app client's binding, if it was read and there is one.
    pub(super) binding: Option<ClientBinding>,
    /// Every tenant that was read; `None` when it does not exist.
    pub(super) tenants: BTreeMap<TenantId, Option<Arc<Tenant>>>,
    /// What is on offer under a code's hash, as it is in the table.
    pub(super) offers: BTreeMap<InviteHash, Offer>,
    /// The bindings of the user's identity providers that were read and exist.
    pub(super) providers: BTreeMap<ProviderName, ProviderBinding>,
    /// What would be redeemed, in the order of the writes.
    pub(super) plans: Vec<JoinPlan>,
    /// How many writes there would be, of the table and of the user pool.
    pub(super) writes: u64,
    /// The default tenant that would be moved.
    pub(super) default_change: Option<DefaultChange>,
    /// Memberships that would be noted as stamped.
    pub(super) stamped: Vec<TenantId>,
    /// What the store gave no answer to, and why.
    pub(super) unanswered: Option<StoreError>,
}

impl<R: Records> Rehearsal<'_, R> {
    /// Reads the tenants of the user's active memberships that the handler had no need of. What cannot be read is left out.
    pub(super) async fn read_other_tenants(&self) {
        let others: Vec<TenantId> = {
            let seen = self.seen();
            let active = seen.records.iter().flat_map(UserRecords::active).map(|m| &m.tenant);
            active.filter(|tenant| !seen.tenants.contains_key(*tenant)).cloned().collect()
        };
        for tenant in others {
            if let Ok(read) = self.table.tenant(&tenant).await {
                self.seen().tenants.insert(tenant, read);
            }
        }
    }
}

impl<'a, R> Rehearsal<'a, R> {
    pub(super) fn new(table: &'a R) -> Self {
        Self { table, seen: Mutex::default() }
    }

    /// What the handler saw.
    pub(super) fn end(self) -> Seen {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that there was no answer.
    fn heard<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Unavailable { operation, source }) = &answer {
            // An error has no copy; that of a call is kept whole, since its code says what to do.
            let source: BoxError = match source.downcast_ref::<CallError>() {
                Some(error) => Box::new(error.clone()),
                None => source.to_string().into(),
            };
            self.seen().unanswered = Some(StoreError::Unavailable { operation, source });
        }
        answer
    }
}

impl Seen {
    /// The tenant, if it was read and exists.
    pub(super) fn tenant(&self, id: &TenantId) -> Option<&Tenant> {
        self.tenants.get(id)?.as_deref()
    }

    /// The user's records as they would be afterwards.
    pub(super) fn records_after(&self) -> Option<UserRecords> {
        let mut records = self.records.clone()?;
        self.overlay_user(&mut records);
        Some(records)
    }

    fn overlay_user(&self, records: &mut UserRecords) {
        for plan in &self.plans {
            plan.apply(records);
        }
        for membership in &mut records.memberships {
            if self.stamped.contains(&membership.tenant) {
                membership.stamp = Stamp::Done;
            }
        }
    }

    fn overlay_offer(&self, hash: &InviteHash, offer: &mut Offer) {
        for plan in &self.plans {
            if plan.way != Way::Invite(hash.clone()) {
                continue;
            }
            offer.used_for = Some(plan.tenant.clone());
            if let Some(terms) = &mut offer.terms {
                terms.invite.uses = terms.invite.uses.saturating_add(1);
                if plan.spent_pointer.is_some() {
                    terms.pointer = None;
                }
            }
        }
    }

    /// Whether a pointer would still be there.
    fn keeps(&self, email: &EmailHash, pointer: &InvitePointer) -> bool {
        let spends = |plan: &JoinPlan| plan.spent_pointer.as_ref() == Some(email);
        !self.plans.iter().any(|plan| spends(plan) && plan.tenant == pointer.tenant)
    }
}

impl<R: Records + Sync> Records for Rehearsal<'_, R> {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        let mut records = self.heard(self.table.user(user).await)?;
        let mut seen = self.seen();
        seen.records = Some(records.clone());
        seen.overlay_user(&mut records);
        Ok(records)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let tenant = self.heard(self.table.tenant(id).await)?;
        self.seen().tenants.insert(id.clone(), tenant.clone());
        Ok(tenant)
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let binding = self.heard(self.table.client_binding(pool, client).await)?;
        self.seen().binding.clone_from(&binding);
        Ok(binding)
    }
}

impl<R: Offers + Sync> Offers for Rehearsal<'_, R> {
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let mut offer = self.heard(self.table.offer(hash, user).await)?;
        let mut seen = self.seen();
        if let Some(terms) = &offer.terms {
            seen.tenants.insert(terms.tenant.id.clone(), Some(Arc::clone(&terms.tenant)));
        }
        seen.offers.insert(hash.clone(), offer.clone());
        seen.overlay_offer(hash, &mut offer);
        Ok(offer)
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        let mut pointers = self.heard(self.table.pointers(email).await)?;
        let seen = self.seen();
        pointers.retain(|pointer| pointer.as_ref().map_or(true, |pointer| seen.keeps(email, pointer)));
        Ok(pointers)
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        let pointer = self.heard(self.table.pointer(email, tenant).await)?;
        let seen = self.seen();
        Ok(pointer.filter(|pointer| seen.keeps(email, pointer)))
    }
}

impl<R: Records + ProviderBindings + Sync> ProviderBindings for Rehearsal<'_, R> {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let binding = self.heard(self.table.provider_binding(pool, provider).await)?;
        self.seen().providers.extend(binding.clone().map(|binding| (provider.clone(), binding)));
        Ok(binding)
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl<R: Sync> Joins for Rehearsal<'_, R> {
    /// Keeps the plan. The reads that it was made from are a moment old, so the real write would find them as they were.
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        let mut seen = self.seen();
        seen.plans.push(plan.clone());
        seen.writes = seen.writes.saturating_add(1);
        Ok(Commit::Done)
    }
}

impl<R: Sync> Defaults for Rehearsal<'_, R> {
    async fn move_default(
        &self,
        _: &UserKey,
        change: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        let mut seen = self.seen();
        seen.default_change = Some(change.clone());
        seen.writes = seen.writes.saturating_add(1);
        Ok(Commit::Done)
    }
}

impl<R: Sync> Stamps for Rehearsal<'_, R> {
    async fn mark_stamped(&self, _: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let mut seen = self.seen();
        seen.stamped.push(tenant.clone());
        seen.writes = seen.writes.saturating_add(1);
        Ok(())
    }
}

impl<R: Sync> UserDirectory for Rehearsal<'_, R> {
    async fn set_tenant(&self, _: &PoolId, _: &Username, _: &TenantId) -> Result<(), DirectoryError> {
        let mut seen = self.seen();
        seen.writes = seen.writes.saturating_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tenancy::join::{MembershipChange, OfferTerms};
    use tenancy::{EmailAddress, Invite, InviteCode, InviteStatus, TenantStatus, Timestamp};

    use super::*;

    fn tenant() -> Arc<Tenant> {
        Arc::new(Tenant {
            id: "acme".parse().unwrap(),
            name: "Acme".parse().unwrap(),
            tier: "pro".parse().unwrap(),
            status: TenantStatus::Active,
            roles: BTreeMap::new(),
            pools: Vec::new(),
        })
    }

    fn hash() -> InviteHash {
        "inv_0123456789ABCDEFGHJKMNPQRS".parse::<InviteCode>().unwrap().hash()
    }

    fn email() -> EmailHash {
        EmailHash::of(&"ana@example.com".parse::<EmailAddress>().unwrap())
    }

    fn pointer(tenant: &str, hash: InviteHash) -> InvitePointer {
        InvitePointer { tenant: tenant.parse().unwrap(), hash, created_at: None, expires_at: None }
    }

    fn offer() -> Offer {
        let invite = Invite {
            hash: hash(),
            tenant: "acme".parse().unwrap(),
            email: Some("ana@example.com".parse().unwrap()),
            roles: vec!["admin".parse().unwrap()],
            uses: 0,
            max_uses: 1,
            status: InviteStatus::Open,
            expires_at: Timestamp::from_epoch_seconds(100),
            created_at: Timestamp::default(),
        };
        Offer {
            used_for: None,
            terms: Some(OfferTerms { invite, tenant: tenant(), pointer: Some(email()) }),
            ..Offer::default()
        }
    }

    fn with_a_plan() -> Seen {
        let plan = JoinPlan {
            user: UserKey { pool: "pool".parse().unwrap(), sub: "ana".parse().unwrap() },
            username: None,
            way: Way::Invite(hash()),
            spent_pointer: Some(email()),
            keep_until: Some(Timestamp::default()),
            tenant: "acme".parse().unwrap(),
            roles: vec!["admin".parse().unwrap()],
            membership: MembershipChange::Create,
            default: Some(DefaultChange { from: None, to: "acme".parse().unwrap() }),
            at: Timestamp::default(),
            request_id: "replay".to_owned(),
        };
        Seen { records: Some(UserRecords::default()), plans: vec![plan], ..Seen::default() }
    }

    #[test]
    fn what_would_be_redeemed_is_read_as_redeemed() {
        let seen = with_a_plan();

        let records = seen.records_after().unwrap();
        let mut offer = offer();
        seen.overlay_offer(&hash(), &mut offer);

        let acme = "acme".parse().unwrap();
        assert!(records.is_active_in(&acme));
        assert_eq!(records.profile.default_tenant, Some(acme.clone()));
        assert_eq!(offer.used_for, Some(acme.clone()));
        let terms = offer.terms.unwrap();
        assert_eq!((terms.invite.uses, terms.pointer), (1, None));
        assert!(!seen.keeps(&email(), &pointer("acme", hash())));
    }

    #[test]
    fn what_would_not_be_redeemed_is_read_as_it_is() {
        let seen = with_a_plan();
        let other = "inv_YYYYYYYYYYYYYYYYYYYYYYYYYY".parse::<InviteCode>().unwrap().hash();

        let mut untouched = offer();
        seen.overlay_offer(&other, &mut untouched);

        assert_eq!(untouched, offer());
        assert!(seen.keeps(&email(), &pointer("globex", other)));
    }
}
