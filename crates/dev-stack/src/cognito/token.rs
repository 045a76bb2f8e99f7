//! The claims of the tokens, and what a trigger may change in them (developer guide, "Pre token generation
//! Lambda trigger", its table of claims).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{group::GroupConfiguration, reply::ClaimChanges, reply::Overrides, unknowns};
use crate::random;

/// The only scope of a token from an API sign-in.
pub(crate) const API_SCOPE: &str = "aws.cognito.signin.user.admin";

/// What is known of a user when tokens are made.
#[derive(Clone, Debug)]
pub(crate) struct TokenBasis {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) username: String,
    pub(crate) sub: String,
    /// Those that the client may read, without `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) groups: GroupConfiguration,
    pub(crate) scopes: Vec<String>,
    pub(crate) times: Times,
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
}

/// Seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) authenticated: u64,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

/// What is known of a machine: its app client.
#[derive(Clone, Debug)]
pub(crate) struct MachineBasis {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) times: Times,
}

type Claims = Map<String, Value>;

/// Claims of the ID token.
pub(crate) fn id_claims(basis: &TokenBasis, overrides: &Overrides) -> Claims {
    let mut claims: Claims =
        basis.attributes.iter().map(|(name, value)| (name.clone(), attribute_claim(name, value))).collect();
    let groups = effective_groups(basis, overrides);
    set_list(&mut claims, "cognito:groups", &groups.groups_to_override);
    set_list(&mut claims, "cognito:roles", &groups.iam_roles_to_override);
    if let Some(role) = groups.preferred_role {
        claims.insert("cognito:preferred_role".to_owned(), json!(role));
    }
    change(&mut claims, &overrides.id, id_claim_is_fixed);
    if overrides.id.suppress.iter().any(|name| name == "cognito:groups") {
        claims.remove("cognito:roles");
        claims.remove("cognito:preferred_role");
    }
    set(&mut claims, "sub", &basis.sub);
    set(&mut claims, "cognito:username", &basis.username);
    set(&mut claims, "aud", &basis.client_id);
    set_common(&mut claims, "id", &basis.issuer, basis.times);
    set_session(&mut claims, basis);
    claims
}

/// Claims of the access token of a user.
pub(crate) fn access_claims(basis: &TokenBasis, overrides: &Overrides) -> Claims {
    let mut claims = Claims::new();
    set_list(&mut claims, "cognito:groups", &effective_groups(basis, overrides).groups_to_override);
    change(&mut claims, &overrides.access, |name, value| {
        access_claim_is_fixed(name, value, &basis.client_id)
    });
    set(&mut claims, "sub", &basis.sub);
    set(&mut claims, "username", &basis.username);
    set(&mut claims, "client_id", &basis.client_id);
    set_scope(&mut claims, &basis.scopes, overrides);
    set_common(&mut claims, "access", &basis.issuer, basis.times);
    set_session(&mut claims, basis);
    claims
}

/// Claims of the access token of a machine.
pub(crate) fn machine_claims(basis: &MachineBasis, overrides: &Overrides) -> Claims {
    let mut claims = Claims::new();
    if unknowns::MACHINE_TOKENS_TAKE_GROUPS
        && let Some(groups) = &overrides.groups
    {
        set_list(&mut claims, "cognito:groups", &groups.groups_to_override);
    }
    change(&mut claims, &overrides.access, |name, value| {
        access_claim_is_fixed(name, value, &basis.client_id)
    });
    set(&mut claims, "sub", &basis.client_id);
    set(&mut claims, "client_id", &basis.client_id);
    claims.insert("version".to_owned(), json!(unknowns::OAUTH_TOKEN_VERSION));
    set_scope(&mut claims, &basis.scopes, overrides);
    set_common(&mut claims, "access", &basis.issuer, basis.times);
    claims
}

/// Names that nothing can add, change or take out of the ID token. `cognito:groups` can be taken out, but
/// not set by name.
fn id_claim_is_fixed(name: &str, added: Option<&Value>) -> bool {
    const FIXED: [&str; 15] = [
        "sub",
        "identities",
        "aud",
        "acr",
        "amr",
        "at_hash",
        "auth_time",
        "azp",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
    ];
    match name {
        "token_use" => true,
        "cognito:groups" => added.is_some(),
        _ if name.starts_with("cognito:") => true,
        _ if name.starts_with("dev:") => added.is_some(),
        _ => FIXED.contains(&name),
    }
}

/// The same for the access token, where `aud` may be added if it is the client.
fn access_claim_is_fixed(name: &str, added: Option<&Value>, client_id: &str) -> bool {
    const FIXED: [&str; 17] = [
        "sub",
        "username",
        "client_id",
        "event_id",
        "device_key",
        "version",
        "acr",
        "amr",
        "auth_time",
        "azp",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
    ];
    match name {
        // Scopes have lists of their own.
        "token_use" | "scope" => true,
        "aud" => added.is_none_or(|value| value != client_id),
        "cognito:groups" => added.is_some(),
        _ if name.starts_with("cognito:") => true,
        _ => FIXED.contains(&name),
    }
}

/// Adds, then suppresses: suppression wins. Fixed names are passed over.
fn change(claims: &mut Claims, changes: &ClaimChanges, fixed: impl Fn(&str, Option<&Value>) -> bool) {
    for (name, value) in &changes.add {
        if !(unknowns::RESERVED_CLAIMS_ARE_DROPPED && fixed(name, Some(value))) {
            claims.insert(name.clone(), value.clone());
        }
    }
    for name in &changes.suppress {
        if !fixed(name, None) {
            claims.remove(name);
        }
    }
}

fn effective_groups(basis: &TokenBasis, overrides: &Overrides) -> GroupConfiguration {
    match &overrides.groups {
        Some(groups) => groups.clone(),
        None => unknowns::groups_when_not_overridden(basis.groups.clone()),
    }
}

fn set_scope(claims: &mut Claims, scopes: &[String], overrides: &Overrides) {
    let mut scopes = scopes.to_vec();
    for scope in &overrides.scopes_to_add {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    let added_back =
        |scope: &String| !unknowns::SCOPE_SUPPRESSION_WINS && overrides.scopes_to_add.contains(scope);
    scopes.retain(|scope| !overrides.scopes_to_suppress.contains(scope) || added_back(scope));
    if !(scopes.is_empty() && unknowns::EMPTY_SCOPE_IS_ABSENT) {
        set(claims, "scope", &scopes.join(" "));
    }
}

fn set_common(claims: &mut Claims, token_use: &str, issuer: &str, times: Times) {
    set(claims, "iss", issuer);
    set(claims, "token_use", token_use);
    set(claims, "jti", &random::uuid());
    claims.insert("auth_time".to_owned(), json!(times.authenticated));
    claims.insert("iat".to_owned(), json!(times.issued));
    claims.insert("exp".to_owned(), json!(times.expires));
}

fn set_session(claims: &mut Claims, basis: &TokenBasis) {
    set(claims, "origin_jti", &basis.origin_jti);
    set(claims, "event_id", &basis.event_id);
}

fn set(claims: &mut Claims, name: &str, value: &str) {
    claims.insert(name.to_owned(), json!(value));
}

/// An empty list is no claim.
fn set_list(claims: &mut Claims, name: &str, values: &[String]) {
    if !values.is_empty() {
        claims.insert(name.to_owned(), json!(values));
    }
}

/// The ID token has the two `_verified` attributes as booleans and all else as strings.
fn attribute_claim(name: &str, value: &str) -> Value {
    match name {
        "email_verified" | "phone_number_verified" => json!(value == "true"),
        _ => json!(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis() -> TokenBasis {
        TokenBasis {
            issuer: "http://127.0.0.1:1/eu-west-1_pool".to_owned(),
            client_id: "client".to_owned(),
            username: "ana".to_owned(),
            sub: "the-sub".to_owned(),
            attributes: BTreeMap::from([
                ("custom:tenantId".to_owned(), "stale".to_owned()),
                ("email".to_owned(), "ana@example.com".to_owned()),
                ("email_verified".to_owned(), "true".to_owned()),
            ]),
            groups: GroupConfiguration {
                groups_to_override: vec!["staff".to_owned()],
                iam_roles_to_override: vec!["arn:staff".to_owned()],
                preferred_role: Some("arn:staff".to_owned()),
            },
            scopes: vec![API_SCOPE.to_owned()],
            times: Times { authenticated: 1, issued: 2, expires: 3 },
            origin_jti: "origin".to_owned(),
            event_id: "event".to_owned(),
        }
    }

    fn adding(claims: &Value) -> ClaimChanges {
        let add = claims.as_object().unwrap().clone();
        ClaimChanges { add, suppress: Vec::new() }
    }

    fn names(claims: &Claims) -> Vec<&str> {
        claims.keys().map(String::as_str).collect()
    }

    #[test]
    fn tokens_without_overrides_have_cognitos_claims_and_no_others() {
        let id = id_claims(&basis(), &Overrides::default());
        let access = access_claims(&basis(), &Overrides::default());

        let mut id_names = names(&id);
        id_names.sort_unstable();
        assert_eq!(
            id_names,
            [
                "aud",
                "auth_time",
                "cognito:groups",
                "cognito:preferred_role",
                "cognito:roles",
                "cognito:username",
                "custom:tenantId",
                "email",
                "email_verified",
                "event_id",
                "exp",
                "iat",
                "iss",
                "jti",
                "origin_jti",
                "sub",
                "token_use",
            ]
        );
        assert_eq!(id["email_verified"], json!(true));
        let mut access_names = names(&access);
        access_names.sort_unstable();
        assert_eq!(
            access_names,
            [
                "auth_time",
                "client_id",
                "cognito:groups",
                "event_id",
                "exp",
                "iat",
                "iss",
                "jti",
                "origin_jti",
                "scope",
                "sub",
                "token_use",
                "username",
            ]
        );
        assert_eq!(access["scope"], json!(API_SCOPE));
    }

    #[test]
    fn reserved_claims_stay_as_they_are() {
        let id_rows = [
            "sub",
            "aud",
            "iss",
            "exp",
            "token_use",
            "cognito:username",
            "cognito:groups",
            "cognito:x",
            "dev:x",
        ];
        let access_rows =
            ["sub", "username", "client_id", "scope", "version", "cognito:groups", "aud", "jti"];

        for name in id_rows {
            let overrides = Overrides { id: adding(&json!({ name: "forged" })), ..Overrides::default() };
            assert_ne!(id_claims(&basis(), &overrides).get(name), Some(&json!("forged")), "ID token: {name}");
        }
        for name in access_rows {
            let overrides = Overrides { access: adding(&json!({ name: "forged" })), ..Overrides::default() };
            let claims = access_claims(&basis(), &overrides);
            assert_ne!(claims.get(name), Some(&json!("forged")), "access token: {name}");
        }
    }

    #[test]
    fn custom_attributes_can_be_overridden_and_the_client_may_be_the_audience() {
        let overrides = Overrides {
            id: adding(&json!({ "custom:tenantId": "acme" })),
            access: adding(&json!({ "aud": "client", "tenant": { "id": "acme" } })),
            ..Overrides::default()
        };

        let id = id_claims(&basis(), &overrides);
        let access = access_claims(&basis(), &overrides);

        assert_eq!(id["custom:tenantId"], json!("acme"));
        assert_eq!(access["aud"], json!("client"));
        assert_eq!(access["tenant"], json!({ "id": "acme" }));
        assert_eq!(access.get("custom:tenantId"), None);
    }

    #[test]
    fn suppression_wins_and_cannot_take_out_what_is_reserved() {
        let mut id = adding(&json!({ "email": "other@example.com", "colour": "red" }));
        id.suppress = ["email", "colour", "sub", "cognito:groups"].map(str::to_owned).to_vec();
        let overrides = Overrides { id, ..Overrides::default() };

        let claims = id_claims(&basis(), &overrides);

        for gone in ["email", "colour", "cognito:groups", "cognito:roles", "cognito:preferred_role"] {
            assert_eq!(claims.get(gone), None, "{gone}");
        }
        assert_eq!(claims["sub"], json!("the-sub"));
        let access = access_claims(&basis(), &overrides);
        assert_eq!(access["cognito:groups"], json!(["staff"]), "the other token keeps them");
    }

    #[test]
    fn a_group_override_replaces_everything_in_both_tokens() {
        let groups =
            GroupConfiguration { groups_to_override: vec!["admin".to_owned()], ..Default::default() };
        let replaced = Overrides { groups: Some(groups), ..Overrides::default() };
        let emptied = Overrides { groups: Some(GroupConfiguration::default()), ..Overrides::default() };

        let id = id_claims(&basis(), &replaced);
        assert_eq!(id["cognito:groups"], json!(["admin"]));
        assert_eq!(id.get("cognito:roles"), None);
        assert_eq!(id.get("cognito:preferred_role"), None);
        assert_eq!(access_claims(&basis(), &replaced)["cognito:groups"], json!(["admin"]));

        assert_eq!(id_claims(&basis(), &emptied).get("cognito:groups"), None);
        assert_eq!(access_claims(&basis(), &emptied).get("cognito:groups"), None);
    }

    #[test]
    fn scopes_are_added_and_suppressed() {
        let rows = [
            (vec!["orders.read"], vec![], Some("aws.cognito.signin.user.admin orders.read")),
            (vec!["orders.read"], vec![API_SCOPE], Some("orders.read")),
            (vec!["orders.read"], vec!["orders.read"], Some(API_SCOPE)),
            (vec![], vec![API_SCOPE], None),
        ];

        for (add, suppress, expected) in rows {
            let overrides = Overrides {
                scopes_to_add: add.iter().map(ToString::to_string).collect(),
                scopes_to_suppress: suppress.iter().map(ToString::to_string).collect(),
                ..Overrides::default()
            };
            let scope = access_claims(&basis(), &overrides).get("scope").cloned();
            assert_eq!(scope, expected.map(|text| json!(text)), "+{add:?} -{suppress:?}");
        }
    }

    #[test]
    fn a_machine_token_names_the_client_and_takes_no_groups() {
        let basis = MachineBasis {
            issuer: "http://127.0.0.1:1/eu-west-1_pool".to_owned(),
            client_id: "machine".to_owned(),
            scopes: vec!["api/read".to_owned()],
            times: Times { authenticated: 2, issued: 2, expires: 3 },
        };
        let groups =
            GroupConfiguration { groups_to_override: vec!["admin".to_owned()], ..Default::default() };
        let overrides = Overrides {
            access: adding(&json!({ "tenant_id": "acme", "sub": "forged" })),
            groups: Some(groups),
            ..Overrides::default()
        };

        let claims = machine_claims(&basis, &overrides);

        assert_eq!(claims["sub"], json!("machine"));
        assert_eq!(claims["tenant_id"], json!("acme"));
        assert_eq!(claims["scope"], json!("api/read"));
        assert_eq!(claims.get("cognito:groups"), None);
    }
}
