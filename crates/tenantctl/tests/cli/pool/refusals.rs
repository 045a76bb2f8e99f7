//! What is not done, and what to do instead.

use dev_stack::{FunctionProgram, FunctionSpec};
use serde_json::{Value, json};

use super::fake::Fake;
use super::fixtures::{BOTH, OTHER, POST, PRE, attach_fake, described, desk, lambdas, mfa, rich_fake};
use crate::assert_page;
use crate::fake_aws::{Answer, serve};

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_holds_another_function_is_not_taken_without_being_told() {
    let desk = desk().await;
    desk.stack
        .cognito()
        .patch_pool(&desk.pool, json!({ "LambdaConfig": { "PostConfirmation": OTHER } }))
        .unwrap();

    let refused = desk.run(&format!("pool attach {BOTH} --apply --yes"));
    let replaced = desk.run(&format!("pool attach {BOTH} --apply --yes --replace"));

    assert_eq!(replaced.code, 0, "{replaced}");
    assert_eq!(lambdas(&described(&desk).await).0, json!(POST));
    assert_page!(refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_function_by_another_alias_counts_as_another_and_is_told() {
    let desk = desk().await;
    let live = POST.replace(":live", ":test");
    desk.stack
        .cognito()
        .patch_pool(&desk.pool, json!({ "LambdaConfig": { "PostConfirmation": live } }))
        .unwrap();

    let said = desk.run(&format!("pool attach {BOTH}")).fails(3);

    assert!(said.contains("the same function by another version or alias"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_another_tool_owns_is_not_changed_and_gets_the_lines_for_its_code() {
    let desk = desk().await;
    let tags =
        json!({ "aws:cloudformation:stack-name": "auth", "aws:cloudformation:logical-id": "UserPool" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();
    let before = described(&desk).await;

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes"));

    assert_eq!(described(&desk).await, before);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_owner_gets_lines_in_its_own_language() {
    let desk = desk().await;
    let mut lines = String::new();
    for tags in [
        json!({ "aws:cloudformation:stack-name": "a", "aws:cloudformation:logical-id": "Pool6BA7E5F2" }),
        json!({ "aws:cloudformation:stack-name": "a", "STAGE": "dev" }),
        json!({ "amplify:app-id": "x" }),
        json!({ "ManagedBy": "terraform" }),
        json!({ "pulumi:project": "x" }),
        json!({ "sst:app": "x" }),
        json!({ "crossplane-kind": "x" }),
    ] {
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": null })).unwrap();
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();
        let run = desk.run(&format!("pool attach {BOTH} --output json"));
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        run.fails(3);
        let (tool, fragment) = (&document["owner"]["tool"], document["fragment"].as_str().unwrap());
        lines += &["== ", tool.as_str().unwrap(), "\n", fragment, "\n"].concat();
    }

    assert_page!(lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_plan_lite_only_event_version_1_can_be_attached() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTier": "LITE" })).unwrap();

    let refused = desk.run(&format!("pool attach {BOTH} --apply --yes"));
    let done = desk.run(&format!("pool attach {BOTH} --event-version V1_0 --apply --yes"));

    assert_eq!(done.code, 0, "{done}");
    assert_eq!(lambdas(&described(&desk).await).1["LambdaVersion"], json!("V1_0"));
    assert_page!(refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cognito_may_not_invoke_is_not_attached() {
    let desk = desk().await;
    desk.stack.lambda().put_policy("pre-token-generation:live", None).unwrap();

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes"));

    assert_eq!(lambdas(&described(&desk).await), (json!(null), json!(null)));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_not_there_is_not_attached() {
    let desk = desk().await;

    let missing = desk.run(&format!("pool attach --post-confirmation {OTHER}")).fails(3);
    let no_alias =
        desk.run(&format!("pool attach --post-confirmation {}", POST.replace("live", "beta"))).fails(3);

    for said in [missing, no_alias] {
        assert!(said.contains("there is no such function, or no such version or alias"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_be_looked_at_is_attached_only_when_told_so() {
    let desk = desk().await;
    let denied =
        Fake::start(json!({}), json!({}), |_, _, _| Err(("AccessDeniedException".into(), "no".into()))).await;
    let url = [("AWS_ENDPOINT_URL_LAMBDA", denied.url.as_str())];

    let refused = desk.run_with(&format!("pool attach {BOTH} --apply --yes"), &url, "").fails(3);
    let done = desk.run_with(&format!("pool attach {BOTH} --apply --yes --skip-function-check"), &url, "");

    assert!(refused.contains("AccessDenied") && refused.contains("--skip-function-check"), "{refused}");
    assert_eq!(done.code, 0, "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_fails_for_another_reason_than_a_denial_ends_the_command_with_its_own_advice() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    let attached = described(&desk).await;
    let commands = [
        format!("pool attach --post-confirmation {OTHER} --replace --apply --yes"),
        "pool detach --apply --yes".to_owned(),
    ];
    let new_keys = "Set new keys in AWS_ACCESS_KEY_ID";
    for (code, message, advice) in [
        ("ExpiredTokenException", "the session has expired", new_keys),
        ("UnrecognizedClientException", "AWS does not accept these keys", new_keys),
        ("MissingAuthenticationTokenException", "there are no usable credentials", new_keys),
        ("TooManyRequestsException", "AWS throttled the call", "Try again in a minute."),
    ] {
        let lambda = serve(move |request| request.error(code, "no"));
        let url = [("AWS_ENDPOINT_URL_LAMBDA", lambda.as_str())];

        for line in &commands {
            let said = desk.run_with(line, &url, "").fails(1);

            assert!(said.contains("could not look at the function arn:") && said.contains(message), "{said}");
            assert!(said.contains(advice), "{line}: {said}");
            assert!(!said.contains("--skip-function-check") && !said.contains("--replace"), "{line}: {said}");
        }
    }
    assert_eq!(described(&desk).await, attached);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_between_the_function_and_its_policy_ends_the_command() {
    let desk = desk().await;
    let lambda = serve(|request| match request.operation.rsplit('/').next() {
        Some("configuration") => Answer::ok(&json!({ "State": "Active" })),
        Some("policy") => request.error("ExpiredTokenException", "expired"),
        _ => Answer::ok(&json!({})),
    });

    let url = [("AWS_ENDPOINT_URL_LAMBDA", lambda.as_str())];
    let said = desk.run_with(&format!("pool attach --post-confirmation {OTHER}"), &url, "").fails(1);

    assert!(said.contains("could not read the policy of the function arn:"), "{said}");
    assert!(said.contains("Set new keys in AWS_ACCESS_KEY_ID"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_refuses_the_pool_or_never_runs_is_not_attached() {
    let desk = desk().await;
    let with = |pools: &str| {
        let echo = FunctionProgram::in_process(|event| async { Ok(event) });
        let mut function = FunctionSpec::new("post-confirmation", echo);
        function.env.insert("TENANCY_TABLE".to_owned(), "tenancy".to_owned());
        function.env.insert("USER_POOL_IDS".to_owned(), pools.to_owned());
        desk.stack.lambda().add_function(function);
    };
    with("eu-west-1_Other");
    let refused = desk.run(&format!("pool attach {BOTH}")).fails(3);
    with(&desk.pool);

    assert!(refused.contains("it refuses this pool: its USER_POOL_IDS is eu-west-1_Other"), "{refused}");
    assert_eq!(desk.run(&format!("pool attach {BOTH}")).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_already_and_cannot_be_invoked_is_a_problem() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    desk.stack.lambda().put_policy("pre-token-generation:live", None).unwrap();

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes"));

    assert_eq!(run.code, 4, "{run}");
    assert!(run.stdout.contains("Nothing to do") && run.stdout.contains("does not let Cognito"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_says_when_nothing_tells_who_owns_the_pool_or_its_feature_plan() {
    let desk = desk().await;
    let mut pool = rich_fake();
    pool.as_object_mut().unwrap().remove("UserPoolTier");
    let fake = Fake::start(pool, mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before == 3 {
            world.pool["UserPoolTier"] = json!("ESSENTIALS");
        }
        Ok(())
    })
    .await;

    let plan = attach_fake(&desk, &fake, "--output json");
    let done = attach_fake(&desk, &fake, "--apply --yes");

    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let notes = plan["notes"].to_string();
    assert!(notes.contains("No tag names an owner of the pool. If a template owns it"), "{notes}");
    assert!(notes.contains("names no feature plan"), "{notes}");
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains("Cognito now says UserPoolTier: ESSENTIALS"), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pools_name_writes_no_line_of_its_own() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "Name": "x\nDone. All is well" })).unwrap();

    let run = desk.run(&format!("pool attach {BOTH}"));

    assert!(run.stdout.contains("(x Done. All is well)"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_not_attached_at_the_other_ones_trigger() {
    let desk = desk().await;

    let swapped =
        format!("pool attach --post-confirmation {PRE} --pre-token-generation {POST} --apply --yes");
    let refused = desk.run(&swapped);

    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("it is for the other trigger"), "{refused}");
    assert_eq!(lambdas(&described(&desk).await).0, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn attach_says_of_a_functions_policy_what_doctor_says() {
    let desk = desk().await;
    let pool = desk.stack.cognito().pool_arn(&desk.pool);
    let arn = |operator: &str, arn: &str| json!({ operator: { "aws:SourceArn": arn } });
    let (any, account) = ("for any user pool of any account", "for every user pool of the account");
    let rows = [
        (arn("ArnLike", &pool), Some(""), "permission-source-account"),
        (arn("ArnLike", "*"), Some(any), "permission-any-pool"),
        (arn("ArnLike", "arn:aws:cognito-idp:eu-west-1:*:userpool/*"), Some(any), "permission-any-pool"),
        (arn("ArnNotLike", "arn:aws:cognito-idp:eu-west-1:1:userpool/x"), Some(any), "permission-any-pool"),
        (arn("ArnNotLike", &pool), None, "permission-missing"),
        (json!({ "Null": { "aws:SourceArn": "false" } }), Some(any), "permission-any-pool"),
        (json!({ "Null": { "aws:SourceArn": "true" } }), None, "permission-missing"),
        (
            json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } }),
            Some(account),
            "permission-pools-of-account",
        ),
        (json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "false" } }), Some(any), "permission-any-pool"),
        (json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "true" } }), None, "permission-missing"),
        (json!({ "Bool": { "aws:SecureTransport": "true" } }), None, "permission-missing"),
    ];
    for (condition, note, rule) in rows {
        let statement = json!({
            "Sid": "s", "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" },
            "Action": "lambda:InvokeFunction", "Resource": POST, "Condition": condition,
        });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        desk.stack.lambda().put_policy("post-confirmation:live", Some(policy)).unwrap();
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "LambdaConfig": null })).unwrap();
        let attached = desk.run(&format!("pool attach --post-confirmation {POST}"));
        desk.stack
            .cognito()
            .patch_pool(&desk.pool, json!({ "LambdaConfig": { "PostConfirmation": POST } }))
            .unwrap();
        let doctor = desk.run("doctor --output json");

        let doctor: Value = serde_json::from_str(&doctor.stdout).unwrap();
        let findings = doctor["findings"].as_array().unwrap();
        let rules: Vec<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
        let said: String = attached.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(rules.contains(&rule), "{condition}: {rules:?}");
        assert_eq!(attached.code, if note.is_some() { 0 } else { 3 }, "{condition}: {attached}");
        match note {
            Some("") => assert!(!said.contains("Its policy lets"), "{condition}: {attached}"),
            Some(note) => assert!(said.contains(note), "{condition}: {attached}"),
            None => assert!(said.contains("Problem:"), "{condition}: {attached}"),
        }
    }
}
