//! `tenantctl member`.

use dev_stack::PoolSettings;
use serde_json::json;

use crate::assert_page;
use crate::repair::fake_cognito::{error, serve};
use crate::support::{Desk, many};

#[tokio::test(flavor = "multi_thread")]
async fn a_members_life_from_added_to_removed() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;

    let pages = [
        "member add ana@example.com --tenant acme --role admin",
        "member add ana@example.com --tenant acme --role admin",
        "member add ana@example.com --tenant acme --role viewer",
        "member set-roles ana@example.com --tenant acme --role viewer --role auditor",
        "member list --tenant acme",
        "member show SUB",
        "member suspend SUB --tenant acme",
        "member suspend SUB --tenant acme --yes",
        "member add SUB --tenant acme --role viewer",
        "member resume SUB --tenant acme",
        "member remove SUB --tenant acme --yes",
        "member resume SUB --tenant acme",
        "member list --tenant acme --status active",
        "member show ana@example.com",
        "member add SUB --tenant acme --role viewer",
        "member show nobody@example.com",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(&line.replace("SUB", &sub))));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_members_can_be_cut() {
    let desk = Desk::with_acme().await;
    for sub in ["sub-1", "sub-2", "sub-3"] {
        desk.run(&format!("member add {sub} --no-lookup --tenant acme --role viewer")).ok();
    }

    let cut = desk.run("member list --tenant acme --limit 2");
    let whole = desk.run("member list --tenant acme --limit 3");

    assert!(cut.stdout.contains("sub-2") && !cut.stdout.contains("sub-3"), "{cut:?}");
    assert!(cut.stderr.contains("these are the first 2; --limit 0 shows all"), "{cut:?}");
    assert!(whole.stdout.contains("sub-3") && !whole.stderr.contains("--limit"), "{whole:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_read_page_by_page_and_a_list_with_a_limit_ends_where_it_is_cut() {
    let desk = Desk::with_acme().await;
    for sub in ["sub-1", "sub-2", "sub-3", "sub-4", "sub-5"] {
        desk.run(&format!("member add {sub} --no-lookup --tenant acme --role viewer")).ok();
    }
    let key = format!("USER#{}#sub-5", desk.pool);
    desk.set_text(&key, "TENANT#acme", "status", "no such status").await;

    let cut = desk.run("member list --tenant acme --limit 3 --no-addresses");
    let whole = desk.run("member list --tenant acme --no-addresses");
    let operator = tenancy_aws::operator::Operator::new(desk.dynamodb(), "tenancy".into(), "nobody".into());
    let mut pages = operator.member_pages(&"acme".parse().unwrap(), Some(2));
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.len());
    }

    assert!(cut.stderr.contains("these are the first 3"), "{cut}");
    assert!(cut.ok().contains("sub-3"));
    assert!(whole.stdout.contains("sub-5") && whole.code == 4, "{whole}");
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_the_addresses_that_the_pool_has() {
    let desk = Desk::with_acme().await;
    let ana = desk.user("ana@example.com").await;
    let bob = desk.user("bob@example.com").await;
    let unverified = aws_sdk_cognitoidentityprovider::types::AttributeType::builder().name("email_verified");
    let change = desk.cognito().admin_update_user_attributes().user_pool_id(&desk.pool).username(&bob);
    change.user_attributes(unverified.value("false").build().unwrap()).send().await.unwrap();
    for sub in [&ana, &bob, "gone"] {
        desk.run(&format!("member add {sub} --no-lookup --tenant acme --role viewer")).ok();
    }

    let page = desk.run("member list --tenant acme");
    let without = desk.run("member list --tenant acme --no-addresses");
    let alone = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "")];
    desk.run_with("table create --local t.db", &alone, "").ok();
    desk.run_with("tenant create acme --name Acme --tier pro --local t.db", &alone, "").ok();
    desk.run_with("member add sub-1 --tenant acme --role viewer --local t.db", &alone, "").ok();
    let local = desk.run_with("member list --tenant acme --local t.db", &alone, "");
    let members = desk.json("member list --tenant acme")["members"].clone();

    for shown in ["ana@example.com", "bob@example.com (not verified)", "e-mail: -"] {
        assert!(page.stdout.contains(shown), "{shown}: {page}");
    }
    assert!(page.stderr.is_empty(), "{page}");
    assert!(!without.stdout.to_lowercase().contains("e-mail") && without.stderr.is_empty(), "{without}");
    assert!(local.stderr.contains("--local has no user pool"), "{local}");
    assert!(!local.ok().to_lowercase().contains("e-mail"));
    let of = |sub: &str| members.as_array().unwrap().iter().find(|member| member["sub"] == sub).unwrap();
    assert_eq!((&of(&ana)["email"], &of(&ana)["emailVerified"]), (&json!("ana@example.com"), &json!(true)));
    assert_eq!((&of(&bob)["email"], &of(&bob)["emailVerified"]), (&json!("bob@example.com"), &json!(false)));
    assert_eq!((&of("gone")["email"], &of("gone")["emailVerified"]), (&json!(null), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_refuses_is_asked_once_and_the_list_says_why_it_has_no_addresses() {
    let desk = Desk::with_acme().await;
    for sub in ["sub-1", "sub-2", "sub-3"] {
        desk.run(&format!("member add {sub} --no-lookup --tenant acme --role viewer")).ok();
    }
    let (url, calls) = serve(Box::new(|_, _, _| (400, error("AccessDeniedException"))));
    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];

    let refused = desk.run_with("member list --tenant acme", &endpoint, "");
    let limited = desk.run_with("member list --tenant acme --limit 2 --no-addresses", &endpoint, "");

    let lines: Vec<&str> = refused.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{refused}");
    assert!(
        lines[0].contains("the e-mail addresses of pool") && lines[0].contains("AccessDenied"),
        "{refused}"
    );
    assert_eq!(calls.of("ListUsers"), 1);
    limited.ok();
    let page = refused.ok();
    assert!(page.contains("sub-3") && !page.to_lowercase().contains("e-mail"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_added_by_hand_gets_the_tenant_in_the_next_token() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;

    desk.run("member add ana@example.com --tenant acme --role admin").ok();

    let records = desk.records(&sub).await;
    assert!(records.is_active_in(&"acme".parse().unwrap()));
    assert_eq!(records.profile.default_tenant.unwrap().as_str(), "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_keeps_the_default_in_the_profile_and_no_invite_brings_them_back() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    desk.run("member remove ana@example.com --tenant acme --yes").ok();
    let invite = desk.json("invite create --tenant acme");

    let joined = desk.try_redeem(invite["code"].as_str().unwrap(), &sub, None).await;

    assert!(!joined);
    assert_eq!(desk.json(&format!("member show {sub}"))["defaultTenant"], "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_verified_gives_nobody_rights() {
    let desk = Desk::with_acme().await;
    let cognito = desk.cognito();
    let signed_up =
        cognito.sign_up().client_id(&desk.client).username("ceo@example.com").password("Correct-horse-1");
    let address = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name("email")
        .value("ceo@example.com");
    let signed_up = signed_up.user_attributes(address.build().unwrap()).send().await.unwrap();

    let refused = desk.run("member add ceo@example.com --tenant acme --role admin").fails(3);
    let meant = desk.run(&format!("member add {} --tenant acme --role admin", signed_up.user_sub()));
    let roles = desk.run("member set-roles ceo@example.com --tenant acme --role owner").fails(3);
    let default = desk.run("member set-default ceo@example.com --tenant acme").fails(3);
    desk.run(&format!("member suspend {} --tenant acme --yes", signed_up.user_sub())).ok();
    let resumed = desk.run("member resume ceo@example.com --tenant acme").fails(3);

    assert!(
        refused.contains("has not verified this address") && refused.contains("UNCONFIRMED"),
        "{refused}"
    );
    assert!(refused.contains(signed_up.user_sub()) && roles.contains("has not verified"), "{refused}{roles}");
    assert!(
        default.contains("has not verified") && resumed.contains("has not verified"),
        "{default}{resumed}"
    );
    meant.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_user_took_as_the_username_gives_them_no_rights() {
    let mut desk = Desk::with_acme().await;
    let free_usernames = PoolSettings { email_usernames: false, ..PoolSettings::default() };
    desk.pool = desk.stack.cognito().create_pool(free_usernames);
    let attribute = |name: &str, value: &str| {
        aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
            .name(name)
            .value(value)
            .build()
            .unwrap()
    };
    let eve = desk.cognito().admin_create_user().user_pool_id(&desk.pool).username("ceo@example.com");
    let eve = eve.user_attributes(attribute("email", "eve@example.com"));
    eve.user_attributes(attribute("email_verified", "true")).send().await.unwrap();
    let refused = |line: &str| {
        let said = desk.run(line).fails(3);
        assert!(said.contains("has this text as the username"), "{line}: {said}");
    };

    refused("member add ceo@example.com --tenant acme --role admin");
    desk.run("member add eve@example.com --tenant acme --role viewer").ok();
    refused("member set-roles ceo@example.com --tenant acme --role owner");
    refused("member set-default ceo@example.com --tenant acme");
    desk.run("member suspend eve@example.com --tenant acme --yes").ok();
    refused("member resume ceo@example.com --tenant acme");

    let member = desk.json("member list --tenant acme")["members"][0].clone();
    assert_eq!((&member["status"], &member["roles"]), (&json!("suspended"), &json!(["viewer"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_again_or_given_roles_in_an_offboarded_tenant() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    desk.run("member suspend ana@example.com --tenant acme --yes").ok();
    desk.run("tenant offboard acme --yes").ok();

    for line in ["member resume SUB --tenant acme", "member set-roles SUB --tenant acme --role owner"] {
        let line = format!("{} --output json", line.replace("SUB", &sub));
        let refused = desk.run(&line).fails(3);
        assert!(refused.contains(r#""code":"tenant-offboarded""#), "{line}: {refused}");
    }

    assert_eq!(desk.json("member list --tenant acme")["members"][0]["status"], "suspended");
    desk.run(&format!("member remove {sub} --tenant acme --yes")).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_with_odd_remarks_can_still_be_ended() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    desk.set_text(&format!("USER#{}#{sub}", desk.pool), "TENANT#acme", "inviteRef", "by hand").await;

    desk.run("member remove ana@example.com --tenant acme --yes").ok();

    assert_eq!(desk.json("member list --tenant acme")["members"][0]["status"], "removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn support_sees_what_stands_in_the_way() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    desk.run("invite create --tenant globex --email ana@example.com").ok();
    desk.run("tenant suspend acme --yes").ok();

    let page = desk.run("member show ana@example.com");

    assert_page!(page);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_tenant_is_chosen_among_active_memberships() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    let stranger = desk.run("member set-default ana@example.com --tenant globex").fails(3);
    desk.run("member add ana@example.com --tenant globex --role viewer").ok();

    desk.run("member set-default ana@example.com --tenant globex").ok();

    assert!(stranger.contains("is no member of `globex`"), "{stranger}");
    let shown = desk.json(&format!("member show {sub}"));
    assert_eq!(shown["defaultTenant"], "globex");
    let chosen: Vec<_> =
        shown["memberships"].as_array().unwrap().iter().map(|m| (&m["tenant"], &m["isDefault"])).collect();
    assert_eq!(chosen, [(&json!("acme"), &json!(false)), (&json!("globex"), &json!(true))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_with_sign_out_cannot_refresh() {
    let desk = Desk::with_acme().await;
    desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    let refresh_token = desk.sign_in("ana@example.com").await;
    assert!(desk.refresh(&refresh_token).await);

    let removed = desk.run("member remove ana@example.com --tenant acme --sign-out --yes").ok();

    assert!(removed.contains("refresh tokens are revoked"), "{removed}");
    assert!(!desk.refresh(&refresh_token).await);
    assert_eq!(actions(&desk), ["tenant.create", "member.add", "member.remove", "member.sign-out"]);
}

/// What the audit of `acme` names, sorted by kind: items of one second may come in any order.
fn actions(desk: &Desk) -> Vec<String> {
    let audit = desk.json("audit list --tenant acme");
    let mut actions: Vec<String> = Vec::new();
    for item in audit["audit"].as_array().unwrap() {
        actions.push(item["action"].as_str().unwrap().to_owned());
    }
    let order = ["tenant.create", "member.add", "member.suspend", "member.remove", "member.sign-out"];
    actions.sort_by_key(|action| order.iter().position(|known| known == action));
    actions
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_of_a_member_who_was_removed_before_is_no_nothing() {
    let desk = Desk::with_acme().await;
    desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    desk.run("member remove ana@example.com --tenant acme --yes").ok();

    let line = "member remove ana@example.com --tenant acme --sign-out --yes";
    let planned = desk.json(&format!("{line} --dry-run"));
    let said = desk.run(line).ok();

    assert_eq!((&planned["changed"], planned["writes"].as_array().unwrap().len()), (&json!(true), 1));
    assert!(said.contains("was already removed from") && said.contains("are revoked"), "{said}");
    assert!(!said.contains("Nothing to do"), "{said}");
    assert_eq!(actions(&desk), ["tenant.create", "member.add", "member.remove", "member.sign-out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_that_fails_is_told_and_can_be_repeated() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();
    let line = format!("member remove {sub} --no-lookup --tenant acme --sign-out --yes");

    let dead = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")];
    let half = desk.run_with(&line, &dead, "").fails(1);
    let whole = desk.run(&line);

    assert!(half.contains("is now removed from `acme`, but was not signed out"), "{half}");
    assert!(half.contains("Run the same command again"), "{half}");
    whole.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_pool_to_ask_a_user_is_a_sub() {
    let desk = Desk::without_table().await;
    let alone = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", ""), ("TENANCY_TABLE", "")];
    for line in ["table create", "tenant create acme --name Acme --tier pro"] {
        desk.run_with(&format!("{line} --local t.db"), &alone, "").ok();
    }

    desk.run_with("member add sub-1 --tenant acme --role admin --local t.db", &alone, "").ok();
    let mail = desk.run_with("member add ana@example.com --tenant acme --local t.db", &alone, "").fails(2);
    let poolless = [alone[0], alone[1], ("USER_POOL_ID", "")];
    let found = desk.run_with("member show sub-1 --tenant acme --local t.db", &poolless, "").ok();

    assert!(mail.contains("give the sub"), "{mail}");
    assert!(found.contains(&desk.pool), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_with_which_another_begins_is_found_alone_in_a_tenant() {
    let desk = Desk::with_acme().await;
    for sub in ["sub-1", "sub-10"] {
        desk.run(&format!("member add {sub} --no-lookup --tenant acme --role viewer")).ok();
    }

    let poolless = [("USER_POOL_ID", "")];
    let shown = desk.run_with("member show sub-1 --tenant acme --output json", &poolless, "").ok();

    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["sub"], "sub-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_no_token_can_carry_are_not_given() {
    let desk = Desk::with_acme().await;
    desk.user("ana@example.com").await;
    let roles = many(0..101, |n| format!(" --role r{n}"));

    let refused = desk.run(&format!("member add ana@example.com --tenant acme{roles}")).fails(3);

    assert!(refused.contains("no token could be issued with this change"), "{refused}");
    assert_eq!(desk.json("member list --tenant acme")["members"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_on_one_member_none_writes_over_the_other() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role admin").ok();

    let runs = desk
        .at_once(&[
            &format!("member set-roles {sub} --tenant acme --role viewer"),
            &format!("member suspend {sub} --tenant acme --yes"),
        ])
        .await;

    let member = desk.json("member list --tenant acme")["members"][0].clone();
    let won = runs.iter().filter(|run| run.code == 0).count();
    assert_eq!(member["version"], 1 + won, "{runs:?}");
    assert!(
        runs.iter().all(|run| run.code == 0 || run.stderr.contains("has changed since it was read")),
        "{runs:?}"
    );
}
