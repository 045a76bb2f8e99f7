//! The files of `infra/cedar` agree with one another.

use std::collections::BTreeSet;

use cedar_policy::SchemaFragment;
use cedar_tests::CLAIMS;
use serde_json::{Value, json};

use crate::support::{policies, read, texts};
use crate::validation::UNGUARDED;

/// Verified Permissions takes the schema as JSON.
#[test]
fn both_forms_of_the_schema_say_the_same() {
    let (fragment, _) =
        SchemaFragment::from_cedarschema_str(&read("infra/cedar/schema.cedarschema")).unwrap();
    let json: Value = serde_json::from_str(&read("infra/cedar/schema.json")).unwrap();

    assert_eq!(plain(fragment.to_json_value().unwrap()), json);
}

/// Cedar leaves open whether a name is that of a type or of an entity; the older form, which says it, is shorter.
fn plain(schema: Value) -> Value {
    match schema {
        Value::Object(mut object) => {
            if object.get("type") == Some(&json!("EntityOrCommon")) {
                let name = object.remove("name").unwrap();
                if name == "User" {
                    object.insert("name".to_owned(), name);
                    object.insert("type".to_owned(), json!("Entity"));
                } else {
                    object.insert("type".to_owned(), name);
                }
            }
            object.into_iter().map(|(name, value)| (name, plain(value))).collect()
        }
        Value::Array(list) => list.into_iter().map(plain).collect(),
        other => other,
    }
}

#[test]
fn the_mapping_hands_on_the_claims_of_the_schema() {
    let schema: Value = serde_json::from_str(&read("infra/cedar/schema.json")).unwrap();

    let token = schema["Tenancy"]["commonTypes"]["AccessToken"]["attributes"].as_object().unwrap();

    assert_eq!(token.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(CLAIMS));
    for (claim, attribute) in token {
        assert_eq!(attribute["required"], false, "{claim}");
    }
}

#[test]
fn each_policy_has_the_id_of_its_file() {
    for policy in policies(&[]).policies() {
        assert_eq!(policy.annotation("id"), Some(policy.id().to_string().as_str()));
    }
}

#[test]
fn the_documentation_shows_the_files() {
    let page = read("docs/authorization.md");
    let mut shown = texts();
    shown.insert("schema".to_owned(), read("infra/cedar/schema.cedarschema"));
    shown.insert("unguarded".to_owned(), UNGUARDED.to_owned() + "\n");
    shown.insert("lib.rs".to_owned(), read("tests/cedar/src/lib.rs"));

    let blocks = page.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.strip_prefix("cedar\n").or(block.strip_prefix("rust\n")));
    let blocks: Vec<&str> = blocks.collect();

    assert_eq!(blocks.len(), 4);
    for block in blocks {
        assert!(shown.values().any(|file| file.contains(block)), "no file has\n{block}");
    }
}
