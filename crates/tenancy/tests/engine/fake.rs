//! The table of these tests, and a scheduler that runs overlapping calls in an order drawn from a seed.

use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};

use memory::{Pace, Table, parsed};
use tenancy::address::{Identities, Identity, ProviderKind};
use tenancy::confirm::{Confirmation, Confirmed, confirm};
use tenancy::join::{Applicant, Redeem};
use tenancy::ports::StoreError;
use tenancy::sign_in::{SignIn, SignInDecision, decide};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Invite, InviteCode, Membership, MembershipStatus, Presented,
    ProviderBinding, TenantId, TenantStatus, Timestamp, UserKey,
};

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const EMAIL: &str = "ana@example.com";
pub(crate) const CLIENT: &str = "client";
pub(crate) const POOL: &str = "pool";
pub(crate) const PROVIDER: &str = "AcmeOkta";

/// The store of the calls, which go on in turns.
#[derive(Default)]
pub(crate) struct Store(pub(crate) memory::Store<Turns>);

impl Store {
    pub(crate) fn tables(&self) -> MutexGuard<'_, Table> {
        self.0.table()
    }

    pub(crate) fn tenant(self, id: &str, status: TenantStatus) -> Self {
        self.tables().tenants.insert(parsed(id), memory::tenant(id, status));
        self
    }

    /// Puts a tenant into these pools alone. The users of these tests are in [`POOL`].
    pub(crate) fn pools(self, id: &str, pools: &[&str]) -> Self {
        let pools = pools.iter().copied().map(parsed).collect();
        self.tables().tenants.get_mut(&parsed::<TenantId>(id)).unwrap().pools = pools;
        self
    }

    pub(crate) fn member(self, sub: &str, tenant: &str, status: MembershipStatus) -> Self {
        let joined_at = Some(Timestamp::from_epoch_seconds(NOW - 1_000));
        let membership = Membership { roles: Vec::new(), joined_at, ..memory::membership(tenant, status) };
        self.tables().users.entry(user(sub)).or_default().memberships.push(membership);
        self
    }

    pub(crate) fn default_tenant(self, sub: &str, tenant: &str) -> Self {
        self.tables().users.entry(user(sub)).or_default().profile.default_tenant =
            Some(tenant.parse().unwrap());
        self
    }

    /// An invite that is bound to [`EMAIL`], with its pointer, created so many seconds ago.
    pub(crate) fn invite(self, code: &InviteCode, tenant: &str, age_seconds: u64, max_uses: u64) -> Self {
        self.tables().put_invite(Invite {
            email: Some(parsed(EMAIL)),
            roles: Vec::new(),
            max_uses,
            expires_at: Timestamp::from_epoch_seconds(NOW + 60),
            created_at: Timestamp::from_epoch_seconds(NOW - age_seconds),
            ..memory::invite(code, tenant)
        });
        self
    }

    pub(crate) fn change(self, code: &InviteCode, change: impl FnOnce(&mut Invite)) -> Self {
        change(self.tables().invites.get_mut(&code.hash()).unwrap());
        self
    }

    /// [`PROVIDER`] and as many more that make `providers` are bound to `acme`.
    pub(crate) fn bindings(self, providers: usize, is_email_trusted: bool) -> Self {
        let store = self.binding(false, is_email_trusted);
        for number in 1..providers {
            let mut tables = store.tables();
            let binding = tables.providers[&(parsed(POOL), parsed(PROVIDER))].clone();
            tables.providers.insert((parsed(POOL), parsed(&format!("{PROVIDER}{number}"))), binding);
        }
        store
    }

    /// [`PROVIDER`] is bound to `acme`.
    pub(crate) fn binding(self, joins: bool, is_email_trusted: bool) -> Self {
        let binding =
            ProviderBinding { tenant: parsed("acme"), joins, default_roles: Vec::new(), is_email_trusted };
        self.tables().providers.insert((parsed(POOL), parsed(PROVIDER)), binding);
        self
    }

    /// [`CLIENT`] is bound to a tenant.
    pub(crate) fn client(self, tenant: &str) -> Self {
        self.client_in_mode(tenant, ClientBindingMode::Required)
    }

    pub(crate) fn client_in_mode(self, tenant: &str, mode: ClientBindingMode) -> Self {
        let binding = ClientBinding { tenant: parsed(tenant), mode };
        self.tables().clients.insert((parsed(POOL), parsed(CLIENT)), binding);
        self
    }

    /// The tenants of a user's active memberships.
    pub(crate) fn tenants_of(&self, sub: &str) -> Vec<String> {
        let tables = self.tables();
        let records = tables.users.get(&user(sub));
        records.map(|r| r.active().map(|m| m.tenant.to_string()).collect()).unwrap_or_default()
    }

    pub(crate) fn default_of(&self, sub: &str) -> Option<String> {
        self.tables().users.get(&user(sub))?.profile.default_tenant.as_ref().map(ToString::to_string)
    }

    pub(crate) fn uses(&self, code: &InviteCode) -> u64 {
        self.tables().invites[&code.hash()].uses
    }
}

pub(crate) fn user(sub: &str) -> UserKey {
    UserKey { pool: parsed(POOL), sub: parsed(sub) }
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
        confirm(Confirmation { applicant, client: Some(&client), asked: &self.asked }, &store.0).await
    }

    pub(crate) async fn sign_in(&self, store: &Store) -> SignInDecision {
        let (user, email, client) = self.parts();
        let applicant = self.applicant(&user, &email);
        let sign_in = SignIn { applicant, client: Some(&client), stamp: &self.stamp, asked: &self.asked };
        decide(sign_in, &store.0, &store.0).await
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
        (user(self.sub), parsed(EMAIL), parsed(CLIENT))
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

/// Other calls can go on before and after each request.
#[derive(Default)]
pub(crate) struct Turns;

impl Pace for Turns {
    async fn pause(&self) {
        Pause::default().await;
    }
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
