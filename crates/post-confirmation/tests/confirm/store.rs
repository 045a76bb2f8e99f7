//! The table and the user pool of these tests, and one call of the trigger on them.

use std::time::{Duration, SystemTime};

use cognito_trigger::trigger::conclude;
use cognito_trigger::{Handled, Incoming};
use function::{Call, Settings};
use memory::{Store, Table, invite, parsed, tenant};
use post_confirmation::{Config, PostConfirmation};
use serde_json::{Value, json};
use tenancy::{Stamp, TenantStatus, UserKey};
use tokio::time::Instant;

const POOL: &str = "eu-west-1_AbCdEf123";

/// The code of the only invite, which is for `acme`.
pub(crate) const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

/// The tenants `acme` and `globex`, the invite, and nobody.
pub(crate) fn store() -> Store {
    let mut table = Table::default();
    for id in ["acme", "globex"] {
        table.tenants.insert(parsed(id), tenant(id, TenantStatus::Active));
    }
    table.put_invite(invite(&parsed(CODE), "acme"));
    table.into()
}

pub(crate) fn ana() -> UserKey {
    UserKey { pool: parsed(POOL), sub: parsed("sub-1") }
}

/// The tenant and the stamp of each of Ana's memberships.
pub(crate) fn stamps(store: &Store) -> Vec<(String, Stamp)> {
    let records = store.table().users.get(&ana()).cloned().unwrap_or_default();
    records.memberships.into_iter().map(|m| (m.tenant.to_string(), m.stamp)).collect()
}

/// The writes of the tenant attribute: pool, username and tenant.
pub(crate) fn attributes(store: &Store) -> Vec<String> {
    let table = store.table();
    let writes = table.attributes.iter();
    writes.map(|(pool, user, tenant)| format!("{} {} {tenant}", pool.as_str(), user.as_str())).collect()
}

/// The event of a confirmed sign-up.
pub(crate) fn event(code: Option<&str>) -> Value {
    json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "region": "eu-west-1",
        "userPoolId": POOL, "userName": "ana", "callerContext": { "clientId": "web" },
        "request": { "userAttributes": { "sub": "sub-1" }, "clientMetadata": { "inviteCode": code } },
        "response": {},
    })
}

/// One call, which has half a second.
pub(crate) fn handled(store: &Store, settings: &[(&str, &str)], event: &Value) -> (Incoming, Handled) {
    let lookup = |name: &str| {
        let found = settings.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    let config = settings.finish(config).unwrap();
    let trigger = PostConfirmation { config: &config, store, users: store };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (event, began) = (event.to_string(), Instant::now());
        let (now, deadline) = (SystemTime::UNIX_EPOCH, began + Duration::from_millis(500));
        let call = Call { event: &event, request_id: "r", is_cold_start: false, now, began, deadline };
        conclude(&trigger, &call).await
    })
}
