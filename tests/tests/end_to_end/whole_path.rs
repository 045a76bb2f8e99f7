//! The whole path: a user signs up with an invite, becomes a member, is stamped, signs in, and holds tokens that carry the
//! tenant. The real function binaries, the AWS SDK and a DynamoDB engine; only Cognito and Lambda are played.

use crate::support::{CODE, EMAIL, World, items};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use dev_stack::EventVersion;
use dev_stack::functions::POST_CONFIRMATION;
use serde_json::{Value, json};
use tenancy_aws::operator::TenantEdit;

/// The error text of Cognito for a refused confirmation.
const INVITE_REQUIRED: &str =
    "PostConfirmation failed with error You need a valid invitation. Ask your administrator for one.";

/// The end of Cognito's error text for a sign-in without a tenant.
const NO_TENANT: &str = "failed with error Your account does not belong to an organization yet. Ask your administrator for an invitation.";

fn keys(value: &Value, prefix: &str) -> Vec<String> {
    value.as_object().unwrap().keys().filter(|key| key.starts_with(prefix)).cloned().collect()
}

#[tokio::test]
async fn an_invited_user_holds_tokens_with_the_tenant_on_v2_and_v3() {
    for version in [EventVersion::V2, EventVersion::V3] {
        let world = World::start().await;
        let pool = world.user_pool(version);
        world.put(items::tenant("acme")).await;
        world.put(items::invite(CODE, "acme", &["admin", "viewer"], 1)).await;

        let sub = pool.sign_up("ana@example.com").await;
        pool.confirm("ana@example.com", Some(CODE)).await.unwrap();
        assert_eq!(pool.stamp(&sub).await.as_deref(), Some("acme"));
        let claims = pool.sign_in("ana@example.com").await.unwrap();

        for token in [&claims.id, &claims.access] {
            assert_eq!(token["tenant_id"], "acme", "{version:?}");
            assert_eq!(token["tenant_name"], "acme Inc.");
            assert_eq!(token["tenant_tier"], "pro");
            assert_eq!(token["tenant_roles"], json!(["admin", "viewer"]));
            assert_eq!(token["cognito:groups"], json!(["acme-admins", "billing", "viewer"]));
        }
        assert_eq!(claims.id["custom:tenantId"], "acme");
        assert_eq!(claims.access.get("custom:tenantId"), None);
        let member = world.item(&format!("USER#{}#{sub}", pool.id), "TENANT#acme").await.unwrap();
        assert_eq!(member["stamp"], "done");
        assert_eq!(member["status"], "active");
    }
}

#[tokio::test]
async fn on_v1_the_id_token_carries_the_tenant_and_both_carry_the_groups() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V1);
    world.put(items::tenant("acme")).await;
    world.put(items::invite(CODE, "acme", &["admin", "viewer"], 1)).await;
    pool.sign_up("ana@example.com").await;
    pool.confirm("ana@example.com", Some(CODE)).await.unwrap();

    let claims = pool.sign_in("ana@example.com").await.unwrap();

    assert_eq!(claims.id["tenant_id"], "acme");
    assert_eq!(claims.id["tenant_roles"], "admin viewer");
    assert_eq!(claims.id["custom:tenantId"], "acme");
    assert_eq!(claims.id["cognito:groups"], json!(["acme-admins", "billing", "viewer"]));
    assert_eq!(claims.access["cognito:groups"], json!(["acme-admins", "billing", "viewer"]));
    assert_eq!(keys(&claims.access, "tenant_"), Vec::<String>::new());
}

#[tokio::test]
async fn a_verified_address_redeems_its_oldest_invite_without_a_code_and_the_others_by_asking() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    let newer = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    for (tenant, code, made) in [("acme", CODE, 1_700_000_000), ("globex", newer, 1_700_000_001)] {
        world.put(items::tenant(tenant)).await;
        world.put_all(items::invite_of("ana@example.com", code, tenant, &["viewer"], made)).await;
    }

    let sub = pool.sign_up("Ana@Example.com").await;
    pool.confirm("ana@example.com", None).await.unwrap();

    assert_eq!(pool.stamp(&sub).await.as_deref(), Some("acme"), "the tenant that invited first");
    let claims = pool.sign_in("ana@example.com").await.unwrap();
    assert_eq!(claims.access["tenant_id"], "acme");
    assert_eq!(world.count("USER#", "TENANT#").await, 1, "nobody is made a member without having asked");
    assert_eq!(world.count("EMAIL#", "").await, 1, "the other invite stays open");
    let refresh_token = claims.refresh_token.unwrap();
    let other = pool.switch(&refresh_token, &[("tenantId", "globex")]).await.unwrap();
    assert_eq!(other.access["tenant_id"], "globex");
    assert_eq!(world.count("EMAIL#", "").await, 0, "the pointers of used-up invites are gone");
    let again = pool.sign_in("ana@example.com").await.unwrap();
    assert_eq!(again.access["tenant_id"], "acme", "the default stays");
}

#[tokio::test]
async fn a_change_of_tier_is_in_the_next_token() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let before = pool.sign_in("ana@example.com").await.unwrap();

    let now = tenancy::Timestamp::from_epoch_seconds(1_700_000_100);
    let operator = world.operator();
    let acme = operator.tenant(&"acme".parse().unwrap()).await.unwrap();
    let edit = TenantEdit { tier: Some("enterprise".parse().unwrap()), ..TenantEdit::default() };
    let change = operator.edit_tenant(&acme, edit, "tenant.set-tier", now).await.unwrap();
    operator.apply(change, "the tenant").await.unwrap();
    let after = pool.refresh(&before.refresh_token.unwrap()).await.unwrap();

    assert_eq!(before.access["tenant_tier"], "pro");
    assert_eq!(after.access["tenant_tier"], "enterprise");
    assert_eq!(after.id["tenant_tier"], "enterprise");
}

/// All reasons that docs/errors.md lists, by their names in the log.
#[tokio::test]
async fn a_stranger_is_refused_in_words_that_give_nothing_away() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    for (tenant, change) in [
        ("acme", json!({})),
        ("paused", json!({ "status": "suspended" })),
        ("gone", json!({ "status": "offboarded" })),
        ("abroad", json!({ "pools": ["eu-west-1_OTHER0001"] })),
    ] {
        world.put(items::but(items::tenant(tenant), change)).await;
    }
    let spoilt = [
        ("revoked", "acme", json!({ "status": "revoked" })),
        ("expired", "acme", json!({ "expiresAt": 1_700_000_000 })),
        ("used_up", "acme", json!({ "uses": 1 })),
        ("wrong_address", "acme", json!({ "email": "eve@example.com" })),
        ("address_not_verified", "acme", json!({})),
        ("tenant_not_active", "paused", json!({})),
        ("tenant_not_active", "gone", json!({})),
        ("other_pool", "abroad", json!({})),
        ("membership_not_active", "acme", json!({})),
    ];
    let email = |number: usize| format!("stranger{number}@example.com");
    let mut attempts =
        vec![("no_invite", None), ("unknown_code", Some("inv_YYYYYYYYYYYYYYYYYYYYYYYYYY".to_owned()))];
    attempts.push(("malformed_code", Some("inv_nope".to_owned())));
    for (why, tenant, change) in spoilt {
        let number = attempts.len();
        let code = format!("inv_{number:026}");
        let bound =
            items::but(items::invite(&code, tenant, &["viewer"], 1), json!({ "email": email(number) }));
        world.put(items::but(bound, change)).await;
        attempts.push((why, Some(code)));
    }

    for (number, (why, code)) in attempts.iter().enumerate() {
        let (email, code) = (email(number), code.as_deref());
        let sub = pool.sign_up(&email).await;
        if *why == "membership_not_active" {
            let member = items::member(&pool.id, &sub, "acme", &["viewer"]);
            world.put(items::but(member, json!({ "status": "removed" }))).await;
        }
        let told = if *why == "address_not_verified" {
            // An administrator confirms the user without the address.
            let call = world.cognito.admin_confirm_sign_up().user_pool_id(&pool.id).username(&email);
            let refused = call.client_metadata("inviteCode", code.unwrap()).send().await.unwrap_err();
            refused.message().unwrap().to_owned()
        } else {
            pool.confirm(&email, code).await.unwrap_err()
        };
        assert_eq!(told, INVITE_REQUIRED, "{why}");
        let told = pool.sign_in(&email).await.unwrap_err();
        assert!(told.ends_with(NO_TENANT), "{why}: {told}");
    }
    let reports = world.reports(POST_CONFIRMATION, attempts.len()).await;
    let logged: Vec<&str> = reports.iter().map(|report| report["reason"].as_str().unwrap()).collect();
    assert_eq!(logged, attempts.iter().map(|(why, _)| *why).collect::<Vec<_>>());
    assert_eq!(world.count("USER#", "").await, 1, "nobody became a member; one had been");
}

#[tokio::test]
async fn who_signs_up_again_after_a_deletion_gets_nothing_of_the_deleted_user() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    let deleted = pool.ana_joins_acme().await;
    assert_eq!(pool.sign_in(EMAIL).await.unwrap().access["tenant_id"], "acme");
    world.cognito.admin_delete_user().user_pool_id(&pool.id).username(EMAIL).send().await.unwrap();

    let sub = pool.sign_up(EMAIL).await;
    let at_confirmation = pool.confirm(EMAIL, Some(CODE)).await.unwrap_err();
    let at_sign_in = pool.sign_in(EMAIL).await.unwrap_err();
    let new_code = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    world.put_all(items::invite_of(EMAIL, new_code, "acme", &["guest"], 1_700_000_001)).await;
    let invited = pool.sign_in(EMAIL).await.unwrap();

    assert_ne!(sub, deleted);
    assert_eq!(at_confirmation, INVITE_REQUIRED, "the old invite is used up");
    assert!(at_sign_in.ends_with(NO_TENANT), "{at_sign_in}");
    assert_eq!(invited.access["sub"], sub);
    assert_eq!(invited.access["tenant_id"], "acme");
    assert_eq!(invited.access["tenant_roles"], json!(["guest"]), "not those of the deleted user");
}

#[tokio::test]
async fn an_administrators_user_joins_at_the_first_sign_in() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::tenant("acme")).await;
    let invite = items::invite(CODE, "acme", &["viewer"], 1);
    world.put(items::but(invite, json!({ "email": "ana@example.com" }))).await;
    world.put(items::pointer("ana@example.com", "acme", CODE)).await;
    let attribute = |name: &str, value: &str| {
        aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
            .name(name)
            .value(value)
            .build()
            .unwrap()
    };
    let call = world.cognito.admin_create_user().user_pool_id(&pool.id).username("ana@example.com");
    let call = call.user_attributes(attribute("email", "ana@example.com"));
    call.user_attributes(attribute("email_verified", "true")).send().await.unwrap();
    let call = world.cognito.admin_set_user_password().user_pool_id(&pool.id).username("ana@example.com");
    call.password("Correct-Horse-9").permanent(true).send().await.unwrap();

    let claims = pool.sign_in("ana@example.com").await.unwrap();

    assert_eq!(claims.access["tenant_id"], "acme");
    assert_eq!(claims.id["custom:tenantId"], "acme", "although pre-token-generation stamps nobody");
    let sub = claims.id["sub"].as_str().unwrap();
    assert_eq!(pool.stamp("ana@example.com").await, None);
    let member = world.item(&format!("USER#{}#{sub}", pool.id), "TENANT#acme").await.unwrap();
    assert_eq!(member["stamp"], "pending");
}

#[tokio::test]
async fn a_removed_member_gets_no_further_token() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.ana_joins_acme().await;
    let claims = pool.sign_in("ana@example.com").await.unwrap();
    let key = format!("USER#{}#{sub}", pool.id);
    let refresh_token = claims.refresh_token.unwrap();

    for (status, expected) in [
        ("suspended", "Access to this organization is suspended"),
        ("removed", "does not belong to an organization yet"),
    ] {
        let member = world.item(&key, "TENANT#acme").await.unwrap();
        world.put(items::but(member, json!({ "status": status }))).await;
        let told = pool.refresh(&refresh_token).await.unwrap_err();
        assert!(told.contains(expected), "{status}: {told}");
    }
}

#[tokio::test]
async fn a_stamp_that_the_user_wrote_is_no_evidence() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::tenant("globex")).await;
    let sub = pool.ana_joins_acme().await;
    let forged = aws_sdk_cognitoidentityprovider::types::AttributeType::builder().name("custom:tenantId");
    let call = world.cognito.admin_update_user_attributes().user_pool_id(&pool.id).username(&sub);
    call.user_attributes(forged.value("globex").build().unwrap()).send().await.unwrap();

    let claims = pool.sign_in("ana@example.com").await.unwrap();

    assert_eq!(claims.id["tenant_id"], "acme");
    assert_eq!(claims.id["custom:tenantId"], "acme");
    assert_eq!(claims.access["tenant_id"], "acme");
}

#[tokio::test]
async fn a_sign_up_that_broke_half_way_is_finished_by_signing_in() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::tenant("acme")).await;
    let invite = items::invite(CODE, "acme", &["viewer"], 1);
    world.put(items::but(invite, json!({ "email": "ana@example.com" }))).await;
    world.put(items::pointer("ana@example.com", "acme", CODE)).await;
    pool.sign_up("ana@example.com").await;
    world.configure(&[("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")]).await;
    let told = pool.confirm("ana@example.com", None).await.unwrap_err();
    assert_eq!(
        told,
        "PostConfirmation failed with error Sign-in is not available right now. Try again in a moment."
    );

    world.configure(&[]).await;
    let claims = pool.sign_in("ana@example.com").await.unwrap();

    assert_eq!(claims.access["tenant_id"], "acme");
}

#[tokio::test]
async fn a_password_reset_redeems_nothing() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::tenant("acme")).await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
    pool.sign_up("ana@example.com").await;
    pool.confirm("ana@example.com", None).await.unwrap_err();
    let call = world.cognito.forgot_password().client_id(&pool.client).username("ana@example.com");
    call.send().await.unwrap();
    let code = world.stack.cognito().delivered_code(&pool.id, "ana@example.com").unwrap();

    let call = world.cognito.confirm_forgot_password().client_id(&pool.client).username("ana@example.com");
    let call = call.confirmation_code(code).password("Another-Horse-8").client_metadata("inviteCode", CODE);
    call.send().await.unwrap();

    assert_eq!(world.count("USER#", "").await, 0);
}

#[tokio::test]
async fn two_tabs_hold_tokens_of_two_tenants_at_once_and_no_tab_moves_the_other() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::tenant("globex")).await;
    let sub = pool.ana_joins_acme().await;
    world.put(items::member(&pool.id, &sub, "globex", &["guest"])).await;
    let refresh_token = pool.sign_in("ana@example.com").await.unwrap().refresh_token.unwrap();

    let left = pool.switch(&refresh_token, &[("tenantId", "globex")]).await.unwrap();
    let right = pool.switch(&refresh_token, &[("tenantId", "acme")]).await.unwrap();
    let plain = pool.switch(&refresh_token, &[]).await.unwrap();
    let refused = pool.switch(&refresh_token, &[("tenantId", "initech")]).await.unwrap_err();

    assert_eq!(
        (&left.access["tenant_id"], &left.id["cognito:groups"]),
        (&json!("globex"), &json!(["guest"]))
    );
    assert_eq!(
        (&right.access["tenant_id"], &right.id["cognito:groups"]),
        (&json!("acme"), &json!(["viewer"]))
    );
    assert_eq!(plain.access["tenant_id"], "acme", "who asks for none gets the default");
    assert!(refused.ends_with("Your account cannot sign in to this organization."), "{refused}");
}
