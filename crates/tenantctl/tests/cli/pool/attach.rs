//! Attaching to pools of the local stack.

use serde_json::json;

use super::fake::call;
use super::fixtures::{BOTH, POST, PRE, described, desk, lambdas, rest, rich};
use crate::assert_page;

#[tokio::test(flavor = "multi_thread")]
async fn without_apply_the_plan_is_shown_and_nothing_is_written() {
    let desk = desk().await;
    let before = described(&desk).await;

    let run = desk.run(&format!("pool attach {BOTH}"));

    assert_eq!(run.code, 0);
    assert_eq!(described(&desk).await, before);
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0, "no backup");
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_every_setting_keeps_all_of_them() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = described(&desk).await;

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes --backup before.json"));

    let after = described(&desk).await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(rest(after.clone()), rest(before.clone()));
    assert_eq!(lambdas(&after), (json!(POST), json!({ "LambdaArn": PRE, "LambdaVersion": "V2_0" })));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_is_called_at_the_next_sign_up() {
    let desk = desk().await;
    let url = desk.stack.endpoints().cognito.clone();
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let user = json!({
        "ClientId": desk.client, "Username": "ana@example.com", "Password": "Correct-Horse-9",
        "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
    });
    call(&url, "SignUp", &user).await;
    let code = desk.stack.cognito().delivered_code(&desk.pool, "ana@example.com").unwrap();
    let confirm = json!({ "ClientId": desk.client, "Username": "ana@example.com", "ConfirmationCode": code });
    call(&url, "ConfirmSignUp", &confirm).await;

    assert_eq!(desk.stack.cognito().trigger_records(&desk.pool).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_already_is_left_alone() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    let before = described(&desk).await;

    let run = desk.run(&format!("pool attach {BOTH} --apply"));

    assert_eq!(described(&desk).await, before);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_document_says_all() {
    let desk = desk().await;

    let plan = desk.json(&format!("pool attach {BOTH}"));
    let done = desk.json(&format!("pool attach {BOTH} --apply --yes --backup b.json"));

    assert_eq!(plan["applied"], json!(false));
    assert_eq!(plan["verified"], json!(null));
    assert_eq!(
        plan["plan"][0],
        json!({ "path": "LambdaConfig.PostConfirmation", "before": null, "after": POST })
    );
    assert_eq!((&done["applied"], &done["verified"]), (&json!(true), &json!(true)));
    assert_eq!((&done["backup"], &done["mfa"]), (&json!("b.json"), &json!("unchanged")));
    assert_eq!(done["functions"][1]["invocable"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_nothing_is_written() {
    let desk = desk().await;
    let before = described(&desk).await;

    let said = desk.run(&format!("pool attach {BOTH} --apply")).fails(2);

    assert!(said.contains("--yes"), "{said}");
    assert_eq!(described(&desk).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_not_there_is_named() {
    let desk = desk().await;

    let said = desk.run(&format!("pool attach {BOTH} --user-pool-id eu-west-1_Nowhere00")).fails(1);

    assert!(said.contains("eu-west-1_Nowhere00") && said.contains("region"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_followed_is_refused_before_anything_is_asked() {
    let desk = desk().await;
    for (line, wanted) in [
        ("pool attach", "--post-confirmation"),
        ("pool attach --post-confirmation post-confirmation", "no ARN of a Lambda function"),
        (
            "pool attach --post-confirmation arn:aws:lambda:us-east-1:123456789012:function:f:1",
            "a function of us-east-1, and the user pool is in eu-west-1",
        ),
        (
            "pool attach --post-confirmation arn:aws:lambda:eu-west-1:123456789012:function:f --event-version V2_0",
            "--pre-token-generation",
        ),
    ] {
        let said = desk.run(line).fails(2);

        assert!(said.contains(wanted), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_emergency_an_owned_pool_can_be_changed() {
    let desk = desk().await;
    let tags = json!({ "aws:cloudformation:stack-name": "auth", "team": "identity" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes --ignore-owner"));

    let after = described(&desk).await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(after["UserPoolTags"], tags);
    assert_eq!(lambdas(&after).0, json!(POST));
}
