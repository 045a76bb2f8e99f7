//! `tenantctl tenant`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tenancy::{ClientBindingMode, InviteCode, PoolId, Timestamp, UserKey};
use tenancy_aws::operator::{Change, NewInvite, Operator, OperatorError, ProviderTerms, TenantEdit};

use crate::assert_page;
use crate::support::{Desk, many};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_shown_and_listed() {
    let desk = Desk::new().await;

    let pages = [
        "tenant create acme --name 'Acme Corporation' --tier pro",
        "tenant create globex --name Globex --tier free --slug globex-inc",
        "tenant roles set acme admin --group acme-admins --group auditors --iam-role arn:aws:iam::123456789012:role/acme",
        "tenant show acme",
        "tenant show globex-inc",
        "tenant list",
        "tenant list --tier free",
        "tenant list --status suspended",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(line)));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn json_holds_the_same_for_scripts() {
    let desk = Desk::with_acme().await;

    let mut shown = desk.json("tenant show acme");
    let made = shown["createdAt"].take();

    assert!(made.as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "id": "acme", "name": "Acme Corporation", "slug": "acme", "tier": "pro", "status": "active",
        "roles": {}, "cell": null, "pools": [], "clientId": null, "identityProvider": null,
        "version": 1, "createdAt": null,
    });
    assert_eq!(shown, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_slugs_are_unique() {
    let desk = Desk::with_acme().await;

    let same_id = desk.run("tenant create acme --name Other --tier free --slug other").fails(3);
    let same_slug = desk.run("tenant create other --name Other --tier free --slug acme").fails(3);
    let renamed = desk.run("tenant create other --name Other --tier free").ok();
    let taken = desk.run("tenant rename other --slug acme").fails(3);

    assert!(same_id.contains("there is a tenant `acme` already"), "{same_id}");
    assert!(same_slug.contains("the slug `acme` belongs to tenant `acme`"), "{same_slug}");
    assert!(renamed.contains("`other`"));
    assert!(taken.contains("the slug `acme` belongs to tenant `acme`"), "{taken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_that_was_given_up_is_free() {
    let desk = Desk::with_acme().await;

    desk.run("tenant rename acme --slug acme-corp --name Acme").ok();
    desk.run("tenant create other --name Other --tier free --slug acme").ok();

    assert_eq!(desk.json("tenant show acme-corp")["id"], "acme");
    assert_eq!(desk.json("tenant show other")["slug"], "acme");
    assert_eq!(desk.json("tenant show acme-corp")["name"], "Acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_items_and_writes_none() {
    let desk = Desk::with_acme().await;
    let before = desk.items().await;

    let pages =
        ["tenant set-tier acme enterprise --dry-run", "tenant create new --name New --tier free --dry-run"]
            .map(|line| desk.run(line).ok());

    assert_page!(pages.concat());
    assert_eq!(desk.items().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_so_already_writes_nothing() {
    let desk = Desk::with_acme().await;
    let before = desk.items().await;

    let same = desk.json("tenant set-tier acme pro");

    assert_eq!(same["changed"], false);
    assert_eq!(desk.items().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_can_be_resumed_and_an_offboarded_one_cannot() {
    let desk = Desk::with_acme().await;

    let unasked = desk.run("tenant suspend acme").fails(2);
    desk.run("tenant suspend acme --yes").ok();
    let suspended = desk.json("tenant show acme")["status"].clone();
    desk.run("tenant resume acme").ok();
    desk.run("tenant offboard acme --yes").ok();
    let over = desk.run("tenant resume acme").fails(3);

    assert!(unasked.contains("--yes"), "{unasked}");
    assert_eq!(suspended, "suspended");
    assert!(over.contains("offboarded, which is final"), "{over}");
    desk.run("tenant offboard acme").ok();
    assert!(desk.run("tenant create acme --name Again --tier pro").fails(3).contains("never used again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_never_be_issued_is_refused() {
    let desk = Desk::with_acme().await;
    let groups = many(0..101, |n| format!(" --group g{n}"));
    let long = many(0..70, |n| format!(" --group {}{n:02}", "g".repeat(60)));

    let many = desk.run(&format!("tenant roles set acme admin{groups}")).fails(3);
    let large = desk.run(&format!("tenant roles set acme admin{long}")).fails(3);
    let allowed = desk.run(&format!("tenant roles set acme admin{long} --set CLAIM_BYTES_MAX=8192"));
    let reserved = desk.run("tenant roles set acme admin --group eu-west-1_AbCdEf123_Google").fails(3);
    let tiny = desk.run("tenant create tiny --name Tiny --tier free --set CLAIM_BYTES_MAX=64").fails(3);

    assert!(many.contains("101 groups, and at most 100"), "{many}");
    assert!(large.contains("(CLAIM_BYTES_MAX)"), "{large}");
    assert!(reserved.contains("is reserved by Cognito"), "{reserved}");
    assert!(tiny.contains("no token could be issued with this change"), "{tiny}");
    allowed.ok();
}

/// Measured on the local stack: 64 groups of 56 characters give an access token of 6,378 characters, an ID token of 6,425.
#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_and_gateways_do_not_take_is_named_and_allowed() {
    let desk = Desk::with_acme().await;
    let groups = many(0..64, |n| format!(" --group {}{n:02}", "g".repeat(54)));
    let more = many(0..100, |n| format!(" --group {}{n:03}", "h".repeat(61)));

    let large = desk.run(&format!("tenant roles set acme admin{groups}"));
    let small = desk.run("tenant roles set acme viewer --group acme-viewers");
    let largest = desk.json(&format!("tenant roles set acme auditor{more} --set CLAIM_BYTES_MAX=8192"));
    let added = desk.run("member add sub-1 --no-lookup --tenant acme --role viewer --role admin");
    let page = desk.run("tenant roles show acme").ok();

    let cookie = "too large for a browser's cookie (4,096). Use fewer or shorter groups";
    assert!(large.stderr.contains("the role admin has about 6,") && large.stderr.contains(cookie), "{large}");
    assert!(
        added.stderr.contains("the roles viewer, admin has about 6,") && added.stderr.contains(cookie),
        "{added}"
    );
    assert!(small.stderr.is_empty(), "{small}");
    large.ok();
    let too_large: Vec<&str> = largest["token"]["tooLargeFor"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ceiling| ceiling["name"].as_str().unwrap())
        .collect();
    assert_eq!(too_large, ["cookie", "nginx", "api-gateway"]);
    let roles = &desk.json("tenant roles show acme")["roles"];
    let estimate = roles["admin"]["token"]["estimatedBytes"].as_u64().unwrap();
    assert!((6_378..=7_000).contains(&estimate), "{estimate}");
    assert_eq!(roles["viewer"]["token"]["tooLargeFor"], json!([]));
    assert!(page.contains("Warning: a token of a member with the role admin has about"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_off_follows_the_format_again() {
    let desk = Desk::with_acme().await;
    desk.run("tenant roles set acme admin --group acme-admins").ok();

    desk.run("tenant roles unset acme admin").ok();

    assert_eq!(desk.json("tenant roles show acme")["roles"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_of_a_role_stays_and_the_audit_tells_what_was_changed() {
    let desk = Desk::with_acme().await;
    desk.run("tenant roles set acme admin --group acme-admins").ok();
    Desk::wait_a_second();
    desk.run("tenant roles set acme admin --iam-role arn:aws:iam::123456789012:role/acme").ok();
    Desk::wait_a_second();
    desk.run("tenant roles set acme admin --no-iam-role").ok();

    let role = desk.json("tenant roles show acme")["roles"]["admin"].clone();
    assert_eq!(role["groups"], json!(["acme-admins"]));
    assert!(role["iamRole"].is_null(), "{role}");
    let audit = desk.json("audit list --tenant acme");
    let details: Vec<&str> =
        audit["audit"].as_array().unwrap().iter().filter_map(|a| a["detail"].as_str()).collect();
    let arn = "arn:aws:iam::123456789012:role/acme";
    assert_eq!(
        details,
        [
            "role admin (not listed) -> [acme-admins]".to_owned(),
            format!("role admin [acme-admins] -> [acme-admins] with {arn}"),
            format!("role admin [acme-admins] with {arn} -> [acme-admins]"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_can_be_given_back_and_taken_again() {
    let desk = Desk::with_acme().await;

    desk.run("tenant rename acme --slug other").ok();
    desk.run("tenant rename acme --slug acme").ok();

    assert_eq!(desk.json("tenant show acme")["slug"], "acme");
    desk.run("tenant create other --name Other --tier free").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_slug_is_odd_can_still_be_suspended() {
    let desk = Desk::with_acme().await;
    desk.set_text("TENANT#acme", "META", "slug", "Ä B").await;

    desk.run("tenant suspend acme --yes").ok();

    assert_eq!(desk.json("tenant show acme")["status"], "suspended");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_at_once_one_wins_and_the_other_is_told() {
    let desk = Desk::with_acme().await;

    let runs = desk
        .at_once(&["tenant set-tier acme gold", "tenant set-tier acme silver", "tenant rename acme --name X"])
        .await;

    let won = runs.iter().filter(|run| run.code == 0).count();
    assert!(won >= 1, "{runs:?}");
    for run in runs.iter().filter(|run| run.code != 0) {
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains("has changed since it was read; check it and retry"), "{run}");
    }
    // Each that won is one version and one audit item more.
    assert_eq!(desk.json("tenant show acme")["version"], 1 + won);
    assert_eq!(desk.json("audit list --tenant acme")["audit"].as_array().unwrap().len(), 1 + won);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_read_before_is_not_written_over() {
    let desk = Desk::with_acme().await;
    let operator = Operator::new(desk.dynamodb(), "tenancy".to_owned(), "bob".to_owned());
    let read = operator.tenant(&"acme".parse().unwrap()).await.unwrap();
    desk.run("tenant set-tier acme gold").ok();

    let edit = TenantEdit { name: Some("Bob's".parse().unwrap()), ..Default::default() };
    let change = operator.edit_tenant(&read, edit, "tenant.rename", Timestamp::default()).await.unwrap();
    let error = operator.apply(change, "tenant `acme`").await.unwrap_err();

    assert!(
        error
            .to_string()
            .starts_with("nothing was written, because tenant `acme` has changed since it was read"),
        "{error}"
    );
    assert_eq!(desk.json("tenant show acme")["name"], "Acme Corporation");
}

/// An operator, and what they plan for `acme`: everything that only an active tenant may get.
async fn planned() -> (Desk, Operator, Vec<(&'static str, Change)>) {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    for line in [
        "member add sub-1 --no-lookup --tenant globex --role viewer",
        "member add sub-1 --no-lookup --tenant acme --role viewer",
        "member add sub-2 --no-lookup --tenant acme --role viewer",
        "member suspend sub-2 --no-lookup --tenant acme --yes",
        "invite create --tenant acme --email ana@example.com",
    ] {
        desk.run(line).ok();
    }
    // Its place names them already, so that only the bindings are written.
    desk.set_text("TENANT#acme", "META", "clientId", "own").await;
    desk.set_text("TENANT#acme", "META", "provider", "Own").await;
    let operator = Operator::new(desk.dynamodb(), "tenancy".to_owned(), "bob".to_owned());
    let acme = operator.tenant(&"acme".parse().unwrap()).await.unwrap();
    let pool: PoolId = desk.pool.parse().unwrap();
    let user = async |sub: &str| {
        operator.user(&UserKey { pool: pool.clone(), sub: sub.parse().unwrap() }).await.unwrap()
    };
    let (member, suspended, stranger) = (user("sub-1").await, user("sub-2").await, user("sub-3").await);
    let sent = operator.invite_of_address(&acme.tenant.id, &"ana@example.com".parse().unwrap()).await;
    let sent = sent.unwrap().unwrap();
    let now = Timestamp::default();
    let roles = ["admin".parse().unwrap()];
    let terms = ProviderTerms { joins: true, default_roles: roles.to_vec(), is_email_trusted: false };
    let invite = NewInvite {
        tenant: acme.tenant.id.clone(),
        email: None,
        roles: roles.to_vec(),
        max_uses: 1,
        expires_at: now.plus_seconds(60),
    };
    let mode = ClientBindingMode::Required;
    let code = |byte: u8| InviteCode::from_random([byte; 26]);

    let plans = [
        ("client bind", operator.bind_client(&acme, &pool, &"app".parse().unwrap(), mode, now).await),
        ("own client", operator.bind_own_client(&acme, &pool, &"own".parse().unwrap(), now).await),
        ("idp bind", operator.bind_provider(&acme, &pool, &"Okta".parse().unwrap(), &terms, now).await),
        ("own idp", operator.bind_own_provider(&acme, &pool, &"Own".parse().unwrap(), &terms, now).await),
        ("domain set", operator.set_mail_domain(&acme, &"acme.com".parse().unwrap(), true, now).await),
        ("invite create", operator.create_invite(&acme, &invite, &code(1), now).await),
        ("invite resend", operator.resend_invite(&acme, &sent, &code(2), invite.expires_at, now).await),
        ("member add", operator.add_member(&acme, &stranger, &roles, None, now)),
        ("member set-roles", operator.set_member_roles(&member, &acme, &roles, now)),
        ("member resume", operator.resume_member(&suspended, &acme, now)),
        ("member set-default", operator.set_default_tenant(&member, &acme, now)),
    ];
    let plans = plans.map(|(what, plan)| (what, plan.unwrap()));
    (desk, operator, plans.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_in_an_active_tenant_is_not_written_after_it_was_offboarded() {
    let (desk, operator, plans) = planned().await;
    desk.run("tenant offboard acme --yes").ok();
    for (what, plan) in plans {
        let applied = operator.apply(plan, "the tenant").await;
        assert!(matches!(applied, Err(OperatorError::Overtaken(_))), "{what}: {applied:?}");
    }

    // Otherwise each of them is written.
    let count = planned().await.2.len();
    for number in 0..count {
        let (_desk, operator, mut plans) = planned().await;
        let (what, plan) = plans.remove(number);
        operator.apply(plan, "the tenant").await.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tenant_is_named_and_hides_no_other() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    desk.set_text("TENANT#acme", "META", "status", "Active").await;

    let list = desk.run("tenant list");

    assert_eq!(list.code, 4);
    assert!(
        list.stdout.contains("globex") && list.stdout.contains("damaged item TENANT#acme / META"),
        "{list}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_in_the_public_list_until_it_is_taken_out_or_ends() {
    let desk = Desk::with_acme().await;
    let listed = async |slug: &str| {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let read =
            desk.dynamodb().get_item().table_name("tenancy").key("pk", key("LISTED")).key("sk", key(slug));
        let item = read.consistent_read(true).send().await.unwrap().item;
        item.and_then(|item| item["name"].as_s().ok().cloned())
    };

    desk.run("tenant publish acme").ok();
    desk.run("tenant publish acme").ok();
    assert_eq!(listed("acme").await, Some("Acme Corporation".to_owned()));
    desk.run("tenant rename acme --name Acme2").ok();
    assert_eq!(listed("acme").await, Some("Acme2".to_owned()), "the list shows the name of today");
    desk.run("tenant rename acme --slug acme-inc").ok();
    assert_eq!((listed("acme").await, listed("acme-inc").await), (None, Some("Acme2".to_owned())));
    desk.run("tenant unpublish acme").ok();
    assert_eq!(listed("acme-inc").await, None);
    desk.run("tenant publish acme").ok();
    desk.run("tenant offboard acme --yes").ok();
    assert_eq!(listed("acme-inc").await, None);
    desk.run("tenant publish acme").fails(3);
}
