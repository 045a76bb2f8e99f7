//! An in-memory store with the conditions of the real one's transactions, and a scheduler that runs overlapping calls in an
//! order drawn from a seed. Only these tests use it; tests of whole paths run on a real engine (`tests/end_to_end`).

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tenancy::address::{Identities, Identity, ProviderKind};
use tenancy::confirm::{Confirmation, Confirmed, confirm};
use tenancy::join::{Applicant, DefaultChange, JoinPlan, MembershipChange, Offer, OfferTerms, Redeem, Way};
use tenancy::ports::{Commit, Defaults, Joins, Offers, ProviderBindings, Records, StoreError};
use tenancy::sign_in::{SignIn, SignInDecision, decide};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, EmailHash, Invite, InviteCode, InviteHash,
    InvitePointer, InviteStatus, Membership, MembershipStatus, PoolId, Presented, ProviderBinding,
    ProviderName, Stamp, Tenant, TenantId, TenantStatus, Timestamp, UserKey, UserRecords,
};

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const EMAIL: &str = "ana@example.com";
pub(crate) const CLIENT: &str = "client";
pub(crate) const POOL: &str = "pool";
pub(crate) const PROVIDER: &str = "AcmeOkta";

#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) tenants: BTreeMap<TenantId, TenantStatus>,
    /// Pools of tenants that are not in all of them.
    pub(crate) pools: BTreeMap<TenantId, Vec<PoolId>>,
    pub(crate) users: BTreeMap<String, UserRecords>,
    pub(crate) invites: BTreeMap<InviteHash, Invite>,
    pub(crate) uses: BTreeMap<(InviteHash, String), TenantId>,
    pub(crate) pointers: Vec<(EmailHash, InvitePointer)>,
    pub(crate) damaged_pointers: usize,
    pub(crate) damaged_invites: Vec<InviteHash>,
    pub(crate) binding: Option<ProviderBinding>,
    pub(crate) is_binding_damaged: bool,
    /// A tenant whose record cannot be read.
    pub(crate) unread_tenant: Option<TenantId>,
    pub(crate) client: Option<ClientBinding>,
    pub(crate) reads: usize,
    /// How many commits meet a conflicting write.
    pub(crate) overtaken: usize,
}

#[derive(Default)]
pub(crate) struct Store(Mutex<Tables>);

impl Store {
    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    pub(crate) fn tenant(self, id: &str, status: TenantStatus) -> Self {
        self.tables().tenants.insert(id.parse().unwrap(), status);
        self
    }

    /// Puts a tenant into these pools alone. The users of these tests are in [`POOL`].
    pub(crate) fn pools(self, id: &str, pools: &[&str]) -> Self {
        let pools = pools.iter().map(|pool| pool.parse().unwrap()).collect();
        self.tables().pools.insert(id.parse().unwrap(), pools);
        self
    }

    pub(crate) fn member(self, sub: &str, tenant: &str, status: MembershipStatus) -> Self {
        let joined_at = Some(Timestamp::from_epoch_seconds(NOW - 1_000));
        self.tables().users.entry(sub.to_owned()).or_default().memberships.push(Membership {
            tenant: tenant.parse().unwrap(),
            roles: Vec::new(),
            status,
            stamp: Stamp::Done,
            version: 1,
            joined_at,
        });
        self
    }

    pub(crate) fn default_tenant(self, sub: &str, tenant: &str) -> Self {
        self.tables().users.entry(sub.to_owned()).or_default().profile.default_tenant =
            Some(tenant.parse().unwrap());
        self
    }

    /// An invite that is bound to [`EMAIL`], with its pointer, created so many seconds ago.
    pub(crate) fn invite(self, code: &InviteCode, tenant: &str, age_seconds: u64, max_uses: u64) -> Self {
        let invite = Invite {
            hash: code.hash(),
            tenant: tenant.parse().unwrap(),
            email: Some(EMAIL.parse().unwrap()),
            roles: Vec::new(),
            uses: 0,
            max_uses,
            status: InviteStatus::Open,
            expires_at: Timestamp::from_epoch_seconds(NOW + 60),
            created_at: Timestamp::from_epoch_seconds(NOW - age_seconds),
        };
        let pointer = InvitePointer {
            tenant: invite.tenant.clone(),
            hash: invite.hash.clone(),
            created_at: Some(invite.created_at),
            expires_at: Some(invite.expires_at),
        };
        self.tables().pointers.push((EmailHash::of(&EMAIL.parse().unwrap()), pointer));
        self.tables().invites.insert(invite.hash.clone(), invite);
        self
    }

    pub(crate) fn change(self, code: &InviteCode, change: impl FnOnce(&mut Invite)) -> Self {
        change(self.tables().invites.get_mut(&code.hash()).unwrap());
        self
    }

    /// [`PROVIDER`] is bound to `acme`.
    pub(crate) fn binding(self, joins: bool, is_email_trusted: bool) -> Self {
        let tenant = "acme".parse().unwrap();
        self.tables().binding =
            Some(ProviderBinding { tenant, joins, default_roles: Vec::new(), is_email_trusted });
        self
    }

    /// [`CLIENT`] is bound to a tenant.
    pub(crate) fn client(self, tenant: &str) -> Self {
        self.client_in_mode(tenant, ClientBindingMode::Required)
    }

    pub(crate) fn client_in_mode(self, tenant: &str, mode: ClientBindingMode) -> Self {
        self.tables().client = Some(ClientBinding { tenant: tenant.parse().unwrap(), mode });
        self
    }

    /// The tenants of a user's active memberships.
    pub(crate) fn tenants_of(&self, sub: &str) -> Vec<String> {
        let tables = self.tables();
        let records = tables.users.get(sub);
        records.map(|r| r.active().map(|m| m.tenant.to_string()).collect()).unwrap_or_default()
    }

    pub(crate) fn default_of(&self, sub: &str) -> Option<String> {
        self.tables().users.get(sub)?.profile.default_tenant.as_ref().map(ToString::to_string)
    }

    pub(crate) fn uses(&self, code: &InviteCode) -> u64 {
        self.tables().invites[&code.hash()].uses
    }

    pub(crate) async fn read<T>(&self, read: impl FnOnce(&Tables) -> T) -> T {
        Pause::default().await;
        let value = {
            let mut tables = self.tables();
            tables.reads += 1;
            read(&tables)
        };
        Pause::default().await;
        value
    }
}

/// The code number `number`.
pub(crate) fn code(number: u8) -> InviteCode {
    InviteCode::from_random([number; 26])
}

/// A user's event.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) sub: &'static str,
    pub(crate) code: Presented<InviteCode>,
    pub(crate) asked: Presented<TenantId>,
    pub(crate) identities: Identities,
    pub(crate) is_verified: bool,
    pub(crate) is_refresh: bool,
    /// `custom:tenantId`.
    pub(crate) stamp: Presented<TenantId>,
    /// `POOL_TENANT`.
    pub(crate) pool_tenant: Option<TenantId>,
    /// `REDEEM`.
    pub(crate) redeem: Redeem,
}

impl Event {
    /// Of a native user with a verified address.
    pub(crate) fn of(sub: &'static str) -> Self {
        Self {
            sub,
            code: Presented::None,
            asked: Presented::None,
            identities: Identities::None,
            is_verified: true,
            is_refresh: false,
            stamp: Presented::None,
            pool_tenant: None,
            redeem: Redeem::On,
        }
    }

    /// In a pool of one tenant.
    pub(crate) fn in_pool_of(self, tenant: &str) -> Self {
        Self { pool_tenant: Some(tenant.parse().unwrap()), ..self }
    }

    /// With `REDEEM=off`.
    pub(crate) fn without_redeeming(self) -> Self {
        Self { redeem: Redeem::Off, ..self }
    }

    pub(crate) fn code(self, code: InviteCode) -> Self {
        Self { code: Presented::Given(code), ..self }
    }

    pub(crate) fn asking(self, tenant: &str) -> Self {
        Self { asked: Presented::parse(tenant), ..self }
    }

    pub(crate) fn refresh(self) -> Self {
        Self { is_refresh: true, ..self }
    }

    pub(crate) fn stamped(self, tenant: &str) -> Self {
        Self { stamp: Presented::parse(tenant), ..self }
    }

    /// Of a user of [`PROVIDER`].
    pub(crate) fn federated(self) -> Self {
        let event = self.federated_by(1);
        Self { is_verified: false, ..event }
    }

    /// Of a user of [`PROVIDER`] and of as many more that make `providers`. Their addresses are verified.
    pub(crate) fn federated_by(self, providers: usize) -> Self {
        let identity = |number: usize| Identity {
            provider: if number == 0 { PROVIDER.to_owned() } else { format!("{PROVIDER}{number}") }
                .parse()
                .unwrap(),
            kind: ProviderKind::Enterprise,
            is_primary: number == 0,
        };
        Self { identities: Identities::Federated((0..providers).map(identity).collect()), ..self }
    }

    pub(crate) async fn confirm(&self, store: &Store) -> Result<Confirmed, StoreError> {
        let (user, email, client) = self.parts();
        let applicant = self.applicant(&user, &email);
        confirm(Confirmation { applicant, client: Some(&client), asked: &self.asked }, store).await
    }

    pub(crate) async fn sign_in(&self, store: &Store) -> SignInDecision {
        let (user, email, client) = self.parts();
        let applicant = self.applicant(&user, &email);
        let sign_in = SignIn { applicant, client: Some(&client), stamp: &self.stamp, asked: &self.asked };
        decide(sign_in, store, store).await
    }

    /// The tenant of the token, or why there is no token.
    pub(crate) async fn token(&self, store: &Store) -> Result<String, String> {
        let decision = self.sign_in(store).await;
        decision.grant.map(|grant| grant.tenant.id.to_string()).map_err(|none| match none {
            tenancy::sign_in::NoGrant::Refused(refusal) => format!("{refusal:?}"),
            tenancy::sign_in::NoGrant::Store(error) => error.to_string(),
        })
    }

    fn parts(&self) -> (UserKey, tenancy::EmailAddress, ClientId) {
        let user = UserKey { pool: POOL.parse().unwrap(), sub: self.sub.parse().unwrap() };
        (user, EMAIL.parse().unwrap(), CLIENT.parse().unwrap())
    }

    fn applicant<'a>(&'a self, user: &'a UserKey, email: &'a tenancy::EmailAddress) -> Applicant<'a> {
        Applicant {
            user,
            pool_tenant: self.pool_tenant.as_ref(),
            redeem: self.redeem,
            username: None,
            email: Some(email),
            is_email_verified: self.is_verified,
            identities: &self.identities,
            is_fresh_from_provider: true,
            verified_providers: &[],
            is_refresh: self.is_refresh,
            code: &self.code,
            request_id: "request",
            now: Timestamp::from_epoch_seconds(NOW),
        }
    }
}

impl Records for Store {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        Ok(self.read(|tables| tables.users.get(user.sub.as_str()).cloned().unwrap_or_default()).await)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        if self.tables().unread_tenant.as_ref() == Some(id) {
            return Err(StoreError::Unavailable { operation: "read a tenant", source: "down".into() });
        }
        let found = |tables: &Tables| {
            let pools = tables.pools.get(id).cloned().unwrap_or_default();
            tables.tenants.get(id).map(|status| Arc::new(Tenant { pools, ..tenant_of(id, *status) }))
        };
        Ok(self.read(found).await)
    }

    async fn client_binding(&self, _: &PoolId, _: &ClientId) -> Result<Option<ClientBinding>, StoreError> {
        Ok(self.read(|tables| tables.client.clone()).await)
    }
}

impl Offers for Store {
    /// The use is read before the invite, and another call may write in between: the worst order of two parallel reads.
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let key = (hash.clone(), user.sub.to_string());
        let used_for = self.read(|tables| tables.uses.get(&key).cloned()).await;
        let invite = self.read(|tables| tables.invites.get(hash).cloned()).await;
        if self.tables().damaged_invites.contains(hash) {
            return Err(damage("an invite").into());
        }
        let Some(invite) = invite else { return Ok(Offer { used_for, ..Offer::default() }) };
        let points = |tables: &Tables| {
            let pointer = tables.pointers.iter().find(|(_, pointer)| pointer.hash == *hash);
            pointer.map(|(email, _)| email.clone())
        };
        let pointer = self.read(points).await;
        let tenant = self.tenant(&invite.tenant).await?.ok_or_else(|| damage("no such tenant"))?;
        let terms = Some(OfferTerms { invite, tenant, pointer });
        Ok(Offer { used_for, terms, damaged_pointer: None })
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        let find = |tables: &Tables| {
            let mut of_tenant =
                tables.pointers.iter().filter(|(of, pointer)| of == email && pointer.tenant == *tenant);
            of_tenant.next().map(|(_, pointer)| pointer.clone())
        };
        Ok(self.read(find).await)
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        let find = |tables: &Tables| {
            let sound =
                tables.pointers.iter().filter(|(of, _)| of == email).map(|(_, pointer)| Ok(pointer.clone()));
            sound.chain((0..tables.damaged_pointers).map(|_| Err(damage("a pointer")))).collect()
        };
        Ok(self.read(find).await)
    }
}

impl ProviderBindings for Store {
    async fn provider_binding(
        &self,
        _: &PoolId,
        _: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let binding = self.read(|tables| (!tables.is_binding_damaged).then(|| tables.binding.clone())).await;
        binding.ok_or_else(|| damage("a binding").into())
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for Store {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        Pause::default().await;
        let commit = self.tables().commit(plan);
        Pause::default().await;
        Ok(commit)
    }
}

impl Defaults for Store {
    async fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        let mut tables = self.tables();
        let profile = &mut tables.users.entry(user.sub.to_string()).or_default().profile;
        if profile.default_tenant != change.from {
            return Ok(Commit::Outdated);
        }
        profile.default_tenant = Some(change.to.clone());
        Ok(Commit::Done)
    }
}

impl Tables {
    /// The conditions of the real transaction (`tenancy-aws`, `store.rs`).
    fn commit(&mut self, plan: &JoinPlan) -> Commit {
        if self.overtaken > 0 {
            self.overtaken -= 1;
            return Commit::Outdated;
        }
        let sub = plan.user.sub.to_string();
        let records = self.users.get(&sub).cloned().unwrap_or_default();
        let membership = records.in_tenant(&plan.tenant);
        let membership_holds = match plan.membership {
            MembershipChange::Create => membership.is_none(),
            MembershipChange::AddRoles { version } => {
                membership.is_some_and(|m| m.is_active() && m.version == version)
            }
        };
        let default_holds =
            plan.default.as_ref().is_none_or(|change| change.from == records.profile.default_tenant);
        let offer_holds = match &plan.way {
            Way::Provider(_) => self.binding.as_ref().is_some_and(|b| b.joins && b.tenant == plan.tenant),
            Way::Invite(hash) => {
                let is_unused = !self.uses.contains_key(&(hash.clone(), sub.clone()));
                is_unused
                    && self.invites.get(hash).is_some_and(|invite| {
                        invite.status == InviteStatus::Open
                            && invite.uses < invite.max_uses
                            && plan.at < invite.expires_at
                            && invite.tenant == plan.tenant
                    })
            }
        };
        if !(membership_holds && default_holds && offer_holds) {
            return Commit::Outdated;
        }
        plan.apply(self.users.entry(sub.clone()).or_default());
        if let Way::Invite(hash) = &plan.way {
            self.uses.insert((hash.clone(), sub), plan.tenant.clone());
            self.invites.get_mut(hash).unwrap().uses += 1;
            if let Some(email) = &plan.spent_pointer {
                self.pointers.retain(|(of, pointer)| of != email || pointer.hash != *hash);
            }
        }
        Commit::Done
    }
}

fn tenant_of(id: &TenantId, status: TenantStatus) -> Tenant {
    let (name, tier) = ("Acme".parse().unwrap(), "pro".parse().unwrap());
    Tenant { id: id.clone(), name, tier, status, roles: BTreeMap::new(), pools: Vec::new() }
}

fn damage(problem: &str) -> Damage {
    Damage { key: "key".to_owned(), problem: problem.to_owned() }
}

/// Ready at the second poll, so that the scheduler can run another call first.
#[derive(Default)]
struct Pause {
    has_paused: bool,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.has_paused, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Runs one call to the end.
pub(crate) fn run<T>(call: impl Future<Output = T>) -> T {
    overlapping([call], 0).remove(0)
}

/// Runs calls at the same time; at each step `seed` decides which one continues.
pub(crate) fn overlapping<T, F: Future<Output = T>>(calls: impl IntoIterator<Item = F>, seed: u64) -> Vec<T> {
    let mut context = Context::from_waker(Waker::noop());
    let mut calls: Vec<Pin<Box<F>>> = calls.into_iter().map(Box::pin).collect();
    let mut ended: Vec<Option<T>> = calls.iter().map(|_| None).collect();
    let mut state = seed;
    for _ in 0..100_000 {
        let open: Vec<usize> = (0..calls.len()).filter(|at| ended[*at].is_none()).collect();
        if open.is_empty() {
            return ended.into_iter().flatten().collect();
        }
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn ^= drawn >> 27;
        let at = open[usize::try_from(drawn % u64::try_from(open.len()).unwrap()).unwrap()];
        if let Poll::Ready(value) = calls[at].as_mut().poll(&mut context) {
            ended[at] = Some(value);
        }
    }
    panic!("the calls do not end")
}
