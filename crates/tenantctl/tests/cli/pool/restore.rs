//! The way back.

use serde_json::{Value, json};

use super::fake::Fake;
use super::fixtures::{
    BOTH, POST, PRE, UNKNOWN, attach_fake, described, desk, lambdas, mfa, rich, rich_fake, run_fake,
    with_unknown,
};
use crate::assert_page;
use crate::support::Desk;

fn settled(mut pool: Value) -> Value {
    pool.as_object_mut().unwrap().remove("LastModifiedDate");
    pool
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_put_back_as_it_was_after_its_plan_was_shown() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = described(&desk).await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let attached = described(&desk).await;

    let plan = desk.run("pool restore b.json");
    let planned = described(&desk).await;
    let files = std::fs::read_dir(desk.folder.path()).unwrap().count();
    let done = desk.run("pool restore b.json --apply --yes --backup c.json");
    let restored = described(&desk).await;
    let again = desk.run("pool restore b.json --apply --yes");
    desk.run("pool restore c.json --apply --yes").ok();

    assert_eq!((plan.code, planned, files), (0, attached.clone(), 1));
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(settled(restored), settled(before));
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stdout.contains("Nothing to do") && again.stdout.contains("as in b.json"), "{again}");
    assert_eq!(settled(described(&desk).await), settled(attached), "the way back from the way back");
    assert_page!(plan);
    assert_page!(done);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_is_printed_puts_the_pool_back() {
    let desk = desk().await;
    let tags = json!({ "aws:cloudformation:stack-name": "auth" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();
    let before = described(&desk).await;

    let done =
        desk.run(&format!("pool attach {BOTH} --apply --yes --ignore-owner --backup 'my b.json'")).ok();
    let (_, command) = done.split_once("  tenantctl ").unwrap();
    let command = command.replace("\\\n", " ");
    let plan = desk.run(command.trim());
    let run = desk.run(&format!("{} --apply --yes", command.trim()));

    assert!(plan.stdout.contains("Plan: put back"), "{plan}");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(settled(described(&desk).await), settled(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_the_file_was_made_is_named_and_put_back_too() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = described(&desk).await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let untouched = desk.json("pool restore b.json");
    let since = json!({
        "DeletionProtection": "INACTIVE", "Policies": { "PasswordPolicy": { "MinimumLength": 20 } },
        "LambdaConfig": { "PostConfirmation": POST.replace(":live", ":next") },
    });
    desk.stack.cognito().patch_pool(&desk.pool, since).unwrap();

    let plan = desk.run("pool restore b.json");
    let document = desk.json("pool restore b.json");
    desk.run("pool restore b.json --apply --yes").ok();

    assert_eq!(untouched["changedSince"], json!([]));
    assert_eq!(
        document["changedSince"],
        json!([
            "DeletionProtection",
            "LambdaConfig.PostConfirmation",
            "Policies.PasswordPolicy.MinimumLength"
        ])
    );
    assert_eq!((&document["action"], &document["file"]), (&json!("restore"), &json!("b.json")));
    assert!(plan.stdout.contains("Other changes since the file was made"), "{plan}");
    assert_eq!(settled(described(&desk).await), settled(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_pool_and_what_is_no_backup_are_refused() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let attached = described(&desk).await;
    let backup = std::fs::read_to_string(desk.folder.path().join("b.json")).unwrap();
    let other = desk.stack.cognito().create_pool(dev_stack::PoolSettings::default());
    desk.file("region.json", &backup.replace(":cognito-idp:eu-west-1:", ":cognito-idp:eu-central-1:"));
    desk.file("request.json", r#"{ "UserPoolId": "x" }"#);
    desk.file("list.json", r#"{ "userPool": [] }"#);
    desk.file("torn.json", backup.split_at(backup.len() / 2).0);

    for (line, code, words) in [
        (format!("b.json --user-pool-id {other}"), 3, format!("not of {other}")),
        ("region.json".to_owned(), 3, "eu-central-1".to_owned()),
        ("request.json".to_owned(), 3, "is not a backup of a user pool".to_owned()),
        ("list.json".to_owned(), 3, "is not a backup of a user pool".to_owned()),
        ("torn.json".to_owned(), 3, "is not a backup of a user pool".to_owned()),
        ("none.json".to_owned(), 1, "could not read the file none.json".to_owned()),
    ] {
        let said = desk.run(&format!("pool restore {line} --apply --yes")).fails(code);
        assert!(said.contains(&words), "{line}: {said}");
    }

    assert_eq!(described(&desk).await, attached);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_nothing_is_put_back() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let attached = described(&desk).await;

    let said = desk.run("pool restore b.json --apply").fails(2);

    assert!(said.contains("--yes"), "{said}");
    assert_eq!(described(&desk).await, attached);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_another_tool_owns_is_put_back_only_when_told_so() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let tags = json!({ "aws:cloudformation:stack-name": "auth" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();

    let refused = desk.run("pool restore b.json --apply --yes").fails(3);
    desk.run("pool restore b.json --apply --yes --ignore-owner").ok();

    assert!(refused.contains("belongs to CloudFormation") && refused.contains("--ignore-owner"), "{refused}");
    let pool = described(&desk).await;
    assert_eq!((lambdas(&pool), &pool["UserPoolTags"]), ((json!(null), json!(null)), &tags));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_gone_is_not_put_back_unless_told_so() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup a.json")).ok();
    desk.run("pool detach --apply --yes --backup b.json").ok();
    desk.stack.lambda().put_policy("pre-token-generation:live", None).unwrap();

    let refused = desk.run("pool restore b.json --apply --yes");
    let detached = described(&desk).await;
    desk.run("pool restore b.json --apply --yes --skip-function-check").ok();

    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("does not let Cognito invoke it"), "{refused}");
    assert_eq!(lambdas(&detached), (json!(null), json!(null)));
    let config = json!({ "LambdaArn": PRE, "LambdaVersion": "V2_0" });
    assert_eq!(lambdas(&described(&desk).await), (json!(POST), config));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_no_sdk_knows_are_put_back_byte_for_byte() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |_, _, _| Ok(())).await;
    let text = with_unknown(&rich_fake());
    let known: Value = serde_json::from_str(&text).unwrap();
    fake.change(|world| {
        world.pool = known.clone();
        world.pool_text = Some(text.clone());
    });
    attach_fake(&desk, &fake, "--apply --yes --backup b.json").ok();
    fake.change(|world| {
        world.pool["DcrConfiguration"] = json!({ "EnableStatus": "Enabled" });
        world.pool["NewNothing"] = json!(7);
        world.pool["Newest"] = json!({ "Types": [] });
    });

    let run = run_fake(&desk, &fake, "restore b.json --apply --yes");

    assert_eq!(run.code, 0, "{run}");
    let sent = fake.sent_texts("UpdateUserPool");
    for (name, text) in UNKNOWN {
        assert_eq!(sent[name], text, "{name}");
        assert_eq!(fake.pool()[name], known[name], "{name}");
    }
    // What the file cannot know stays.
    assert_eq!(sent["Newest"], r#"{"Types":[]}"#);
    let said: String = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("so they stay as they are now: Newest"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mfa_configuration_is_put_back_before_the_pool_that_names_its_mode() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        let mode = world.calls.last().map(|(_, body)| body["MfaConfiguration"].clone());
        if operation == "UpdateUserPool" && mode != Some(world.mfa["MfaConfiguration"].clone()) {
            return Err((
                "InvalidParameterException".to_owned(),
                "Invalid MFA configuration given".to_owned(),
            ));
        }
        Ok(())
    })
    .await;
    attach_fake(&desk, &fake, "--apply --yes --backup b.json").ok();
    fake.change(|world| {
        world.mfa = json!({ "MfaConfiguration": "OFF" });
        world.pool["MfaConfiguration"] = json!("OFF");
    });

    let plan = run_fake(&desk, &fake, "restore b.json");
    let run = run_fake(&desk, &fake, "restore b.json --apply --yes");

    assert!(plan.stdout.contains("GetUserPoolMfaConfig.MfaConfiguration"), "{plan}");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!((fake.mfa(), &fake.pool()["MfaConfiguration"]), (mfa(), &json!("OPTIONAL")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_put_everything_back_is_found_out() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "UpdateUserPool" && before == 1 {
            world.pool["Lost"] = json!(true);
        }
        if operation == "DescribeUserPool" && world.pool.get("Lost").is_some() {
            world.pool["DeletionProtection"] = json!("INACTIVE");
        }
        Ok(())
    })
    .await;
    attach_fake(&desk, &fake, "--apply --yes --backup b.json").ok();

    let said = run_fake(&desk, &fake, "restore b.json --apply --yes --backup c.json").fails(1);

    assert!(said.contains("DeletionProtection: ACTIVE -> INACTIVE"), "{said}");
    assert!(said.contains("tenantctl pool restore c.json"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_older_version_is_put_back_too() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = described(&desk).await;
    desk.run(&format!("pool attach {BOTH} --apply --yes --backup b.json")).ok();
    let path = desk.folder.path().join("b.json");
    let mut backup: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    backup.as_object_mut().unwrap().remove("change");
    std::fs::write(&path, format!("{backup:#}\n")).unwrap();

    let document = desk.json("pool restore b.json --apply --yes");

    assert_eq!((&document["verified"], &document["changedSince"]), (&json!(true), &json!([])));
    assert_eq!(settled(described(&desk).await), settled(before));
}
