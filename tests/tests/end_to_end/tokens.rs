//! What a token carries, and what is refused instead: tenants, app clients, machines, groups, damaged records.

use dev_stack::functions::PRE_TOKEN_GENERATION;
use serde_json::{Value, json};

use crate::support::{CLIENT, EMAIL, POOL, SUB, World, items};

fn event(change: impl FnOnce(&mut Value)) -> String {
    let mut event = json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1", "userPoolId": POOL,
        "userName": SUB, "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": { "sub": SUB, "email": EMAIL, "email_verified": "true" },
            "groupConfiguration": { "groupsToOverride": ["pool-group"], "iamRolesToOverride": [], "preferredRole": null },
            "scopes": ["aws.cognito.signin.user.admin"],
        },
        "response": { "claimsAndScopeOverrideDetails": null },
    });
    change(&mut event);
    event.to_string()
}

fn asking_for(tenant: &str) -> String {
    event(|event| event["request"]["clientMetadata"] = json!({ "tenantId": tenant }))
}

fn machine() -> String {
    json!({
        "version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "region": "eu-west-1", "userPoolId": POOL,
        "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": { "scopes": ["api/read"] }, "response": { "claimsAndScopeOverrideDetails": null },
    })
    .to_string()
}

/// Two tenants; Ana is an active member of `acme`.
async fn world() -> World {
    with_settings(&[]).await
}

async fn with_settings(settings: &[(&str, &str)]) -> World {
    let world = World::with_settings(settings).await;
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    world
}

async fn details(world: &World, event: &str) -> Value {
    let reply: Value = serde_json::from_str(&world.answer(PRE_TOKEN_GENERATION, event).await).unwrap();
    reply["response"]["claimsAndScopeOverrideDetails"].clone()
}

async fn tenant_of(world: &World, event: &str) -> Value {
    details(world, event).await["accessTokenGeneration"]["claimsToAddOrOverride"]["tenant_id"].clone()
}

async fn refused(world: &World, event: &str) -> String {
    world.refusal(PRE_TOKEN_GENERATION, event).await.0
}

#[tokio::test]
async fn a_user_of_several_tenants_gets_the_default_or_the_one_that_was_joined_first() {
    let world = world().await;
    let earlier = json!({ "joinedAt": 1_600_000_000 });
    world.put(items::but(items::member(POOL, SUB, "globex", &["viewer"]), earlier)).await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "globex", "joined first");
    assert_eq!(world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await, None, "nothing is written");
    world.put(items::profile(POOL, SUB, "acme")).await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "acme");

    world.put(items::profile(POOL, SUB, "globex")).await;

    assert_eq!(tenant_of(&world, &event(|_| ())).await, "globex");
    assert_eq!(tenant_of(&world, &asking_for("acme")).await, "acme");
    assert_eq!(refused(&world, &asking_for("initech")).await, "WRONG_TENANT");
    assert_eq!(refused(&world, &asking_for("Acme")).await, "WRONG_TENANT");
}

/// Ana's default is acme, which she cannot have; she is an active member of globex and of initech, of globex for longer.
async fn world_of_a_lost_default(lost: impl AsyncFnOnce(&World)) -> World {
    let world = world().await;
    world.put(items::tenant("initech")).await;
    world.put(items::profile(POOL, SUB, "acme")).await;
    for (tenant, joined_at) in [("globex", 1_700_000_001), ("initech", 1_700_000_002)] {
        let member = items::member(POOL, SUB, tenant, &["viewer"]);
        world.put(items::but(member, json!({ "joinedAt": joined_at }))).await;
    }
    lost(&world).await;
    world
}

fn refresh() -> String {
    event(|event| event["triggerSource"] = json!("TokenGeneration_RefreshTokens"))
}

#[tokio::test]
async fn a_sign_in_falls_back_from_a_lost_default_and_a_refresh_never_changes_the_tenant() {
    let member =
        |status: &str| items::but(items::member(POOL, SUB, "acme", &["admin"]), json!({ "status": status }));
    let tenant = |status: &str| items::but(items::tenant("acme"), json!({ "status": status }));
    let rows = [
        ("a removed membership", member("removed"), "CHOOSE_TENANT"),
        ("a suspended membership", member("suspended"), "SUSPENDED"),
        ("a suspended tenant", tenant("suspended"), "SUSPENDED"),
        ("an offboarded tenant", tenant("offboarded"), "CHOOSE_TENANT"),
    ];

    for (row, lost, refused_refresh) in rows {
        let world = world_of_a_lost_default(async |world: &World| world.put(lost).await).await;
        assert_eq!(refused(&world, &refresh()).await, refused_refresh, "{row}");
        assert_eq!(tenant_of(&world, &event(|_| ())).await, "globex", "{row}");
        assert_eq!(tenant_of(&world, &refresh()).await, "globex", "{row}: the refreshes that follow agree");
        let profile = world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await.unwrap();
        assert_eq!((&profile["defaultTid"], &profile["ver"]), (&json!("globex"), &json!(2)), "{row}");
        let items = world.items().await;
        let audit = items.values().find(|item| item["et"] == "audit").unwrap();
        assert_eq!(
            (&audit["pk"], &audit["action"], &audit["detail"]),
            (
                &json!("TENANT#globex"),
                &json!("member.default-moved"),
                &json!("default tenant acme -> globex")
            ),
            "{row}"
        );
    }
}

#[tokio::test]
async fn a_default_is_not_moved_for_a_token_that_is_not_made() {
    let world = with_settings(&[("CLAIM_BYTES_MAX", "64")]).await;
    world.put(items::but(items::member(POOL, SUB, "acme", &[]), json!({ "status": "removed" }))).await;
    world.put(items::member(POOL, SUB, "globex", &["viewer"])).await;
    world.put(items::profile(POOL, SUB, "acme")).await;

    assert_eq!(refused(&world, &event(|_| ())).await, "UNAVAILABLE");

    let profile = world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await.unwrap();
    assert_eq!(profile["defaultTid"], "acme");
}

#[tokio::test]
async fn a_membership_of_a_damaged_tenant_is_passed_over_and_logged() {
    let world = world().await;
    world.put(items::but(items::member(POOL, SUB, "acme", &[]), json!({ "status": "removed" }))).await;
    world.put(items::but(items::member(POOL, SUB, "broken", &[]), json!({ "joinedAt": 1 }))).await;
    world.put(items::member(POOL, SUB, "globex", &["viewer"])).await;
    world.put(items::profile(POOL, SUB, "acme")).await;

    assert_eq!(tenant_of(&world, &event(|_| ())).await, "globex");

    let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    assert!(
        lines.iter().any(|line| line.contains("data.integrity") && line.contains("TENANT#broken")),
        "{lines:?}"
    );
    world.put(items::but(items::member(POOL, SUB, "globex", &[]), json!({ "status": "removed" }))).await;
    world.put(items::profile(POOL, SUB, "acme")).await;
    assert_eq!(refused(&world, &event(|_| ())).await, "UNAVAILABLE", "nothing else is left");
}

#[tokio::test]
async fn only_a_tenant_of_which_the_user_never_was_is_reported_as_an_attack() {
    let stamped =
        |tenant: &str| event(|event| event["request"]["userAttributes"]["custom:tenantId"] = json!(tenant));
    let reported = async |world: &World| {
        let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
        let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .filter(|line| line["event"] == "security.cross_tenant")
            .map(|line| line["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let world = world().await;
    for status in ["suspended", "removed"] {
        world.put(items::but(items::member(POOL, SUB, "globex", &[]), json!({ "status": status }))).await;
        world.put(items::client(POOL, "boundclient", "globex", "required")).await;
        refused(&world, &asking_for("globex")).await;
        refused(&world, &event(|_| ()).replace(CLIENT, "boundclient")).await;
        tenant_of(&world, &stamped("globex")).await;
    }
    refused(&world, &asking_for("x")).await;
    tenant_of(&world, &stamped("x")).await;
    assert_eq!(reported(&world).await, Vec::<String>::new());

    tenant_of(&world, &stamped("initech")).await;
    refused(&world, &asking_for("initech")).await;
    world.put(items::client(POOL, "boundclient", "initech", "required")).await;
    refused(&world, &event(|_| ()).replace(CLIENT, "boundclient")).await;

    assert_eq!(reported(&world).await, ["stamp", "asked_tenant", "client_binding"]);
}

#[tokio::test]
async fn a_bound_app_client_gives_tokens_to_members_of_its_tenant_only() {
    let world = world().await;
    world.put(items::client(POOL, CLIENT, "globex", "required")).await;
    assert_eq!(refused(&world, &event(|_| ())).await, "WRONG_TENANT");

    let member = items::member(POOL, SUB, "globex", &["viewer"]);
    world.put(items::but(member.clone(), json!({ "status": "suspended" }))).await;
    assert_eq!(refused(&world, &event(|_| ())).await, "SUSPENDED");

    world.put(member).await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "globex");
    assert_eq!(refused(&world, &asking_for("acme")).await, "WRONG_TENANT");
    world.put(items::client(POOL, CLIENT, "globex", "machine")).await;
    world.put(items::profile(POOL, SUB, "acme")).await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "acme", "a machine binding means nothing to users");
}

#[tokio::test]
async fn a_suspended_or_offboarded_tenant_gives_no_token() {
    let world = world().await;
    world.put(items::client(POOL, "boundclient", "acme", "required")).await;
    // A membership of an offboarded tenant counts as none.
    for (status, told) in [("suspended", "SUSPENDED"), ("offboarded", "NO_TENANT")] {
        world.put(items::but(items::tenant("acme"), json!({ "status": status }))).await;
        assert_eq!(refused(&world, &event(|_| ())).await, told, "{status}");
        let stamped = event(|event| event["request"]["userAttributes"]["custom:tenantId"] = json!("acme"));
        assert_eq!(refused(&world, &stamped).await, told, "{status}, read by the stamp's hint");
        assert_eq!(refused(&world, &asking_for("acme")).await, "SUSPENDED", "{status}, asked for");
        let bound = event(|_| ()).replace(CLIENT, "boundclient");
        assert_eq!(refused(&world, &bound).await, "SUSPENDED", "{status}, bound");
    }
}

#[tokio::test]
async fn a_machine_carries_the_tenant_of_its_client() {
    let world = world().await;
    assert_eq!(world.answer(PRE_TOKEN_GENERATION, machine()).await, machine(), "unbound: as it came");
    world.put(items::client(POOL, CLIENT, "globex", "required")).await;
    assert_eq!(
        world.answer(PRE_TOKEN_GENERATION, machine()).await,
        machine(),
        "a user's binding is none of a machine's"
    );

    world.put(items::client(POOL, CLIENT, "globex", "machine")).await;

    assert_eq!(
        details(&world, &machine()).await,
        json!({ "accessTokenGeneration": {
            "claimsToAddOrOverride": { "tenant_id": "globex", "tenant_name": "globex Inc.", "tenant_tier": "pro" },
            "claimsToSuppress": [], "scopesToAdd": [], "scopesToSuppress": [],
        } })
    );
    world.put(items::but(items::tenant("globex"), json!({ "status": "suspended" }))).await;
    assert_eq!(refused(&world, &machine()).await, "SUSPENDED");
}

#[tokio::test]
async fn an_unbound_machine_is_refused_where_the_setting_says_so() {
    let world = with_settings(&[("UNBOUND_MACHINE", "refuse")]).await;

    assert_eq!(refused(&world, &machine()).await, "WRONG_TENANT");
}

#[tokio::test]
async fn a_machine_without_a_tenant_that_asks_for_the_marker_is_refused_and_reported() {
    let world = with_settings(&[("MARKER_SCOPE", "tenancy/member")]).await;
    let asking = machine().replace("api/read", "tenancy/member");
    assert_eq!(details(&world, &machine()).await, json!(null), "UNBOUND_MACHINE is bare");

    assert_eq!(refused(&world, &asking).await, "WRONG_TENANT");

    let report = &world.reports(PRE_TOKEN_GENERATION, 2).await[1];
    assert_eq!(
        (&report["Outcome"], &report["event"], &report["reason"]),
        (&json!("denied"), &json!("token.denied"), &json!("marker_requested"))
    );
    let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reported: Vec<Value> = lines.filter(|line| line["event"] == "security.cross_tenant").collect();
    assert_eq!(reported.len(), 1);
    assert_eq!(
        (&reported[0]["reason"], &reported[0]["clientId"], &reported[0]["userPoolId"]),
        (&json!("marker_requested"), &json!(CLIENT), &json!(POOL))
    );
    world.put(items::client(POOL, CLIENT, "acme", "machine")).await;
    let scopes =
        async |event: &str| details(&world, event).await["accessTokenGeneration"]["scopesToAdd"].clone();
    assert_eq!(scopes(&machine()).await, json!(["tenancy/member"]));
    assert_eq!(scopes(&asking).await, json!([]), "it has the marker already");
}

#[tokio::test]
async fn pool_groups_are_dropped_kept_or_left_alone_and_never_emptied_by_accident() {
    let groups =
        |details: &Value| details.get("groupOverrideDetails").map(|block| block["groupsToOverride"].clone());
    let without_groups = |event: &mut Value| event["request"]["groupConfiguration"] = json!(null);

    let dropping = world().await;
    assert_eq!(groups(&details(&dropping, &event(|_| ())).await), Some(json!(["acme-admins", "billing"])));
    dropping.put(items::member(POOL, SUB, "acme", &[])).await;
    assert_eq!(
        groups(&details(&dropping, &event(|_| ())).await),
        Some(json!([])),
        "no roles: explicitly none"
    );
    assert_eq!(
        groups(&details(&dropping, &event(without_groups)).await),
        Some(json!([])),
        "the event does not say which groups the pool has, so that none may stay"
    );
    let without_any =
        |event: &mut Value| event["request"]["groupConfiguration"]["groupsToOverride"] = json!([]);
    assert_eq!(groups(&details(&dropping, &event(without_any)).await), None, "nothing changes: left out");
    let unreadable =
        event(|event| event["request"]["groupConfiguration"] = json!({ "groupsToOverride": "admin" }));
    assert_eq!(groups(&details(&dropping, &unreadable).await), Some(json!([])), "whatever it was is dropped");

    let keeping = with_settings(&[("POOL_GROUPS", "keep")]).await;
    assert_eq!(
        groups(&details(&keeping, &event(|_| ())).await),
        Some(json!(["pool-group", "acme-admins", "billing"]))
    );
    keeping.put(items::member(POOL, SUB, "acme", &[])).await;
    assert_eq!(groups(&details(&keeping, &event(|_| ())).await), None, "nothing changes: left out");
}

#[tokio::test]
async fn a_damaged_record_is_refused_and_never_guessed() {
    let tenant = || items::tenant("acme");
    let member = || items::member(POOL, SUB, "acme", &["admin"]);
    let profile = || items::profile(POOL, SUB, "acme");
    let client = || items::client(POOL, CLIENT, "acme", "required");
    let rows = [
        ("tenant of another version", items::but(tenant(), json!({ "v": 2 }))),
        ("tenant whose version is a text", items::but(tenant(), json!({ "v": "1" }))),
        ("tenant without a version", items::but(tenant(), json!({ "v": null }))),
        ("tenant that is another entity", items::but(tenant(), json!({ "et": "member" }))),
        ("tenant with a foreign id", items::but(tenant(), json!({ "tid": "globex" }))),
        ("tenant of unknown status", items::but(tenant(), json!({ "status": "Active" }))),
        ("tenant without a status", items::but(tenant(), json!({ "status": null }))),
        ("tenant whose name is a number", items::but(tenant(), json!({ "name": 7 }))),
        ("tenant whose name hides text", items::but(tenant(), json!({ "name": "A\u{202e}B" }))),
        ("tenant without a tier", items::but(tenant(), json!({ "tier": null }))),
        ("tenant whose slug is a list", items::but(tenant(), json!({ "slug": [] }))),
        ("tenant whose roles are a list", items::but(tenant(), json!({ "roles": [] }))),
        ("tenant with a role that is a list", items::but(tenant(), json!({ "roles": { "admin": ["x"] } }))),
        (
            "tenant with a group that is a number",
            items::but(tenant(), json!({ "roles": { "admin": { "groups": [1] } } })),
        ),
        (
            "tenant with a group of two words",
            items::but(tenant(), json!({ "roles": { "admin": { "groups": ["a b"] } } })),
        ),
        (
            "tenant whose IAM role is a flag",
            items::but(tenant(), json!({ "roles": { "admin": { "groups": [], "iamRole": true } } })),
        ),
        ("tenant whose `ver` is a text", items::but(tenant(), json!({ "ver": "1" }))),
        ("membership with a foreign tenant", items::but(member(), json!({ "tid": "globex" }))),
        ("membership without a tenant", items::but(member(), json!({ "tid": null }))),
        ("membership of unknown status", items::but(member(), json!({ "status": "ACTIVE" }))),
        ("membership whose status is a flag", items::but(member(), json!({ "status": true }))),
        ("membership whose roles are a text", items::but(member(), json!({ "roles": "admin" }))),
        ("membership with a role of two words", items::but(member(), json!({ "roles": ["a b"] }))),
        ("membership with an unknown stamp", items::but(member(), json!({ "stamp": "maybe" }))),
        ("membership of another version", items::but(member(), json!({ "v": 3 }))),
        ("membership that is another entity", items::but(member(), json!({ "et": "profile" }))),
        ("membership with a fraction as `ver`", items::but(member(), json!({ "ver": 1.5 }))),
        (
            "membership under a key that is no tenant",
            items::but(member(), json!({ "sk": "TENANT#Not A Tenant", "tid": "Not A Tenant" })),
        ),
        ("profile whose default is a number", items::but(profile(), json!({ "defaultTid": 4 }))),
        ("profile whose default is no tenant id", items::but(profile(), json!({ "defaultTid": "X" }))),
        ("profile of another version", items::but(profile(), json!({ "v": 9 }))),
        ("binding of unknown mode", items::but(client(), json!({ "mode": "optional" }))),
        ("binding without a mode", items::but(client(), json!({ "mode": null }))),
        ("binding without a tenant", items::but(client(), json!({ "tid": null }))),
        ("binding that is another entity", items::but(client(), json!({ "et": "idp" }))),
    ];
    let world = world().await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "acme");

    let count = rows.len();
    for (row, damaged) in rows {
        let key = (damaged["pk"].as_str().unwrap().to_owned(), damaged["sk"].as_str().unwrap().to_owned());
        let sound = world.item(&key.0, &key.1).await;
        world.put(damaged).await;
        assert_eq!(refused(&world, &event(|_| ())).await, "UNAVAILABLE", "{row}");
        match sound {
            Some(sound) => world.put(sound).await,
            None => world.delete(&key.0, &key.1).await,
        }
        assert_eq!(tenant_of(&world, &event(|_| ())).await, "acme", "after {row}");
    }
    world.put(items::member(POOL, SUB, "nowhere", &[])).await;
    world.put(items::profile(POOL, SUB, "nowhere")).await;
    assert_eq!(
        refused(&world, &event(|_| ())).await,
        "UNAVAILABLE",
        "membership of a tenant that does not exist"
    );
    let reports = world.reports(PRE_TOKEN_GENERATION, 2 * count + 2).await;
    let refused_as_damaged = reports.iter().filter(|report| report["reason"] == "data_damaged").count();
    assert_eq!(refused_as_damaged, count + 1, "each is refused as damaged, and for no other reason");
}

#[tokio::test]
async fn claims_that_are_too_large_are_refused_and_not_trimmed() {
    let world = with_settings(&[("CLAIM_BYTES_MAX", "300")]).await;
    assert_eq!(tenant_of(&world, &event(|_| ())).await, "acme");
    let groups: Vec<String> = (0..30).map(|number| format!("group-{number}")).collect();

    world.put(items::but(items::tenant("acme"), json!({ "roles": { "admin": { "groups": groups } } }))).await;

    assert_eq!(refused(&world, &event(|_| ())).await, "UNAVAILABLE");
    let report = world.reports(PRE_TOKEN_GENERATION, 2).await.remove(1);
    assert_eq!((&report["event"], &report["reason"]), (&json!("data.integrity"), &json!("claims_too_large")));
}

#[tokio::test]
async fn observe_mode_refuses_nobody_and_counts_whom_it_would() {
    let world = with_settings(&[("MODE", "observe")]).await;
    let stranger = event(|event| event["request"]["userAttributes"]["sub"] = json!("somebody-else"));

    assert_eq!(world.answer(PRE_TOKEN_GENERATION, &stranger).await, stranger, "the event back, untouched");
    assert_eq!(
        tenant_of(&world, &event(|_| ())).await,
        "acme",
        "who would be admitted gets claims as always"
    );

    let reports = world.reports(PRE_TOKEN_GENERATION, 2).await;
    assert_eq!(
        (&reports[0]["Outcome"], &reports[0]["Denied"], &reports[0]["reason"]),
        (&json!("observed"), &json!(1), &json!("no_tenant"))
    );
    assert_eq!((&reports[1]["Outcome"], &reports[1]["Denied"]), (&json!("issued"), &json!(0)));
}

#[tokio::test]
async fn settings_that_cannot_be_are_all_named_at_start() {
    let world = World::with_settings(&[
        ("TENANCY_TABLE", "a table"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "localhost"),
        ("MODE", "obey"),
        ("POOL_GROUPS", "some"),
        ("UNBOUND_MACHINE", "x"),
        ("CLAIM_TENANT_ID", "sub"),
        ("CLAIM_TENANT_NAME", "org"),
        ("CLAIM_TENANT_TIER", "org"),
        ("CLAIMS_ID", "id,names"),
        ("CLAIMS_ACCESS", "all"),
        ("CLAIM_TENANT_ROLES", "custom"),
        ("EMAIL_VERIFIED_PROVIDERS", "Okta,"),
        ("MARKER_SCOPE", "tenancy"),
        ("GROUP_FORMAT", "{rôle}"),
        ("CLAIM_BYTES_MAX", "65537"),
        ("IAM_ROLE_ALLOWLIST", "role/x"),
        ("USER_POOL_IDS", "a b"),
        ("POOL_TENANT", "acme"),
        ("REDEEM", "no"),
        ("TENANT_ATTRIBUTE", "email"),
        ("AWS_REGION", "not a region"),
    ])
    .await;

    world.invoke(PRE_TOKEN_GENERATION, event(|_| ())).await;

    let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    let line: Value =
        serde_json::from_str(lines.iter().find(|line| line.contains("config.invalid")).unwrap()).unwrap();
    let faults = line["faults"].as_str().unwrap();
    for name in [
        "TENANCY_TABLE",
        "MODE",
        "POOL_GROUPS",
        "UNBOUND_MACHINE",
        "CLAIM_TENANT_ID",
        "CLAIM_TENANT_TIER",
        "CLAIMS_ID",
        "CLAIMS_ACCESS",
        "CLAIM_TENANT_ROLES",
        "EMAIL_VERIFIED_PROVIDERS",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "MARKER_SCOPE",
        "GROUP_FORMAT",
        "CLAIM_BYTES_MAX",
        "IAM_ROLE_ALLOWLIST",
        "USER_POOL_IDS",
        "POOL_TENANT",
        "REDEEM",
        "TENANT_ATTRIBUTE",
        "AWS_REGION",
    ] {
        assert!(faults.split("; ").any(|fault| fault.starts_with(name)), "{name}: {faults}");
    }
}
