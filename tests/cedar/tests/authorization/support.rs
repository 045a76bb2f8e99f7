//! The files of `infra/cedar`, the tokens on record, and what Cedar said.

use std::{collections::BTreeMap, fs, path::Path};

use cedar_policy::{AuthorizationError, Policy, PolicyId, PolicySet, Response, Schema};
use cedar_tests::{Caller, Order};
use serde_json::{Map, Value, json};

/// The pool of the tokens.
pub(crate) const POOL: &str = "eu-west-1_EXAMPLE01";

/// The tokens that the end-to-end tests hold against the local stack.
const TOKENS: &str = "tests/tests/end_to_end/snapshots/end_to_end__issued_tokens__tokens_of_all_kinds_have_the_claims_on_record.snap";

const POLICIES: &str = "infra/cedar/policies";

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The schema that Verified Permissions gets.
pub(crate) fn schema() -> Schema {
    Schema::from_json_str(&read("infra/cedar/schema.json")).unwrap()
}

/// The texts of the policies of `infra/cedar`, by their file's name.
pub(crate) fn texts() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join(POLICIES)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let text =
        |name: String| (name.strip_suffix(".cedar").unwrap().to_owned(), read(&format!("{POLICIES}/{name}")));
    names.map(text).collect()
}

/// The policies of `infra/cedar`, each with its file's name as id; some of them replaced or added.
pub(crate) fn policies(changed: &[(&str, &str)]) -> PolicySet {
    let mut texts = texts();
    texts.extend(changed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    let policy = |(name, text)| Policy::parse(Some(PolicyId::new(name)), text).unwrap();
    PolicySet::from_policies(texts.into_iter().map(policy)).unwrap()
}

/// The claims of all tokens on record.
pub(crate) fn tokens() -> BTreeMap<String, Map<String, Value>> {
    let snapshot = read(TOKENS);
    let json = snapshot.splitn(3, "---\n").nth(2).expect("a snapshot has a head");
    serde_json::from_str(json).unwrap()
}

/// The claims of a token on record, with some of them replaced; `null` takes one away.
pub(crate) fn claims(token: &str, changes: &Value) -> Map<String, Value> {
    let mut claims = tokens().remove(token).unwrap_or_else(|| panic!("no token `{token}`"));
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn caller(token: &str, changes: &Value) -> Caller {
    Caller::of_access_token(&claims(token, changes)).unwrap()
}

pub(crate) fn order(tenant: &str, owner: &str) -> Order {
    let owner = match owner {
        "ana" => "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10",
        "machine" => "3n4b5urk1ft4fl3mg5e62d9ado",
        other => other,
    };
    let owner = json!({ "type": "Tenancy::User", "id": format!("{POOL}|{owner}") });
    Order { tenant: tenant.to_owned(), owner }
}

/// The decision, and the policies that made it: `allow viewer`, `deny isolation refunds`.
pub(crate) fn told(response: &Response) -> String {
    let mut policies: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    policies.sort();
    let decision = format!("{:?}", response.decision()).to_lowercase();
    [vec![decision], policies].concat().join(" ")
}

/// The policies that were skipped because they could not be evaluated.
pub(crate) fn skipped(response: &Response) -> Vec<String> {
    let id = |error: &AuthorizationError| match error {
        AuthorizationError::PolicyEvaluationError(error) => error.policy_id().to_string(),
    };
    let mut skipped: Vec<String> = response.diagnostics().errors().map(id).collect();
    skipped.sort();
    skipped
}
