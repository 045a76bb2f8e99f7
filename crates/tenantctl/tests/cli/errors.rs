//! What AWS says means the same to every command.

use serde_json::{Value, json};

use crate::credentials::{Home, SSO, role_credentials};
use crate::fake_aws::serve;
use crate::support::Desk;

/// One command of each kind.
const COMMANDS: [&str; 14] = [
    "tenant list",
    "tenant set-tier acme gold",
    "audit list --tenant acme",
    "invite list --tenant acme",
    "member show ana@example.com",
    "table check",
    "table create",
    "doctor",
    "repair drift",
    "repair stamps",
    "pool attach --post-confirmation arn:aws:lambda:eu-west-1:111122223333:function:post-confirmation",
    "client bind 1example23456789 --tenant acme",
    "idp bind Okta --tenant acme",
    "replay event.json --function post-confirmation",
];

/// A home that is signed in by SSO, where every call is answered with this error.
fn answered(code: &'static str, message: &'static str) -> Home {
    let url = serve(move |request| match request.operation.as_str() {
        "/federation/credentials" => role_credentials(),
        // STS has a word of its own.
        "GetCallerIdentity" => request.error(code.trim_end_matches("Exception"), message),
        _ => request.error(code, message),
    });
    let home = Home::new(SSO)
        .signed_in("2099-01-01T00:00:00Z")
        .with("AWS_PROFILE", "ops")
        .with("AWS_ENDPOINT_URL", &url);
    home.file(
        "event.json",
        &json!({
            "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "userPoolId": "eu-west-1_AbCdEf123",
            "userName": "ana", "callerContext": { "clientId": "c" },
            "request": { "userAttributes": { "sub": "s" } }, "response": {},
        })
        .to_string(),
    );
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_gets_the_same_advice_from_every_command() {
    let home = answered("ExpiredTokenException", "The security token included in the request is expired");

    for line in COMMANDS {
        let run = home.run(&format!("{line} --output json"));
        let stderr: Value =
            serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{line}: {error}: {run}"));
        let error = &stderr["error"];
        assert_eq!(run.code, 1, "{line}: {run}");
        assert_eq!(error["reason"], "session-expired", "{line}: {error}");
        assert_eq!(error["hint"], "Sign in again: `aws sso login --profile ops`.", "{line}: {error}");
        assert!(error["message"].as_str().unwrap().contains("the session has expired"), "{line}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_repeats_what_aws_says_of_the_permission() {
    let said = "User: arn:aws:sts::111122223333:assumed-role/Ops/ana is not authorized to perform: some:Action on resource: \
                arn:aws:some:eu-west-1:111122223333:thing because no identity-based policy allows the some:Action action";
    let home = answered("AccessDeniedException", said);

    for line in COMMANDS {
        let run = home.run(&format!("{line} --output json"));
        let stderr = run.stderr.lines().last().unwrap_or_default().to_owned();
        assert_eq!(run.code, 1, "{line}: {run}");
        if run.stderr.lines().count() > 1 {
            // Notes, and then the error.
            assert!(run.stderr.contains(said), "{line}: {run}");
            continue;
        }
        let error = serde_json::from_str::<Value>(&stderr).unwrap()["error"].clone();
        assert_eq!(error["reason"], "access-denied", "{line}: {error}");
        assert!(error["message"].as_str().unwrap().contains(said), "{line}: {error}");
        assert!(error["hint"].as_str().unwrap().contains("Ask an administrator"), "{line}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_between_the_table_and_the_pool_ends_the_command() {
    let desk = Desk::with_acme().await;
    let pool = serve(|request| request.error("ExpiredTokenException", "expired"));
    let expired = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", pool.as_str())];

    for line in ["client bind abc123 --tenant acme --yes", "idp bind Okta --tenant acme", "repair drift"] {
        let said = desk.run_with(line, &expired, "").fails(1);
        assert!(said.contains("the session has expired (ExpiredTokenException)"), "{line}: {said}");
        assert!(said.contains("Set new keys in AWS_ACCESS_KEY_ID"), "{line}: {said}");
    }
    assert!(!desk.run("client list").ok().contains("abc123"), "bound without a look at the pool");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_members_without_addresses_says_how_to_sign_in_again() {
    let desk = Desk::with_acme().await;
    desk.run("member add someone --no-lookup --tenant acme --role member").ok();
    let pool = serve(|request| request.error("ExpiredTokenException", "expired"));
    let expired = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", pool.as_str())];

    let run = desk.run_with("member list --tenant acme", &expired, "");

    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("someone"), "{run}");
    let note = "the session has expired (ExpiredTokenException). Set new keys in AWS_ACCESS_KEY_ID";
    assert!(run.stderr.contains("e-mail addresses") && run.stderr.contains(note), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_found_in_the_region_asked_says_which_one_that_was() {
    let missing = answered("ResourceNotFoundException", "not found");
    let table = "arn:aws:dynamodb:eu-central-1:111122223333:table/tenancy";
    let function = "arn:aws:lambda:eu-central-1:111122223333:function:post-confirmation";
    let rows = [
        ("tenant list".to_owned(), "There is no such table in eu-west-1".to_owned()),
        (
            format!("tenant list --table {table}"),
            format!(
                "`{table}` is in the Region eu-central-1, but the call went to eu-west-1. Add --region eu-central-1."
            ),
        ),
        (
            format!("pool attach --user-pool-id us-east-1_AbC --post-confirmation {function}"),
            "`us-east-1_AbC` is in the Region us-east-1, but the call went to eu-west-1. Add --region us-east-1."
                .to_owned(),
        ),
        (
            "doctor --user-pool-id us-east-1_AbC".to_owned(),
            "`us-east-1_AbC` is in the Region us-east-1, but the call went to eu-west-1. Add --region us-east-1."
                .to_owned(),
        ),
        (
            "repair drift --user-pool-id us-east-1_AbC".to_owned(),
            "`us-east-1_AbC` is in the Region us-east-1, but the call went to eu-west-1. Add --region us-east-1."
                .to_owned(),
        ),
        (
            "member show ana@example.com --user-pool-id us-east-1_AbC".to_owned(),
            "`us-east-1_AbC` is in the Region us-east-1, but the call went to eu-west-1. Add --region us-east-1."
                .to_owned(),
        ),
        (
            format!("replay event.json --function {function}"),
            format!(
                "`{function}` is in the Region eu-central-1, but the call went to eu-west-1. Add --region eu-central-1."
            ),
        ),
    ];

    for (line, hint) in rows {
        let said = missing.run(&line).fails(1);
        assert!(said.contains(&hint), "{line}: {said}");
    }
    let check = missing.run("table check").fails(3);
    assert!(check.contains("There is no such table in eu-west-1"), "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cognito_says_of_a_user_is_not_repeated() {
    let home = answered("InvalidParameterException", "ana@example.com is no user of ours");

    let said = home.run("member show bob@example.com").fails(1);

    assert!(said.contains("InvalidParameterException") && !said.contains("ana@example.com"), "{said}");
}
