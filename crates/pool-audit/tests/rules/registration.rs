//! Dynamic client registration.

use serde_json::{Value, json};

use crate::sample;
use pool_audit::finding::Severity::{self, Critical, High};
use pool_audit::{judge, severity};

fn found(configuration: &Value) -> Option<Severity> {
    let mut snapshot = sample::snapshot();
    snapshot.described["DcrConfiguration"] = configuration.clone();
    let judgement = judge(&snapshot);
    let mut found = judgement.findings.iter();
    let found = found.find(|(rule, _)| rule.id == "registration-open");
    found.map(|(rule, finding)| severity(rule, finding))
}

#[test]
fn a_pool_in_which_anybody_can_register_a_client_is_found() {
    let with = |more: Value| {
        let mut configuration = json!({ "EnableStatus": "Enabled", "AllowedScopes": [] });
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        configuration
    };
    for (what, configuration, wanted) in [
        ("none", Value::Null, None),
        ("closed", with(json!({ "OpenDcrGrantTypes": [] })), None),
        ("closed, and it is not said whether it is on", json!({ "OpenDcrGrantTypes": [] }), None),
        ("off", json!({ "EnableStatus": "Disabled", "OpenDcrGrantTypes": ["client_credentials"] }), None),
        (
            "closed by its switch",
            with(json!({ "OpenDcrEnabled": false, "OpenDcrGrantTypes": ["authorization_code"] })),
            None,
        ),
        ("open by default", with(json!({})), Some(High)),
        ("open by default, nothing said", json!({}), Some(High)),
        ("open by null", with(json!({ "OpenDcrGrantTypes": null })), Some(High)),
        ("for users", with(json!({ "OpenDcrGrantTypes": ["authorization_code"] })), Some(High)),
        (
            "for machines",
            with(json!({ "OpenDcrGrantTypes": ["authorization_code", "client_credentials"] })),
            Some(Critical),
        ),
    ] {
        assert_eq!(found(&configuration), wanted, "{what}");
    }
}
