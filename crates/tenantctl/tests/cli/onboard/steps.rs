//! What `tenant onboard` does and refuses.

use serde_json::{Value, json};

use super::{desk, everything};
use crate::assert_page;
use crate::support::proxy::run_until;
use crate::support::words;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_planned_onboarded_and_found_again() {
    let (desk, shared) = desk().await;
    let before = desk.items().await;

    let plan = desk.run(&format!("{} --plan", everything(&desk, &shared, "acme")));
    let planned = desk.items().await;
    let applied = desk.run(&format!(
        "{} --apply --link-base https://app.example.com/join",
        everything(&desk, &shared, "acme")
    ));
    let done = desk.items().await;
    let again = desk.run(&format!("{} --apply", everything(&desk, &shared, "acme")));

    assert_eq!(planned, before, "a plan writes nothing");
    assert_page!(format!("{plan}\n{applied}\n{again}"));
    assert_eq!(desk.items().await, done, "everything was found");
    let shown = desk.json("tenant show acme");
    let clients = desk.json("client list --tenant acme");
    assert_eq!(shown["clientId"], clients["clients"][0]["clientId"]);
    assert_eq!((&shown["cell"], &shown["identityProvider"]), (&json!("shared"), &json!("Idp-acme")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_app_client_lets_nobody_in_before_it_is_bound_and_after_it_is_unbound() {
    let (desk, shared) = desk().await;
    let command = format!("{} --apply", everything(&desk, &shared, "acme"));
    let command = words(&command);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();

    let (onboarded, _) = run_until(&desk, &command, usize::MAX).await;
    let client = desk.json("tenant show acme")["clientId"].as_str().unwrap().to_owned();
    let (offboarded, _) = run_until(&desk, &["tenant", "offboard", "acme", "--yes"], usize::MAX).await;

    let place = |calls: &[(String, String)], operation: &str, part: &str| {
        let is_it = |(name, body): &(String, String)| name == operation && body.contains(part);
        calls.iter().position(is_it).unwrap_or_else(|| panic!("{operation} {part}: {calls:?}"))
    };
    let made = place(&onboarded, "CreateUserPoolClient", "tenant-acme");
    let bound = place(&onboarded, "TransactWriteItems", "client.bind");
    let opened = place(&onboarded, "UpdateUserPoolClient", "https://app.example.com/callback");
    assert!(made < bound && bound < opened, "{onboarded:?}");
    let body: Value = serde_json::from_str(&onboarded[made].1).unwrap();
    assert_eq!(body["ExplicitAuthFlows"], json!(["ALLOW_REFRESH_TOKEN_AUTH"]));
    assert!(
        ["CallbackURLs", "AllowedOAuthFlows", "SupportedIdentityProviders"]
            .iter()
            .all(|name| body[name].is_null())
    );
    let opening: Value = serde_json::from_str(&onboarded[opened].1).unwrap();
    assert_eq!(opening["SupportedIdentityProviders"], json!(["COGNITO", "Idp-acme"]));
    assert_eq!(
        (&opening["AccessTokenValidity"], &opening["WriteAttributes"]),
        (&json!(5), &json!(["email"]))
    );
    let ended = place(&offboarded, "TransactWriteItems", "tenant.offboard");
    let shut = place(&offboarded, "UpdateUserPoolClient", &client);
    let unbound = place(&offboarded, "TransactWriteItems", "client.unbind");
    let deleted = place(&offboarded, "DeleteUserPoolClient", &client);
    assert!(ended < shut && shut < unbound && unbound < deleted, "{offboarded:?}");
    assert!(!offboarded[shut].1.contains("https://"), "{:?}", offboarded[shut]);
    assert_eq!(desk.json("cell show shared")["tenants"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told_before_anything_is_written() {
    let (desk, shared) = desk().await;
    desk.run("tenant create other --name Other --tier pro").ok();
    desk.run("tenant onboard owner --name Owner --tier pro --admin bo@acme.com --domain acme.com --apply")
        .ok();
    let google = json!({ "ProviderType": "Google" });
    desk.stack.cognito().patch_identity_provider(&shared.pool, "Google", google).unwrap();
    desk.run(&format!("idp bind OtherOkta --user-pool-id {} --tenant other --no-lookup", shared.pool)).ok();
    let okta = json!({ "ProviderType": "SAML" });
    desk.stack.cognito().patch_identity_provider(&shared.pool, "OtherOkta", okta).unwrap();
    let before = desk.items().await;
    let acme = "tenant onboard acme --name Acme --tier pro --admin ana@acme.com";
    let rows = [
        ("tenant onboard other --name Else --tier pro --admin ana@acme.com".to_owned(), 3, "tenant-exists"),
        (format!("{acme} --domain acme.com"), 3, "domain-taken"),
        (format!("{acme} --cell none"), 3, "cell-unknown"),
        (format!("{acme} --provider None"), 3, "idp-unknown"),
        (format!("{acme} --provider OtherOkta"), 3, "idp-bound"),
        (format!("{acme} --provider Google --join-role member"), 3, "idp-public"),
        (format!("{acme} --callback-url https://acme.example.com/"), 2, "usage"),
        (format!("{acme} --join-role member"), 2, "usage"),
    ];

    for (line, code, name) in rows {
        let refused = desk.run(&format!("{line} --apply --output json")).fails(code);
        assert!(refused.contains(&format!("\"{name}\"")), "{line}: {refused}");
    }
    assert_eq!(desk.items().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_client_that_somebody_else_made_is_neither_taken_nor_deleted() {
    let (desk, shared) = desk().await;
    let call = desk.cognito().create_user_pool_client().user_pool_id(&shared.pool).client_name("tenant-acme");
    let made = call.callback_urls("https://elsewhere.example.com/").send().await.unwrap();
    let client = made.user_pool_client.unwrap().client_id.unwrap();

    let refused = desk.run(&format!("{} --apply --output json", everything(&desk, &shared, "acme"))).fails(3);
    desk.run(&format!("client bind {client} --user-pool-id {} --tenant acme --yes", shared.pool)).ok();
    let taken = desk.json(&format!("{} --apply", everything(&desk, &shared, "acme")));
    let call = desk.cognito().update_user_pool_client().user_pool_id(&shared.pool).client_id(&client);
    call.client_name("by hand").send().await.unwrap();
    let offboarded = desk.run("tenant offboard acme --yes --output json");

    assert!(
        refused.contains("\"client-open\"") && refused.contains("run the same command again"),
        "{refused}"
    );
    assert_eq!(taken["clientId"], client);
    assert!(offboarded.stderr.contains("did not make it; it stays"), "{offboarded}");
    let document: Value = serde_json::from_str(&offboarded.ok()).unwrap();
    assert!(document["clientDeleted"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_app_client_that_was_bound_to_another_tenant_stays_when_its_first_tenant_ends() {
    let (desk, shared) = desk().await;
    let pool = &shared.pool;
    desk.run("tenant create globex --name Globex --tier pro").ok();
    let client = desk.json(&format!("{} --apply", everything(&desk, &shared, "acme")))["clientId"].clone();
    let client = client.as_str().unwrap();
    desk.run(&format!("client unbind {client} --user-pool-id {pool} --yes")).ok();
    desk.run(&format!("client bind {client} --user-pool-id {pool} --tenant globex --yes")).ok();
    let describe = async || {
        let call = desk.cognito().describe_user_pool_client().user_pool_id(pool).client_id(client);
        call.send().await.unwrap().user_pool_client
    };
    let before = describe().await;

    let offboarded = desk.run("tenant offboard acme --yes");

    assert!(offboarded.stderr.contains("is bound to tenant `globex`; it stays"), "{offboarded}");
    offboarded.ok();
    assert_eq!(desk.json("client list --tenant globex")["clients"][0]["clientId"], client);
    assert_eq!(describe().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_onboardings_at_once_one_app_client_is_left() {
    let (desk, shared) = desk().await;
    let command = format!("{} --apply", everything(&desk, &shared, "acme"));

    let runs = desk.at_once(&[&command, &command, &command]).await;
    desk.run(&command).ok();

    let clients = desk.cognito().list_user_pool_clients().user_pool_id(&shared.pool).max_results(60);
    let clients = clients.send().await.unwrap().user_pool_clients.unwrap();
    let own: Vec<_> = clients.iter().filter(|client| client.client_name() == Some("tenant-acme")).collect();
    assert_eq!(own.len(), 1, "{runs:?}");
    assert_eq!(desk.json("cell show shared")["tenants"], 1);
    assert_eq!(desk.json("invite list --tenant acme")["invites"].as_array().unwrap().len(), 1);
}
