//! The table of these tests, and one call of the trigger on it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use cognito_trigger::Handled;
use cognito_trigger::trigger::conclude;
use function::{Call, Settings};
use memory::{Store, Table, membership, parsed, tenant};
use pre_token_generation::{Config, PreTokenGeneration};
use serde_json::{Value, json};
use tenancy::{
    ClientBinding, ClientBindingMode, MembershipStatus, RoleGrant, TenantId, TenantStatus, UserKey,
    UserRecords,
};
use tokio::time::Instant;

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";

const CLIENT: &str = "web";

/// A table of these tenants, with Ana's memberships in the order of their tenants.
pub(crate) fn store(tenants: &[(&str, TenantStatus)], memberships: &[(&str, MembershipStatus)]) -> Store {
    let mut table = Table::default();
    for (id, status) in tenants {
        table.tenants.insert(parsed(id), tenant(id, *status));
    }
    let memberships = memberships.iter().map(|(tenant, status)| membership(tenant, *status)).collect();
    table.users.insert(ana(), UserRecords { memberships, ..UserRecords::default() });
    table.into()
}

/// Ana is an active member of `acme`.
pub(crate) fn member() -> Store {
    store(&[("acme", TenantStatus::Active)], &[("acme", MembershipStatus::Active)])
}

pub(crate) fn ana() -> UserKey {
    UserKey { pool: parsed(POOL), sub: parsed("ana") }
}

pub(crate) fn acme() -> TenantId {
    parsed("acme")
}

/// Binds the app client of the events to a tenant.
pub(crate) fn bind(store: &Store, tenant: &str, mode: ClientBindingMode) {
    let binding = ClientBinding { tenant: parsed(tenant), mode };
    store.table().clients.insert((parsed(POOL), parsed(CLIENT)), binding);
}

/// Lists groups and an IAM role for the viewers of `acme`.
pub(crate) fn grant(store: &Store, groups: usize, iam_role: Option<&str>) {
    let groups = (0..groups).map(|number| parsed(&format!("group-{number:03}"))).collect();
    let grant = RoleGrant { groups, iam_role: iam_role.map(str::to_owned) };
    store.table().tenants.get_mut(&acme()).unwrap().roles.insert(parsed("viewer"), grant);
}

pub(crate) async fn handled(store: &Store, settings: &BTreeMap<&str, &str>, event: &str) -> Handled {
    let lookup = |name: &str| settings.get(name).map(|value| (*value).to_owned());
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    let config = settings.finish(config).unwrap();
    let (now, began) = (SystemTime::UNIX_EPOCH, Instant::now());
    let call = Call {
        event,
        request_id: "r",
        is_cold_start: false,
        now,
        began,
        deadline: began + Duration::from_millis(500),
    };
    conclude(&PreTokenGeneration { config: &config, cached: store, store }, &call).await.1
}

pub(crate) fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

pub(crate) fn event(
    version: &str,
    source: &str,
    is_machine: bool,
    scopes: &[&str],
    asked: Option<&str>,
) -> Value {
    let container = if version == "1" { "claimsOverrideDetails" } else { "claimsAndScopeOverrideDetails" };
    let attributes = if is_machine { json!({}) } else { json!({ "sub": "ana" }) };
    let mut event = json!({
        "version": version, "triggerSource": source, "region": "eu-west-1", "userPoolId": POOL,
        "userName": "ana", "callerContext": { "clientId": CLIENT },
        "request": { "userAttributes": attributes, "clientMetadata": { "tenantId": asked } },
        "response": { container: null },
    });
    if version != "1" {
        event["request"]["scopes"] = json!(scopes);
    }
    event
}
