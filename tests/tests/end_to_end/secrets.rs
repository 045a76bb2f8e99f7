//! What the functions print never holds an e-mail address, a code, a name or a token, whatever the level and however a call
//! ends. Run on release binaries (`DEV_STACK_BIN_DIR`) this covers what a deployed function can print.

use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};

use crate::support::faults::{Fault, Proxy};
use crate::support::figures::{self, CREDENTIALS};
use crate::support::{CLIENT, CODE, POOL, SUB, World, fixture, fixtures, items};

/// Planted where the functions read, and where they do not.
const CANARIES: [&str; 7] = [
    "canary.mail@example.com",
    "CanaryUserName",
    "Canary Tenant Name",
    "canary-family-name",
    "eyJcanary.token.text",
    "canary-metadata",
    "canary-group",
];

fn event(source: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut event = json!({
        "version": "2", "triggerSource": source, "region": "eu-west-1", "userPoolId": POOL, "userName": CANARIES[1],
        "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": {
                "sub": SUB, "email": CANARIES[0], "email_verified": "true", "family_name": CANARIES[3],
                "custom:token": CANARIES[4], "custom:tenantId": "globex",
            },
            "groupConfiguration": { "groupsToOverride": [CANARIES[6]] },
            "clientMetadata": { "inviteCode": CODE, "note": CANARIES[5] },
        },
        "response": {},
    });
    change(&mut event);
    event.to_string()
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret_or_personal_data() {
    let world = World::start().await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let level = [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("RUST_LOG", "trace"),
        ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
    ];
    world.configure(&[&level[..], &CREDENTIALS].concat()).await;
    let tenant = items::but(items::tenant("acme"), json!({ "name": CANARIES[2] }));
    world.put(tenant.clone()).await;
    world.put(items::but(items::invite(CODE, "acme", &["viewer"], 9), json!({ "email": CANARIES[0] }))).await;
    world.put(items::pointer(CANARIES[0], "acme", CODE)).await;

    let confirm = || event("PostConfirmation_ConfirmSignUp", |_| ());
    let sign_in = || event("TokenGeneration_Authentication", |_| ());
    let mut calls = 0;
    for fault in [
        None,
        Some(Fault::INTERNAL),
        Some(Fault::NOT_ALLOWED),
        Some(Fault::GARBAGE),
        Some(Fault::CONFLICT),
        Some(Fault::Reset),
    ] {
        if let Some(fault) = fault {
            table.spoil("", fault, 1_000);
        }
        world.invoke(POST_CONFIRMATION, confirm()).await;
        world.invoke(PRE_TOKEN_GENERATION, sign_in()).await;
        calls += 1;
        table.heal();
    }
    for damaged in [json!({ "name": 7 }), json!({ "tier": null }), json!({ "roles": [CANARIES[2]] })] {
        world.put(items::but(tenant.clone(), damaged)).await;
        world.invoke(PRE_TOKEN_GENERATION, sign_in()).await;
    }
    let wrong = |event: &mut Value| event["request"]["clientMetadata"]["tenantId"] = json!(CANARIES[5]);
    world.invoke(PRE_TOKEN_GENERATION, event("TokenGeneration_Authentication", wrong)).await;
    world.invoke(PRE_TOKEN_GENERATION, event(CANARIES[0], |_| ())).await;
    for case in fixtures("hostile") {
        world.invoke(PRE_TOKEN_GENERATION, fixture("hostile", &case)).await;
        world.invoke(POST_CONFIRMATION, fixture("hostile", &case)).await;
    }
    world.reports(PRE_TOKEN_GENERATION, calls + 5).await;

    for function in [PRE_TOKEN_GENERATION, POST_CONFIRMATION] {
        let printed = world.stack.lambda().logs(function).unwrap().join("\n");
        let code = CODE.strip_prefix("inv_").unwrap();
        let credentials = CREDENTIALS.map(|(_, value)| value);
        let canaries: Vec<&str> =
            CANARIES.into_iter().chain([code, "ana@example.com"]).chain(credentials).collect();
        for canary in &canaries {
            assert!(!printed.contains(canary), "{function} printed {canary}: {printed}");
        }
        figures::canaries(function, &printed, canaries.len());
        assert!(printed.contains(SUB), "the sub may be printed, and shows that something was");
    }
}
