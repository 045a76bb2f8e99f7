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
                DcrConfiguration is set and enabled, and OpenDcrGrantTypes is missing or not empty. Severity critical if it \
                has client_credentials.",
    why: "A registered client is bound to no tenant. With client_credentials, it gets machine tokens without a tenant. \
          Otherwise it can ask users to sign in, under any name, and can write every attribute that a client without \
          WriteAttributes can write.",
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
            "DcrConfiguration has no OpenDcrGrantTypes, so anybody can register an app client.".to_owned(),
            false,
        ),
    };
    let mend = of_pool(
        "DcrConfiguration.OpenDcrGrantTypes: [] (an empty list: without the member, registration stays open), with its other \
         members unchanged. Registered app clients remain: delete those that you do not know",
    );
    let finding = Finding::new("the user pool", found, mend);
    vec![if is_for_machines { finding.at(Severity::Critical) } else { finding }]
}
