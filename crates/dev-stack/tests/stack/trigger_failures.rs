//! What users see when a trigger fails, and what stays behind.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::fixture::{EMAIL, Fixture, pool};
use dev_stack::{
    ClientSettings, EventVersion, FunctionError, PoolSettings, StackOptions, Trigger, TriggerOutcome,
    Triggers,
};
use serde_json::json;

fn refused(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

#[tokio::test]
async fn an_error_of_post_confirmation_reaches_the_user_who_is_confirmed_all_the_same() {
    let fixture = Fixture::start(pool(EventVersion::V1)).await;
    fixture.add("post", |_| Err(FunctionError::new("INVITE_REQUIRED", "You need an invitation")));
    fixture.add("pre", Ok);
    fixture.sign_up().await;

    let error = fixture.confirm().await.unwrap_err();

    let message = "PostConfirmation failed with error You need an invitation.";
    assert_eq!(error, refused("UserLambdaValidationException", message));
    fixture.sign_in().await.unwrap();
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PostConfirmation).unwrap();
    assert_eq!(record.attempts, 1, "errors are not tried again");
    let code = "UserLambdaValidationException";
    assert_eq!(record.outcome, TriggerOutcome::Refused { code, message: message.to_owned() });
}

#[tokio::test]
async fn an_error_of_pre_token_generation_stops_sign_in_and_refresh() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();
    fixture.add("pre", |_| Err(FunctionError::new("NO_TENANT", "No organization")));
    let rows = [
        (EventVersion::V1, "PreTokenGeneration failed with error No organization."),
        (EventVersion::V2, "PreTokenGenerationV2_0 failed with error No organization."),
        (EventVersion::V3, "PreTokenGenerationV3_0 failed with error No organization."),
    ];

    for (version, message) in rows {
        let triggers = Triggers::default().with_version(Trigger::PreTokenGeneration, "pre", version);
        fixture.stack.cognito().set_triggers(&fixture.pool, &triggers).unwrap();
        let expected = refused("UserLambdaValidationException", message);
        assert_eq!(fixture.sign_in().await.unwrap_err(), expected);
        let refresh = fixture.refresh(tokens.refresh_token().unwrap()).await;
        assert_eq!(refresh.unwrap_err(), expected);
    }

    fixture.stack.cognito().set_triggers(&fixture.pool, &Triggers::default()).unwrap();
    fixture.refresh(tokens.refresh_token().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_slow_trigger_is_called_three_times_and_every_call_runs_on() {
    let options = StackOptions { trigger_timeout: Duration::from_millis(100), ..StackOptions::default() };
    let fixture = Fixture::start_with(pool(EventVersion::V1), ClientSettings::default(), options).await;
    let finished = fixture.add_slow("post", Duration::from_secs(2));
    fixture.sign_up().await;
    let begin = Instant::now();

    let error = fixture.confirm().await.unwrap_err();

    let took = begin.elapsed();
    let message =
        "PostConfirmation invocation failed due to error Socket timeout while invoking Lambda function.";
    assert_eq!(error, refused("UnexpectedLambdaException", message));
    assert!(took >= Duration::from_millis(300), "three attempts: {took:?}");
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PostConfirmation).unwrap();
    assert_eq!((record.attempts, record.reply), (3, None));
    tokio::time::timeout(Duration::from_mins(1), async {
        while finished.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("all three attempts finish");
}

#[tokio::test]
async fn an_attempt_after_a_slow_one_can_succeed() {
    let options = StackOptions { trigger_timeout: Duration::from_secs(3), ..StackOptions::default() };
    let fixture = Fixture::start_with(pool(EventVersion::V1), ClientSettings::default(), options).await;
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let program = dev_stack::FunctionProgram::in_process(move |event| {
        let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            Ok(event)
        }
    });
    fixture.stack.lambda().add_function(dev_stack::FunctionSpec::new("post", program));
    fixture.sign_up().await;

    fixture.confirm().await.unwrap();

    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PostConfirmation).unwrap();
    assert_eq!((record.attempts, record.outcome), (2, TriggerOutcome::Accepted));
}

#[tokio::test]
async fn a_function_that_is_gone_reads_as_access_denied() {
    let fixture = Fixture::start(pool(EventVersion::V1)).await;
    fixture.sign_up().await;

    let error = fixture.confirm().await.unwrap_err();

    let message = "PostConfirmation invocation failed due to error AccessDeniedException.";
    assert_eq!(error, refused("UnexpectedLambdaException", message));
    let user = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username(EMAIL);
    assert_eq!(user.send().await.unwrap().user_status().unwrap().as_str(), "CONFIRMED");
}

#[tokio::test]
async fn replies_that_cognito_does_not_understand_are_refused() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let triggers = Triggers::default().with(Trigger::PreTokenGeneration, "pre");
    fixture.stack.cognito().set_triggers(&fixture.pool, &triggers).unwrap();
    let unrecognizable = refused("InvalidLambdaResponseException", "Unrecognizable lambda output");

    for reply in ["[]", "null", "{}", r#"{"response":{}}"#] {
        fixture.add_replying("pre", reply);
        assert_eq!(fixture.sign_in().await.unwrap_err(), unrecognizable, "{reply}");
    }
    for reply in ["", "no json"] {
        fixture.add_replying("pre", reply);
        let message = "Invalid lambda function output : Invalid JSON";
        let expected = refused("InvalidLambdaResponseException", message);
        assert_eq!(fixture.sign_in().await.unwrap_err(), expected, "{reply}");
    }
    fixture.add("pre", |mut event| {
        event["response"]["claimsOverrideDetails"] = json!({ "claimsToAddOrOverride": { "n": 1 } });
        Ok(event)
    });
    assert_eq!(fixture.sign_in().await.unwrap_err(), unrecognizable, "a number on V1");
}
