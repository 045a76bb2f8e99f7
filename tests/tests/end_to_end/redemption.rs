//! Redemption on a real DynamoDB engine: what is written, what is refused, and what many at once make of it.

use crate::support::{CODE, EMAIL, POOL, SUB, World, items};
use dev_stack::Invocation;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// A confirmation of user `sub`, whose address is verified.
fn confirmation(sub: &str, email: &str, code: Option<&str>) -> String {
    let mut event = json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "region": "eu-west-1", "userPoolId": POOL,
        "userName": sub, "callerContext": { "awsSdkVersion": "3", "clientId": "client1" },
        "request": { "userAttributes": { "sub": sub, "email": email, "email_verified": "true" } }, "response": {},
    });
    if let Some(code) = code {
        event["request"]["clientMetadata"] = json!({ "inviteCode": code });
    }
    event.to_string()
}

fn sign_in(sub: &str, metadata: &Value) -> String {
    json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1", "userPoolId": POOL,
        "userName": sub, "callerContext": { "awsSdkVersion": "3", "clientId": "client1" },
        "request": {
            "userAttributes": { "sub": sub, "email": EMAIL, "email_verified": "true" },
            "groupConfiguration": { "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null },
            "clientMetadata": metadata, "scopes": [],
        },
        "response": { "claimsAndScopeOverrideDetails": null },
    })
    .to_string()
}

async fn world_with_invite(max_uses: u64) -> World {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    world.put(items::invite(CODE, "acme", &["viewer", "editor"], max_uses)).await;
    world
}

/// What confirmations at the same time are answered.
async fn outcomes(world: &World, events: impl Iterator<Item = String>) -> Vec<Invocation> {
    let outcomes =
        join_all(events.map(async |event| world.invoke_patiently(POST_CONFIRMATION, event).await)).await;
    for report in world.reports(POST_CONFIRMATION, outcomes.len()).await {
        let cause = report["cause"].as_str();
        assert!(
            cause.is_none_or(|cause| cause.contains("timed out")),
            "only a busy machine is excused: {report}"
        );
    }
    outcomes
}

fn user() -> String {
    format!("USER#{POOL}#{SUB}")
}

#[tokio::test]
async fn a_redemption_leaves_every_record_that_is_published() {
    let world = world_with_invite(3).await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;

    let hash = items::hash(CODE);
    let member = world.item(&user(), "TENANT#acme").await.unwrap();
    let joined_at = member["joinedAt"].as_u64().unwrap();
    assert_eq!(
        member,
        json!({
            "pk": user(), "sk": "TENANT#acme", "et": "member", "v": 1, "tid": "acme", "roles": ["viewer", "editor"],
            "status": "active", "inviteRef": hash, "stamp": "pending", "username": SUB, "ver": 1, "joinedAt": joined_at,
            "gsi1pk": "TENANT#acme", "gsi1sk": format!("MEMBER#{SUB}"),
        }),
        "there is no such user in Cognito here, so the stamp is pending"
    );
    assert_eq!(
        world.item(&user(), "PROFILE").await.unwrap(),
        json!({ "pk": user(), "sk": "PROFILE", "et": "profile", "v": 1, "defaultTid": "acme", "ver": 1 })
    );
    let usage = world.item(&format!("INVITE#{hash}"), &format!("USE#{POOL}#{SUB}")).await.unwrap();
    assert_eq!(
        (&usage["tid"], &usage["at"], &usage["et"]),
        (&json!("acme"), &json!(joined_at), &json!("use"))
    );
    assert_eq!(usage["ttl"], json!(items::FAR + 2_592_000), "30 days after the invite expires");
    assert_eq!(world.item(&format!("INVITE#{hash}"), "META").await.unwrap()["uses"], 1);
    let items = world.items().await;
    let audits: Vec<&Value> = items.values().filter(|item| item["et"] == "audit").collect();
    assert_eq!(audits.len(), 1);
    assert_eq!(audits[0]["action"], "invite.redeem");
    assert_eq!(audits[0]["actor"], format!("user:{POOL}:{SUB}"));
    assert_eq!(audits[0]["outcome"], "joined");
    assert!(audits[0]["requestId"].as_str().is_some_and(|id| id.len() == 36), "{:?}", audits[0]);
}

#[tokio::test]
async fn the_same_event_again_changes_nothing_and_succeeds() {
    let world = world_with_invite(1).await;
    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;
    let before = world.items().await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;
    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await;
    world.answer(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({ "inviteCode": CODE }))).await;

    assert_eq!(world.items().await, before);
}

#[tokio::test]
async fn fifty_users_for_one_use_give_one_member() {
    let world = world_with_invite(1).await;

    let events = (0..50).map(|user| confirmation(&format!("user-{user}"), EMAIL, Some(CODE)));
    let outcomes = outcomes(&world, events).await;

    let joined = outcomes.iter().filter(|outcome| matches!(outcome, Invocation::Ok(_))).count();
    let refused =
        outcomes.iter().filter_map(Invocation::error).filter(|e| e.error_type == "INVITE_REQUIRED").count();
    assert_eq!((joined, refused), (1, 49));
    assert_eq!((world.count("USER#", "TENANT#").await, world.count("INVITE#", "USE#").await), (1, 1));
    assert_eq!(world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap()["uses"], 1);
}

#[tokio::test]
async fn one_user_three_times_at_once_is_one_member_and_one_use() {
    let world = world_with_invite(10).await;

    let events = (0..3).map(|_| confirmation(SUB, EMAIL, Some(CODE)));
    let outcomes = join_all(events.map(|event| world.invoke(POST_CONFIRMATION, event))).await;

    assert!(outcomes.iter().all(|outcome| matches!(outcome, Invocation::Ok(_))), "{outcomes:?}");
    assert_eq!((world.count("USER#", "TENANT#").await, world.count("INVITE#", "USE#").await), (1, 1));
    assert_eq!(world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap()["uses"], 1);
    assert_eq!(world.count("TENANT#acme", "AUDIT#").await, 1);
}

#[tokio::test]
async fn calls_of_one_user_at_once_all_succeed_on_an_invite_for_one_use() {
    let bound = |code: &str| items::invite_of(EMAIL, code, "acme", &["viewer"], 1_700_000_000);
    for round in 0..12 {
        for (way, code) in [("by code", Some(CODE)), ("by address", None)] {
            for function in [POST_CONFIRMATION, PRE_TOKEN_GENERATION] {
                let world = World::start().await;
                world.put(items::tenant("acme")).await;
                world.put_all(bound(CODE)).await;
                let event = || match function {
                    POST_CONFIRMATION => confirmation(SUB, EMAIL, code),
                    _ => sign_in(SUB, &json!({ "inviteCode": code })),
                };

                let outcomes = join_all((0..4).map(|_| world.invoke(function, event()))).await;

                assert!(
                    outcomes.iter().all(|outcome| matches!(outcome, Invocation::Ok(_))),
                    "{function} {way}, round {round}: {outcomes:?}"
                );
                assert_eq!(
                    (world.count("USER#", "TENANT#").await, world.count("INVITE#", "USE#").await),
                    (1, 1)
                );
            }
        }
    }
}

#[tokio::test]
async fn a_blank_code_or_tenant_of_an_empty_form_field_counts_as_none() {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    world.put_all(items::invite_of(EMAIL, CODE, "acme", &["viewer"], 1_700_000_000)).await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(" "))).await;
    world.answer(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({ "inviteCode": "", "tenantId": "" }))).await;

    assert_eq!(world.count("USER#", "TENANT#acme").await, 1, "by the address");
}

#[tokio::test]
async fn an_old_pointer_without_dates_counts_as_the_newest() {
    let world = World::start().await;
    let newer = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    for (tenant, code, made) in [("acme", CODE, 1_700_000_000), ("globex", newer, 1_700_000_001)] {
        world.put(items::tenant(tenant)).await;
        world.put_all(items::invite_of(EMAIL, code, tenant, &["viewer"], made)).await;
    }
    let undated = json!({ "createdAt": null, "expiresAt": null, "ttl": null });
    world.put(items::but(items::pointer(EMAIL, "acme", CODE), undated)).await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await;

    assert!(world.item(&user(), "TENANT#globex").await.is_some());
    assert_eq!(world.count("USER#", "TENANT#").await, 1);
}

#[tokio::test]
async fn a_member_of_one_tenant_accepts_anothers_invite_at_that_tenants_client() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.put(items::tenant(tenant)).await;
    }
    world.put(items::member(POOL, SUB, "acme", &["viewer"])).await;
    world.put(items::profile(POOL, SUB, "acme")).await;
    world.put_all(items::invite_of(EMAIL, CODE, "globex", &["guest"], 1_700_000_000)).await;
    world.put(items::client(POOL, "client1", "globex", "required")).await;

    let reply: Value =
        serde_json::from_str(&world.answer(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({}))).await).unwrap();

    let details = &reply["response"]["claimsAndScopeOverrideDetails"];
    assert_eq!(details["idTokenGeneration"]["claimsToAddOrOverride"]["tenant_id"], "globex");
    let profile = world.item(&user(), "PROFILE").await.unwrap();
    assert_eq!(profile["defaultTid"], "acme", "the default stays");
}

#[tokio::test]
async fn who_signs_up_at_a_tenants_client_is_not_made_a_member_of_another() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.put(items::tenant(tenant)).await;
    }
    world.put_all(items::invite_of(EMAIL, CODE, "globex", &["admin"], 1_700_000_000)).await;
    world.put(items::client(POOL, "client1", "acme", "required")).await;

    assert_eq!(world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await.0, "INVITE_REQUIRED");

    assert_eq!(world.count("USER#", "").await, 0);
    world.put(items::but(items::client(POOL, "client1", "acme", "required"), json!({ "mode": "odd" }))).await;
    let (code, _) = world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await;
    assert_eq!(code, "UNAVAILABLE", "a damaged binding is not guessed");
}

#[tokio::test]
async fn a_damaged_pointer_does_not_stop_a_redemption_by_code() {
    for damage in [
        json!({ "ttl": "soon" }),
        json!({ "createdAt": "today" }),
        json!({ "expiresAt": true }),
        json!({ "h": 7 }),
    ] {
        let world = World::start().await;
        world.put(items::tenant("acme")).await;
        let [invite, pointer] = items::invite_of(EMAIL, CODE, "acme", &["viewer"], 1_700_000_000);
        world.put(invite).await;
        world.put(items::but(pointer, damage.clone())).await;

        assert_eq!(
            world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await.0,
            "UNAVAILABLE",
            "{damage}"
        );
        world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;

        assert_eq!(world.count("USER#", "TENANT#acme").await, 1, "{damage}");
    }
}

#[tokio::test]
async fn a_code_that_was_used_before_is_a_success_whatever_became_of_its_invite() {
    let world = world_with_invite(2).await;
    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;
    let invite = items::invite(CODE, "acme", &["viewer"], 2);
    let rows = [
        ("revoked", items::but(invite.clone(), json!({ "status": "revoked" }))),
        ("damaged", items::but(invite.clone(), json!({ "status": "odd" }))),
        ("of an offboarded tenant", items::but(items::tenant("acme"), json!({ "status": "offboarded" }))),
        ("of a damaged tenant", items::but(items::tenant("acme"), json!({ "tier": 7 }))),
    ];

    for (row, changed) in rows {
        world.put(changed).await;
        match world.invoke(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await {
            Invocation::Ok(_) => {}
            other => panic!("{row}: {other:?}"),
        }
    }

    assert_eq!((world.count("USER#", "TENANT#").await, world.count("INVITE#", "USE#").await), (1, 1));
}

#[tokio::test]
async fn an_invite_that_was_used_in_an_offboarded_tenant_hides_no_newer_one() {
    let world = World::start().await;
    let newer = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    for (tenant, code, made) in [("acme", CODE, 1_700_000_000), ("globex", newer, 1_700_000_001)] {
        world.put(items::tenant(tenant)).await;
        let [invite, pointer] = items::invite_of(EMAIL, code, tenant, &["viewer"], made);
        world.put_all([items::but(invite, json!({ "maxUses": 2 })), pointer]).await;
    }
    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await;
    assert!(world.item(&user(), "TENANT#acme").await.is_some());

    world.put(items::but(items::tenant("acme"), json!({ "status": "offboarded" }))).await;
    world.answer(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({}))).await;

    assert!(world.item(&user(), "TENANT#globex").await.is_some());
    let profile = world.item(&user(), "PROFILE").await.unwrap();
    assert_eq!(profile["defaultTid"], "globex");
}

#[tokio::test]
async fn a_user_name_that_is_too_long_is_said_to_be_that() {
    let world = world_with_invite(1).await;
    let mut event: Value = serde_json::from_str(&confirmation(SUB, EMAIL, Some(CODE))).unwrap();
    event["userName"] = json!("x".repeat(129));

    world.answer(POST_CONFIRMATION, event.to_string()).await;

    let lines = world.stack.lambda().logs(POST_CONFIRMATION).unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("stamp.deferred") && line.contains("longer than 128 characters")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn two_hundred_users_on_ten_uses_give_ten_members() {
    let world = world_with_invite(10).await;

    let events = (0..200).map(|user| confirmation(&format!("user-{user}"), EMAIL, Some(CODE)));
    let outcomes = outcomes(&world, events).await;

    let joined = outcomes.iter().filter(|outcome| matches!(outcome, Invocation::Ok(_))).count();
    let refused =
        outcomes.iter().filter_map(Invocation::error).filter(|e| e.error_type == "INVITE_REQUIRED").count();
    assert_eq!((joined, refused), (10, 190));
    assert_eq!((world.count("USER#", "TENANT#").await, world.count("INVITE#", "USE#").await), (10, 10));
    assert_eq!(world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap()["uses"], 10);
}

#[tokio::test]
async fn an_unverified_address_redeems_nothing() {
    let world = world_with_invite(1).await;
    let bound = world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap();
    world.put(items::but(bound, json!({ "email": EMAIL }))).await;
    world.put(items::pointer(EMAIL, "acme", CODE)).await;

    for verified in
        [json!("false"), json!(false), json!("True"), json!("1"), json!(1), json!(null), json!("")]
    {
        for code in [None, Some(CODE)] {
            let mut event: Value = serde_json::from_str(&confirmation(SUB, EMAIL, code)).unwrap();
            event["request"]["userAttributes"]["email_verified"] = verified.clone();
            let (code, _) = world.refusal(POST_CONFIRMATION, event.to_string()).await;
            assert_eq!(code, "INVITE_REQUIRED", "{verified}");
        }
    }
    assert_eq!(world.count("USER#", "").await, 0);
    world.answer(POST_CONFIRMATION, confirmation(SUB, "ANA@example.com", None)).await;
    assert_eq!(world.count("USER#", "TENANT#").await, 1, "the verified address does");
}

#[tokio::test]
async fn a_malformed_code_is_refused_without_a_call() {
    let world = world_with_invite(1).await;

    world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some("inv_nope"))).await;
    world.refusal(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({ "inviteCode": "inv_nope" }))).await;

    for function in [POST_CONFIRMATION, PRE_TOKEN_GENERATION] {
        let report = world.reports(function, 1).await.remove(0);
        assert_eq!(
            (&report["StoreCalls"], &report["reason"]),
            (&json!(0), &json!("malformed_code")),
            "{function}"
        );
    }
}

#[tokio::test]
async fn a_code_at_sign_in_joins_a_further_tenant_and_one_that_redeems_nothing_is_told() {
    let world = world_with_invite(1).await;
    world.put(items::tenant("globex")).await;
    world.put(items::member(POOL, SUB, "globex", &["viewer"])).await;

    let unknown = json!({ "inviteCode": "inv_YYYYYYYYYYYYYYYYYYYYYYYYYY" });
    let (code, _) = world.refusal(PRE_TOKEN_GENERATION, sign_in(SUB, &unknown)).await;
    assert_eq!(code, "INVITE_REQUIRED", "also for a user who has a membership");
    let both = json!({ "inviteCode": CODE, "tenantId": "acme" });
    let reply: Value =
        serde_json::from_str(&world.answer(PRE_TOKEN_GENERATION, sign_in(SUB, &both)).await).unwrap();

    let id =
        &reply["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"];
    assert_eq!(id["tenant_id"], "acme");
    assert_eq!(id["tenant_roles"], json!(["viewer", "editor"]));
}

#[tokio::test]
async fn an_invite_never_revives_a_suspended_or_removed_member() {
    for status in ["suspended", "removed"] {
        let world = world_with_invite(5).await;
        world
            .put(items::but(items::member(POOL, SUB, "acme", &["viewer"]), json!({ "status": status })))
            .await;

        let (code, _) = world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;

        assert_eq!(code, "INVITE_REQUIRED");
        assert_eq!(world.item(&user(), "TENANT#acme").await.unwrap()["status"], status);
        assert_eq!(world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap()["uses"], 0);
    }
}

#[tokio::test]
async fn an_active_member_gets_the_roles_of_a_further_invite() {
    let world = world_with_invite(5).await;
    world.put(items::member(POOL, SUB, "acme", &["admin", "viewer"])).await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;

    let member = world.item(&user(), "TENANT#acme").await.unwrap();
    assert_eq!((&member["roles"], &member["ver"]), (&json!(["admin", "viewer", "editor"]), &json!(2)));
}

#[tokio::test]
async fn uninvited_users_are_admitted_where_the_setting_says_so() {
    let world = World::with_settings(&[("UNINVITED", "admit")]).await;

    for code in [None, Some(CODE), Some("inv_nope")] {
        world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, code)).await;
    }

    assert_eq!(world.count("USER#", "").await, 0, "and are in no tenant");
}

#[tokio::test]
async fn another_pool_is_refused_before_a_call() {
    let world = World::with_settings(&[("USER_POOL_IDS", "eu-west-1_OTHER0001, eu-west-1_OTHER0002")]).await;
    let reset = confirmation(SUB, EMAIL, None).replace("ConfirmSignUp", "ConfirmForgotPassword");

    for (function, event) in [
        (POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))),
        (POST_CONFIRMATION, reset),
        (PRE_TOKEN_GENERATION, sign_in(SUB, &json!({}))),
    ] {
        let (code, _) = world.refusal(function, event).await;
        assert_eq!(code, "UNAVAILABLE");
    }

    for report in
        [world.reports(POST_CONFIRMATION, 2).await, world.reports(PRE_TOKEN_GENERATION, 1).await].concat()
    {
        assert_eq!((&report["StoreCalls"], &report["reason"]), (&json!(0), &json!("pool_not_allowed")));
    }
}

#[tokio::test]
async fn a_damaged_invite_is_refused_and_never_guessed() {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    let invite = || items::invite(CODE, "acme", &["viewer"], 5);
    let hash = items::hash(CODE);
    let usage = json!({
        "pk": format!("INVITE#{hash}"), "sk": format!("USE#{POOL}#{SUB}"), "et": "use", "v": 1, "tid": "globex",
    });
    let rows = [
        ("of another version", items::but(invite(), json!({ "v": 2 }))),
        ("that is another entity", items::but(invite(), json!({ "et": "use" }))),
        ("of unknown status", items::but(invite(), json!({ "status": "OPEN" }))),
        ("without a status", items::but(invite(), json!({ "status": null }))),
        ("of no tenant", items::but(invite(), json!({ "tid": null }))),
        ("of a tenant that does not exist", items::but(invite(), json!({ "tid": "nowhere" }))),
        ("whose uses are a text", items::but(invite(), json!({ "uses": "0" }))),
        ("without a maximum", items::but(invite(), json!({ "maxUses": null }))),
        ("that never expires", items::but(invite(), json!({ "expiresAt": null }))),
        ("whose expiry is a text", items::but(invite(), json!({ "expiresAt": "2100-01-01" }))),
        ("with a negative maximum", items::but(invite(), json!({ "maxUses": -1 }))),
        ("with an address that is none", items::but(invite(), json!({ "email": "nobody" }))),
        ("with a role of two words", items::but(invite(), json!({ "roles": ["a b"] }))),
        ("whose use is of another tenant", usage.clone()),
        ("whose use is another entity", items::but(usage, json!({ "et": "invite", "tid": "acme" }))),
    ];

    for (row, damaged) in rows {
        world.put(invite()).await;
        world.put(damaged.clone()).await;
        let (code, _) = world.refusal(POST_CONFIRMATION, confirmation(SUB, EMAIL, Some(CODE))).await;
        assert_eq!(code, "UNAVAILABLE", "an invite {row}");
        world.delete(damaged["pk"].as_str().unwrap(), damaged["sk"].as_str().unwrap()).await;
    }

    assert_eq!(world.count("USER#", "").await, 0);
    let reports = world.reports(POST_CONFIRMATION, 15).await;
    assert!(reports.iter().all(|report| report["event"] == "data.integrity"), "{reports:?}");
}

#[tokio::test]
async fn a_damaged_invite_does_not_keep_the_user_from_the_others() {
    let world = World::start().await;
    let codes = [
        ("acme", CODE),
        ("globex", "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ"),
        ("initech", "inv_XXXXXXXXXXXXXXXXXXXXXXXXXX"),
    ];
    // Those of the damaged ones are older.
    for (age, (tenant, code)) in (0..).zip(codes) {
        world.put(items::tenant(tenant)).await;
        world.put_all(items::invite_of(EMAIL, code, tenant, &["viewer"], 1_700_000_000 - age)).await;
    }
    let damaged = items::invite(codes[1].1, "globex", &["viewer"], 1);
    world.put(items::but(damaged, json!({ "status": "unknown", "email": EMAIL }))).await;
    let misled = items::but(items::pointer(EMAIL, "initech", CODE), json!({ "createdAt": 1_600_000_000 }));
    world.put(misled).await;

    world.answer(POST_CONFIRMATION, confirmation(SUB, EMAIL, None)).await;

    assert!(world.item(&user(), "TENANT#acme").await.is_some());
    assert_eq!(
        world.count("USER#", "TENANT#").await,
        1,
        "not globex, and not acme by the pointer of initech"
    );
    let lines = world.stack.lambda().logs(POST_CONFIRMATION).unwrap();
    let noted = lines.iter().filter(|line| line.contains("data.integrity")).count();
    assert_eq!(noted, 2, "{lines:?}");
}

#[tokio::test]
async fn a_user_of_one_pool_is_nobody_in_another() {
    let world = world_with_invite(5).await;
    world.put(items::member("eu-west-1_OTHER0001", SUB, "acme", &["admin"])).await;

    let (code, _) = world.refusal(PRE_TOKEN_GENERATION, sign_in(SUB, &json!({}))).await;

    assert_eq!(code, "NO_TENANT");
}

#[tokio::test]
async fn a_forged_attribute_at_confirmation_makes_nobody_a_member_and_is_reported() {
    let world = world_with_invite(5).await;
    world.put(items::tenant("globex")).await;
    let mut event: Value = serde_json::from_str(&confirmation(SUB, EMAIL, Some(CODE))).unwrap();
    event["request"]["userAttributes"]["custom:tenantId"] = json!("globex");

    world.answer(POST_CONFIRMATION, event.to_string()).await;

    assert!(world.item(&user(), "TENANT#globex").await.is_none());
    let lines = world.stack.lambda().logs(POST_CONFIRMATION).unwrap();
    assert!(
        lines.iter().any(|line| line.contains("security.cross_tenant") && line.contains(SUB)),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_user_of_very_many_tenants_is_read_to_the_end() {
    let world = World::start().await;
    world.put(items::tenant("zz-last")).await;
    for number in 0..400 {
        let member = items::member(POOL, SUB, &format!("tenant-{number}"), &["viewer"]);
        world.put(items::but(member, json!({ "note": "x".repeat(3_000) }))).await;
    }
    world.put(items::member(POOL, SUB, "zz-last", &["viewer"])).await;

    let asked = sign_in(SUB, &json!({ "tenantId": "zz-last" }));
    world.answer(PRE_TOKEN_GENERATION, asked).await;

    let reports = world.reports(PRE_TOKEN_GENERATION, 1).await;
    let calls = reports.last().unwrap()["StoreCalls"].as_u64().unwrap();
    assert!(calls > 3, "over a megabyte takes a second page: {calls} calls");
}
