//! `tenantctl client` and `tenantctl idp`.

use serde_json::json;

use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_client_is_bound_listed_and_unbound() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let client = desk.client.clone();

    let pages = [
        format!("client bind {client} --tenant acme"),
        format!("client bind {client} --tenant acme --yes"),
        format!("client bind {client} --tenant acme"),
        format!("client bind {client} --tenant globex"),
        format!("client bind {client} --tenant acme --mode machine"),
        "client list".to_owned(),
        "client list --tenant globex".to_owned(),
        format!("client unbind {client}"),
        format!("client unbind {client} --yes"),
        format!("client unbind {client} --yes"),
    ]
    .map(|line| format!("$ tenantctl {}\n{}\n", line.replace(&client, "CLIENT"), desk.run(&line)));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_client_that_the_pool_does_not_have_is_not_bound_by_mistake() {
    let desk = Desk::with_acme().await;

    let refused = desk.run("client bind nosuchclient --tenant acme").fails(3);
    desk.run("client bind nosuchclient --tenant acme --no-lookup --yes").ok();

    assert!(refused.contains("has no app client nosuchclient"), "{refused}");
    assert_eq!(desk.json("client list --tenant acme")["clients"][0]["clientId"], "nosuchclient");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_client_is_known_by_either_of_its_flows() {
    let desk = Desk::with_acme().await;
    let rows = [
        (json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"] }), true),
        (json!({ "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"] }), false),
        (json!({ "ExplicitAuthFlows": [], "AllowedOAuthFlows": ["client_credentials"] }), false),
    ];

    for (settings, is_noted) in rows {
        desk.stack.cognito().patch_client(&desk.pool, &desk.client, settings.clone()).unwrap();
        let run = desk.run(&format!("client bind {} --tenant acme --mode machine --dry-run", desk.client));
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(run.stderr.contains("so it gets no tokens of its own"), is_noted, "{settings}: {run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_provider_is_bound_changed_listed_and_unbound() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    desk.stack
        .cognito()
        .patch_identity_provider(&desk.pool, "AcmeOkta", json!({ "ProviderType": "SAML" }))
        .unwrap();

    let pages = [
        "idp bind AcmeOkta --tenant acme --join --role member --trust-email",
        "idp bind AcmeOkta --tenant globex",
        "idp list",
        "idp bind AcmeOkta --tenant acme",
        "idp bind AcmeOkta --tenant acme --yes",
        "idp list --tenant acme",
        "idp bind AcmeOkta --tenant acme --role admin",
        "idp bind Unknown --tenant acme",
        "idp unbind AcmeOkta --yes",
        "idp list",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(line)));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_where_anybody_has_an_account_is_asked_about() {
    let desk = Desk::with_acme().await;
    desk.stack
        .cognito()
        .patch_identity_provider(&desk.pool, "Google", json!({ "ProviderType": "Google" }))
        .unwrap();

    let unasked = desk.run("idp bind Google --tenant acme --join").fails(2);
    desk.run("idp bind Google --tenant acme").ok();

    assert!(
        unasked.contains("Everybody with an account of Google will become a member of `acme`"),
        "{unasked}"
    );
    assert_eq!(desk.json("idp list")["identityProviders"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_table_binds_without_asking_anybody() {
    let desk = Desk::without_table().await;
    let alone = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", ""), ("TENANCY_TABLE", "")];
    for line in ["table create", "tenant create acme --name Acme --tier pro"] {
        desk.run_with(&format!("{line} --local t.db"), &alone, "").ok();
    }

    desk.run_with("client bind someclient --tenant acme --local t.db --yes", &alone, "").ok();
    desk.run_with("idp bind Okta --tenant acme --join --local t.db", &alone, "").ok();

    assert!(desk.run_with("client list --local t.db", &alone, "").ok().contains("someclient"));
}
