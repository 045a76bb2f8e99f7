//! What the trigger logs besides its line per call (docs/log-fields.md).

use memory::{Fault, Part, Store};
use serde_json::{Value, json};

use crate::store::{CODE, event, handled, store};

fn logged(store: &Store, event: &Value) -> Vec<String> {
    memory::logged(|| drop(handled(store, &[], event)))
}

#[test]
fn an_attribute_that_names_a_foreign_tenant_is_reported() {
    let mut stamped = event(Some(CODE));
    stamped["request"]["userAttributes"]["custom:tenantId"] = json!("globex");
    let mut own = event(Some(CODE));
    own["request"]["userAttributes"]["custom:tenantId"] = json!("acme");

    assert_eq!(logged(&store(), &stamped), ["WARN security.cross_tenant stamp"]);
    assert_eq!(logged(&store(), &own), Vec::<String>::new());
}

#[test]
fn a_deferred_stamp_is_reported_with_its_cause() {
    let fails = |fault| {
        let store = store();
        store.table().fault = Some((Part::UserPool, fault));
        store
    };
    let mut nameless = event(Some(CODE));
    nameless["userName"] = json!("");

    let throttled = "WARN stamp.deferred acme could not write the tenant attribute: throttled";
    assert_eq!(logged(&fails(Fault::Fails("throttled")), &event(Some(CODE))), [throttled]);
    let hanging = logged(&fails(Fault::Hangs), &event(Some(CODE)));
    assert_eq!(hanging, ["WARN stamp.deferred acme no time was left"]);
    let nameless = logged(&store(), &nameless);
    assert!(nameless.len() == 1 && nameless[0].starts_with("WARN stamp.deferred acme "), "{nameless:?}");
}
