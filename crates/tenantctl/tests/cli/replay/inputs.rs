//! What comes in: the file, the settings, the store.

use std::collections::BTreeMap;

use dev_stack::{FunctionProgram, FunctionSpec};
use serde_json::json;

use super::world::{SUB, World};
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_refused_in_words() {
    let desk = Desk::without_table().await;
    let rows = [
        ("{ \"email\": \"ana@example.com\", ", "standard input is not JSON: line 1"),
        ("{ \"email\": \"ana@example.com\" }", "has no `triggerSource`"),
        ("{ \"message\": { \"triggerSource\": \"TokenGeneration_X\" } }", "the event is inside `message`"),
        ("{ \"triggerSource\": \"PreSignUp_SignUp\" }", "PreSignUp_SignUp"),
    ];

    for (text, expected) in rows {
        let run = desk.run_with("replay -", &[], text);
        let said = run.fails(2);
        assert!(said.contains(expected) && !said.contains("ana@"), "{text}: {said}");
    }
    assert!(desk.run("replay nowhere.json").fails(1).contains("could not read nowhere.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_function_refuses_to_read_is_played_all_the_same() {
    let world = World::new().await;
    let mut event = world.sign_in();
    event["request"]["userAttributes"]["sub"] = json!("not a sub");

    let (code, document) = world.document(&event, "").await;

    assert_eq!((code, &document["refusal"]["code"]), (4, &json!("UNAVAILABLE")));
    assert_eq!(document["refusal"]["reason"], "event_invalid");
    assert_eq!(document["store"]["reads"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_setting_is_named() {
    let world = World::new().await;
    let event = world.sign_in();

    let values = world.replay(&event, "--set MODE=watch --set CLAIM_BYTES_MAX=1").await.fails(2);
    let name = world.replay(&event, "--set MOOD=enforce").await.fails(2);
    let table = world.replay(&event, "--set TENANCY_TABLE=x").await.fails(2);
    let moment = world.replay(&event, "--at tomorrow").await.fails(2);

    assert!(values.contains("MODE is `watch`") && values.contains("CLAIM_BYTES_MAX is `1`"), "{values}");
    assert!(name.contains("neither function has a setting MOOD"), "{name}");
    assert!(table.contains("--table"), "{table}");
    assert!(moment.contains("a moment is written like"), "{moment}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_functions_settings_are_the_base() {
    let world = World::new().await;
    let program = FunctionProgram::in_process(|event| async move { Ok(event) });
    let mut function = FunctionSpec::new("tokens", program);
    let settings = [("TENANCY_TABLE", "staging"), ("MODE", "observe"), ("DB_PASSWORD", "hunter2")];
    function.env = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    world.desk.stack.lambda().add_function(function);
    let event = world.sign_in();

    let observed = world.replay(&event, "--function tokens --output json").await;
    let enforced = world.replay(&event, "--function tokens --set MODE=enforce --output json").await;
    let unknown = world.replay(&event, "--function nobody").await.fails(1);

    assert_eq!((observed.code, enforced.code), (0, 4));
    assert!(
        observed.stderr.contains("tokens reads the table staging, and this command tenancy"),
        "{observed}"
    );
    assert!(!observed.to_string().contains("hunter2"), "{observed}");
    assert!(unknown.contains("could not read the settings of the function nobody"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_function_that_cannot_start_is_said_so() {
    let world = World::new().await;
    let program = FunctionProgram::in_process(|event| async move { Ok(event) });
    let mut function = FunctionSpec::new("tokens", program);
    function.env = BTreeMap::from([("MODE".to_owned(), "Enforce".to_owned())]);
    world.desk.stack.lambda().add_function(function);

    let run = world.replay(&world.sign_in(), "--function tokens").await;

    assert!(run.fails(1).contains("tokens cannot start: the settings are not usable: MODE is `Enforce`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_an_answer_says_nothing_about_the_user() {
    let world = World::new().await;

    for mode in ["enforce", "observe"] {
        let line = format!("--table elsewhere --set MODE={mode} --output json");
        let run = world.replay(&world.sign_in(), &line).await;

        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run}");
        assert!(run.stderr.contains("\"code\":\"store\""), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_a_local_file_needs_nothing_of_aws() {
    let world = World::new().await;
    let alone = [
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_LAMBDA",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "TENANCY_TABLE",
    ]
    .map(|name| (name, ""));
    let run =
        |line: &str, input: &str| world.desk.run_with(&format!("{line} --local tenants.db"), &alone, input);
    run("table create", "").ok();
    run("tenant create acme --name Acme --tier pro", "").ok();
    run(&format!("member add {SUB} --tenant acme --role admin"), "").ok();

    let played = run("replay -", &world.sign_in().to_string()).ok();

    assert!(played.starts_with("Tokens are issued for acme"), "{played}");
}
