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
        oauth: None,
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
    let id = id_claims(&basis(), &Overrides::default(), "");
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
    let id_rows =
        ["sub", "aud", "iss", "exp", "token_use", "cognito:username", "cognito:groups", "cognito:x", "dev:x"];
    let access_rows = ["sub", "username", "client_id", "scope", "version", "cognito:groups", "aud", "jti"];

    for name in id_rows {
        let overrides = Overrides { id: adding(&json!({ name: "forged" })), ..Overrides::default() };
        assert_ne!(id_claims(&basis(), &overrides, "").get(name), Some(&json!("forged")), "ID token: {name}");
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

    let id = id_claims(&basis(), &overrides, "");
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

    let claims = id_claims(&basis(), &overrides, "");

    for gone in ["email", "colour", "cognito:groups", "cognito:roles", "cognito:preferred_role"] {
        assert_eq!(claims.get(gone), None, "{gone}");
    }
    assert_eq!(claims["sub"], json!("the-sub"));
    let access = access_claims(&basis(), &overrides);
    assert_eq!(access["cognito:groups"], json!(["staff"]), "the other token keeps them");
}

#[test]
fn a_group_override_replaces_everything_in_both_tokens() {
    let groups = GroupConfiguration { groups_to_override: vec!["admin".to_owned()], ..Default::default() };
    let replaced = Overrides { groups: Some(groups), ..Overrides::default() };
    let emptied = Overrides { groups: Some(GroupConfiguration::default()), ..Overrides::default() };

    let id = id_claims(&basis(), &replaced, "");
    assert_eq!(id["cognito:groups"], json!(["admin"]));
    assert_eq!(id.get("cognito:roles"), None);
    assert_eq!(id.get("cognito:preferred_role"), None);
    assert_eq!(access_claims(&basis(), &replaced)["cognito:groups"], json!(["admin"]));

    assert_eq!(id_claims(&basis(), &emptied, "").get("cognito:groups"), None);
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
    let groups = GroupConfiguration { groups_to_override: vec!["admin".to_owned()], ..Default::default() };
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
