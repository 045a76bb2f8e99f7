//! Dynamic client registration, which the SDK does not know.

use serde_json::{Value, json};

use super::fake::Fake;
use super::fixtures::{attach_fake, desk, mfa, rich_fake, run_fake};
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_open_registration_in_the_description_as_it_came() {
    let desk = desk().await;
    for (configuration, severity) in [
        (json!({ "EnableStatus": "Enabled" }), Some("high")),
        (json!({ "OpenDcrGrantTypes": ["client_credentials"] }), Some("critical")),
        (json!({ "EnableStatus": "Enabled", "OpenDcrGrantTypes": [] }), None),
    ] {
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "DcrConfiguration": null })).unwrap();
        let patch = json!({ "DcrConfiguration": configuration });
        desk.stack.cognito().patch_pool(&desk.pool, patch).unwrap();

        let audit: Value = serde_json::from_str(&desk.run("doctor --output json").stdout).unwrap();

        let findings = audit["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["rule"] == "registration-open");
        let found = found.map(|finding| finding["severity"].as_str().unwrap());
        assert_eq!(found, severity, "{configuration}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attach_detach_and_restore_keep_closed_registration_closed() {
    let desk = Desk::without_table().await;
    let closed = json!({ "EnableStatus": "Enabled", "AllowedScopes": [], "OpenDcrGrantTypes": [] });
    let mut pool = rich_fake();
    pool["DcrConfiguration"] = closed.clone();
    let fake = Fake::start(pool, mfa(), |_, _, _| Ok(())).await;

    for line in ["restore b.json", "detach --replace"] {
        attach_fake(&desk, &fake, "--apply --yes --backup b.json").ok();
        assert_eq!(fake.pool()["DcrConfiguration"], closed, "attach");
        let run = run_fake(&desk, &fake, &format!("{line} --apply --yes --backup c.json"));
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(fake.pool()["DcrConfiguration"], closed, "{line}");
        for name in ["b.json", "c.json"] {
            std::fs::remove_file(desk.folder.path().join(name)).unwrap();
        }
    }
}
