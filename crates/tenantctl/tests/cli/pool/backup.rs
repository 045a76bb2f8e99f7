//! The pool as it was, in a file.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fake::{Fake, call};
use super::fixtures::{BOTH, UNKNOWN, attach_fake, described, desk, mfa, rich, rich_fake, with_unknown};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_for_its_owner_alone_and_puts_the_pool_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = described(&desk).await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let entry = std::fs::read_dir(desk.folder.path()).unwrap().next().unwrap().unwrap();
    let backup: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
    call(&desk.stack.endpoints().cognito, "UpdateUserPool", &backup["restore"]["UpdateUserPool"]).await;

    let name = entry.file_name().into_string().unwrap();
    assert!(name.starts_with(&desk.pool) && name.ends_with("Z.json"), "{name}");
    assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut restored = described(&desk).await;
    restored["LastModifiedDate"] = before["LastModifiedDate"].clone();
    assert_eq!(restored, before);
    assert_eq!(backup["mfaConfig"]["MfaConfiguration"], json!("OPTIONAL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_the_description_byte_for_byte() {
    let desk = desk().await;
    let fake = Fake::start(rich_fake(), mfa(), |_, _, _| Ok(())).await;
    let text = with_unknown(&rich_fake());
    fake.change(|world| world.pool_text = Some(text.clone()));

    attach_fake(&desk, &fake, "--apply --yes --backup b.json").ok();

    let backup = std::fs::read_to_string(desk.folder.path().join("b.json")).unwrap();
    let backup: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&backup).unwrap();
    assert_eq!(backup["userPool"].get(), text);
    let requests: BTreeMap<String, Box<RawValue>> = serde_json::from_str(backup["restore"].get()).unwrap();
    let request: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(requests["UpdateUserPool"].get()).unwrap();
    for (name, text) in UNKNOWN {
        assert_eq!(request[name].get(), text, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_written_stops_the_write() {
    let desk = desk().await;
    std::fs::write(desk.folder.path().join("there.json"), "mine").unwrap();
    let before = described(&desk).await;

    let said = desk.run(&format!("pool attach {BOTH} --apply --yes --backup there.json")).fails(1);

    assert!(said.contains("there.json") && said.contains("nothing was changed"), "{said}");
    assert_eq!(std::fs::read_to_string(desk.folder.path().join("there.json")).unwrap(), "mine");
    assert_eq!(described(&desk).await, before);
}
