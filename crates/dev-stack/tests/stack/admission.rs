//! Cognito calls a function only where its resource policy lets the pool.

use dev_stack::{EventVersion, Permission, PoolSettings, Trigger, Triggers};

use crate::fixture::{Fixture, pool};

const REFUSED: &str = "PreTokenGenerationV2_0 invocation failed due to error AccessDeniedException.";

/// A confirmed user, and the trigger as the ARN of alias `live`, which is there; no policy is.
async fn attached() -> (Fixture, String) {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let arn = fixture.stack.lambda().arn("pre:live");
    fixture.stack.lambda().add_alias("pre", "live", "1").unwrap();
    attach(&fixture, &arn);
    (fixture, arn)
}

fn attach(fixture: &Fixture, arn: &str) {
    let triggers = Triggers::default().with_version(Trigger::PreTokenGeneration, arn, EventVersion::V2);
    fixture.stack.cognito().set_triggers(&fixture.pool, &triggers).unwrap();
}

async fn refused(fixture: &Fixture) {
    let error = fixture.sign_in().await.unwrap_err();
    assert_eq!(error, ("UnexpectedLambdaException".to_owned(), REFUSED.to_owned()));
}

#[tokio::test]
async fn the_pool_needs_a_statement_in_the_policy_of_what_it_calls() {
    let (fixture, arn) = attached().await;
    let lambda = fixture.stack.lambda();
    let of_pool = |pool: &str| Permission {
        source_arn: Some(fixture.stack.cognito().pool_arn(pool)),
        ..Permission::of_cognito("cognito")
    };

    refused(&fixture).await;
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PreTokenGeneration).unwrap();
    assert_eq!(record.reply, None, "the function was not called");
    lambda.add_permission("pre", &of_pool(&fixture.pool)).unwrap();
    refused(&fixture).await;
    lambda.add_permission(&arn, &of_pool("eu-west-1_another")).unwrap();
    refused(&fixture).await;

    lambda.add_permission(&arn, &of_pool(&fixture.pool)).unwrap();
    fixture.sign_in().await.expect("by the alias's own policy");
    attach(&fixture, &lambda.arn("pre"));
    fixture.sign_in().await.expect("by the function's own policy");
}

#[tokio::test]
async fn an_alias_that_is_not_there_cannot_be_called() {
    let (fixture, arn) = attached().await;
    let open = Permission::of_cognito("cognito");
    fixture.stack.lambda().add_permission(&arn, &open).unwrap();
    fixture.stack.lambda().add_permission("pre:blue", &open).unwrap();
    fixture.sign_in().await.unwrap();

    attach(&fixture, &fixture.stack.lambda().arn("pre:blue"));

    refused(&fixture).await;
}

#[tokio::test]
async fn a_function_that_is_named_is_admitted_as_from_the_console() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    let policy = fixture.stack.lambda().policy("pre").unwrap().unwrap();
    let pool_arn = fixture.stack.cognito().pool_arn(&fixture.pool);

    assert_eq!(policy["Statement"][0]["Condition"]["ArnLike"]["AWS:SourceArn"], pool_arn);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    fixture.sign_in().await.unwrap();
}
