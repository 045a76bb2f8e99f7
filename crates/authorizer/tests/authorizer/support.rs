//! A user pool with a key, a table in memory, and the authorizer on both.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use authorizer::report::Ended;
use authorizer::{Authorizer, Concluded, Live, LiveCheck, Response, TokenSource};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_trigger::Costs;
use function::Call;
use function::metrics::Amount;
use getrandom::SysRng;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    rand_core::UnwrapErr,
    sha2::Sha256,
    signature::{SignatureEncoding as _, Signer as _},
    traits::PublicKeyParts as _,
};
use serde_json::{Value, json};
use tenancy::ports::{Memberships, Records, StoreError};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, Membership, MembershipStatus, PoolId, Stamp, Tenant,
    TenantId, TenantStatus, UserKey, UserRecords,
};
use tenant_token::{Clients, FetchError, Issuer, IssuerForm, JwksUrl, KeySource, Rules, Verifier};
use tokio::time::Instant;

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
pub(crate) const CLIENT: &str = "6g1example";
pub(crate) const SUB: &str = "3f0c8d1e-ana";
/// In the middle of the life of the tests' tokens.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

const KID: &str = "the-key";

static KEY: LazyLock<Key> = LazyLock::new(|| {
    let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), 2_048).unwrap();
    let (n, e) = (URL_SAFE_NO_PAD.encode(key.n_bytes()), URL_SAFE_NO_PAD.encode(key.e_bytes()));
    let jwk = json!({ "alg": "RS256", "e": e, "kid": KID, "kty": "RSA", "n": n, "use": "sig" });
    Key { signer: SigningKey::new(key), document: json!({ "keys": [jwk] }).to_string().into_bytes() }
});

struct Key {
    signer: SigningKey<Sha256>,
    document: Vec<u8>,
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What Cognito puts into an access token of a member of `acme`.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUB, "client_id": CLIENT, "username": "ana.canary", "token_use": "access",
        "scope": "tenancy/member orders/read", "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300,
        "cognito:groups": ["acme-admins", "billing"], "tenant_id": "acme", "tenant_name": "Canary Inc.",
        "tenant_tier": "pro", "tenant_roles": ["admin", "viewer"], "tenant_features": ["sso"],
    })
}

/// The token of a machine: its `sub` is the app client.
pub(crate) fn machine_claims() -> Value {
    but(claims(), json!({ "sub": CLIENT, "username": null, "cognito:groups": null, "tenant_roles": null }))
}

/// These claims with some of them changed; `null` takes one out.
#[expect(clippy::needless_pass_by_value, reason = "rows of tests read better")]
pub(crate) fn but(mut claims: Value, changes: Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.remove(name)),
            value => drop(object.insert(name.clone(), value.clone())),
        }
    }
    claims
}

pub(crate) fn signed(claims: &Value) -> String {
    signed_as(KID, claims)
}

pub(crate) fn signed_as(kid: &str, claims: &Value) -> String {
    let header = json!({ "kid": kid, "alg": "RS256" }).to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = KEY.signer.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A published event with this token.
pub(crate) fn event(case: &str, token: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/authorizer");
    std::fs::read_to_string(format!("{path}/{case}.json")).unwrap().replace("<token>", token)
}

/// The five forms, and the events in which a token is elsewhere.
pub(crate) const EVENTS: [&str; 7] = [
    "rest-token",
    "rest-request",
    "websocket-connect",
    "websocket-connect-query",
    "http-1",
    "http-2",
    "http-2-no-identity-source",
];

/// The key set of the pool, as long as it can be reached.
#[derive(Clone, Default)]
pub(crate) struct Keys(pub(crate) Arc<Mutex<Reach>>);

#[derive(Clone, Copy, Default)]
pub(crate) enum Reach {
    #[default]
    Fine,
    Failing,
    Hanging,
}

impl KeySource for Keys {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let reach = *self.0.lock().unwrap();
        match reach {
            Reach::Fine => Ok(KEY.document.clone()),
            Reach::Failing => Err(FetchError::new("no route")),
            Reach::Hanging => std::future::pending().await,
        }
    }
}

/// A table that has what a test puts into it, or fails.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) tenant: Mutex<Item<Tenant>>,
    pub(crate) binding: Mutex<Item<ClientBinding>>,
    pub(crate) membership: Mutex<Item<Membership>>,
    /// What was read, in order.
    pub(crate) read: Mutex<Vec<&'static str>>,
}

#[derive(Clone, Default)]
pub(crate) enum Item<T> {
    #[default]
    Missing,
    Found(T),
    Damaged,
    Silent,
    Hanging,
    Panicking,
}

impl<T: Clone> Item<T> {
    async fn read(&self, operation: &'static str) -> Result<Option<T>, StoreError> {
        match self {
            Self::Missing => Ok(None),
            Self::Found(item) => Ok(Some(item.clone())),
            Self::Damaged => {
                Err(Damage { key: "TENANT#acme / META".to_owned(), problem: "`tier` is missing".to_owned() }
                    .into())
            }
            Self::Silent => Err(StoreError::Unavailable { operation, source: "InternalServerError".into() }),
            Self::Hanging => std::future::pending().await,
            Self::Panicking => panic!("ana@example.com"),
        }
    }
}

impl Table {
    fn note<T: Clone>(&self, what: &'static str, item: &Mutex<T>) -> T {
        self.read.lock().unwrap().push(what);
        item.lock().unwrap().clone()
    }
}

impl Records for Table {
    async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
        panic!("one membership is enough")
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        assert_eq!(id.as_str(), "acme");
        Ok(self.note("tenant", &self.tenant).read("read a tenant").await?.map(Arc::new))
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        assert_eq!((pool.as_str(), client.as_str()), (POOL, CLIENT));
        self.note("binding", &self.binding).read("read an app client's binding").await
    }
}

impl Memberships for Table {
    async fn membership(&self, user: &UserKey, tenant: &TenantId) -> Result<Option<Membership>, StoreError> {
        assert_eq!((user.pool.as_str(), user.sub.as_str(), tenant.as_str()), (POOL, SUB, "acme"));
        self.note("membership", &self.membership).read("read a membership").await
    }
}

pub(crate) fn tenant(status: TenantStatus) -> Item<Tenant> {
    Item::Found(Tenant {
        id: "acme".parse().unwrap(),
        name: "Canary Inc.".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status,
        roles: std::collections::BTreeMap::default(),
    })
}

pub(crate) fn membership(status: MembershipStatus) -> Item<Membership> {
    Item::Found(Membership {
        tenant: "acme".parse().unwrap(),
        roles: Vec::new(),
        status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    })
}

pub(crate) fn binding(tenant: &str, mode: ClientBindingMode) -> Item<ClientBinding> {
    Item::Found(ClientBinding { tenant: tenant.parse().unwrap(), mode })
}

/// An authorizer, and what it stands on. By default nothing is read from the table, which has an active member.
pub(crate) struct Gateway {
    pub(crate) keys: Keys,
    pub(crate) table: Table,
    pub(crate) verifier: Verifier,
    pub(crate) check: LiveCheck,
    pub(crate) clients_are_bound: bool,
    pub(crate) response: Response,
    pub(crate) token_source: TokenSource,
    pub(crate) now: u64,
    /// Time for one call.
    pub(crate) time: Duration,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        Self::with_rules(|rules| rules)
    }

    pub(crate) fn with_rules(change: impl FnOnce(Rules) -> Rules) -> Self {
        let keys = Keys::default();
        let issuers = Issuer::of_pool(POOL, IssuerForm::Original).unwrap();
        let rules = change(Rules::new(issuers, Clients::listed([CLIENT])));
        let table = Table::default();
        *table.tenant.lock().unwrap() = tenant(TenantStatus::Active);
        *table.membership.lock().unwrap() = membership(MembershipStatus::Active);
        *table.binding.lock().unwrap() = binding("acme", ClientBindingMode::Required);
        Self {
            verifier: Verifier::new(rules, keys.clone()).unwrap(),
            keys,
            table,
            check: LiveCheck::None,
            clients_are_bound: false,
            response: Response::Simple,
            token_source: TokenSource::Header,
            now: NOW_SECONDS,
            time: Duration::from_secs(3),
        }
    }

    /// What API Gateway gets for an event.
    pub(crate) async fn answer(&self, event: &str) -> Result<Value, String> {
        self.sent(&self.conclude(event).await)
    }

    /// What API Gateway gets for a call, or the text of the error.
    pub(crate) fn sent(&self, concluded: &Concluded) -> Result<Value, String> {
        let answer = concluded.answer(self.response);
        answer.map(|answer| serde_json::from_str(answer.get()).unwrap()).map_err(|error| {
            assert_eq!(error.error_type, error.error_message);
            error.error_message
        })
    }

    /// What the client of the API gets for a token, by the kind of gateway.
    pub(crate) async fn status(&self, case: &str, token: &str) -> u16 {
        status(&self.answer(&event(case, token)).await)
    }

    pub(crate) async fn conclude(&self, event: &str) -> Concluded {
        self.authorizer().conclude(&self.call(event)).await
    }

    /// A metric of the line that this call prints.
    pub(crate) fn metric(&self, concluded: &Concluded, name: &str) -> u64 {
        let ended = Ended { function: "f", call: &self.call(""), concluded, costs: Costs::default() };
        match ended.metrics().into_iter().find(|(metric, _)| *metric == name) {
            Some((_, Amount::Count(count))) => count,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn authorizer(&self) -> Authorizer<'_, Table, Table, impl Fn() -> Costs> {
        let reads = self.clients_are_bound || self.check != LiveCheck::None;
        Authorizer {
            name: "authorizer".to_owned(),
            verifier: &self.verifier,
            response: self.response,
            token_source: &self.token_source,
            live: reads.then_some(Live {
                cached: &self.table,
                store: &self.table,
                check: self.check,
                clients_are_bound: self.clients_are_bound,
            }),
            clock: || UNIX_EPOCH,
            costs: Costs::default,
        }
    }

    fn call<'a>(&self, event: &'a str) -> Call<'a> {
        let began = Instant::now();
        let deadline = began + self.time;
        Call { event, request_id: "r", is_cold_start: false, now: at(self.now), began, deadline }
    }
}

/// What a gateway tells its client (developer guide, "Output from an API Gateway Lambda authorizer").
pub(crate) fn status(answer: &Result<Value, String>) -> u16 {
    match answer {
        Err(text) if text == "Unauthorized" => 401,
        Err(_) => 500,
        Ok(answer) if answer["isAuthorized"] == true => 200,
        Ok(answer) if answer["isAuthorized"] == false => 403,
        Ok(answer) => match answer["policyDocument"]["Statement"][0]["Effect"].as_str() {
            Some("Allow") => 200,
            Some("Deny") => 403,
            _ => 500,
        },
    }
}
