//! Dynamic client registration: who may make app clients. The SDK does not know the setting, so it is read from the
//! description as it came.

use serde_json::Value;

use super::of_pool;
use crate::finding::{Check, Finding, Rule, Severity};
use crate::snapshot::Snapshot;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "registration-open",
    severity: Severity::High,
    looks_for: "Anybody can register an app client with the pool (dynamic client registration without a token): \
                DcrConfiguration is there and enabled, and OpenDcrGrantTypes is missing or not empty. Severity critical where \
                client_credentials is among them.",
    why: "No binding ties a registered client to a tenant. Whoever registers one gets machine tokens of no tenant where it may \
          have client_credentials; otherwise it can ask users to sign in, under a name that it chose, and write every attribute \
          that a client without write lists may write.",
    check: Check::Pool(registration_open),
}];

fn registration_open(snapshot: &Snapshot) -> Vec<Finding> {
    // Without it there is no registration.
    let Some(Value::Object(settings)) = snapshot.described.get("DcrConfiguration") else { return Vec::new() };
    let is_off = settings
        .get("EnableStatus")
        .and_then(Value::as_str)
        .is_some_and(|status| status.eq_ignore_ascii_case("disabled"));
    let is_closed = settings.get("OpenDcrEnabled") == Some(&Value::Bool(false));
    if is_off || is_closed {
        return Vec::new();
    }
    let (found, is_for_machines) = match settings.get("OpenDcrGrantTypes") {
        Some(Value::Array(types)) if types.is_empty() => return Vec::new(),
        Some(Value::Array(types)) => {
            let types: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
            (format!("OpenDcrGrantTypes is {}.", types.join(", ")), types.contains(&"client_credentials"))
        }
        _ => (
            "DcrConfiguration has no OpenDcrGrantTypes, and without them registration is open to everybody."
                .to_owned(),
            false,
        ),
    };
    let mend = of_pool(
        "DcrConfiguration.OpenDcrGrantTypes: [] (an empty list; without the member registration stays open), its other members \
         as they are. App clients that were registered stay: delete those that nobody knows",
    );
    let finding = Finding::new("the user pool", found, mend);
    vec![if is_for_machines { finding.at(Severity::Critical) } else { finding }]
}
