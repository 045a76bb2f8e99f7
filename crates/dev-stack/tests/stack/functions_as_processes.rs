//! Functions as child processes: this test binary starts itself with `probe` as a function on the real
//! `lambda_runtime`.

use std::{collections::BTreeMap, time::Duration};

use crate::fixture::http;
use dev_stack::{DevStack, DevStackError, FunctionProgram, FunctionSpec, Invocation, StackOptions};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Not a test: what the child processes run.
#[test]
#[ignore = "is started by the tests as a function"]
fn probe() {
    assert!(std::env::var_os("PROBE_INIT_FAILS").is_none(), "the init phase was told to fail");
    println!("probe: init");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(lambda_runtime::run(service_fn(answer))).unwrap();
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let millis = event.payload["sleepMs"].as_u64().unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(millis)).await;
    match event.payload["do"].as_str() {
        Some("fail") => Err("as told".into()),
        Some("exit") => std::process::exit(3),
        Some("environment") => {
            let names: BTreeMap<_, _> =
                std::env::vars_os().map(|(name, value)| (text(&name), text(&value))).collect();
            Ok(json!(names))
        }
        _ => Ok(json!({
            "pid": std::process::id(),
            "arn": event.context.invoked_function_arn,
            "deadline": event.context.deadline,
            "event": event.payload,
        })),
    }
}

fn text(value: &std::ffi::OsStr) -> String {
    value.to_string_lossy().into_owned()
}

async fn stack_with(change: impl FnOnce(&mut FunctionSpec)) -> DevStack {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let program = FunctionProgram::Binary(std::env::current_exe().unwrap());
    let args =
        ["functions_as_processes::probe", "--exact", "--ignored", "--nocapture"].map(str::to_owned).to_vec();
    let mut spec = FunctionSpec { args, ..FunctionSpec::new("probe", program) };
    change(&mut spec);
    stack.lambda().add_function(spec);
    stack
}

async fn invoke(stack: &DevStack, event: Value) -> Invocation {
    stack.lambda().invoke("probe", event.to_string()).await.unwrap()
}

fn reply(invocation: &Invocation) -> Value {
    let Invocation::Ok(reply) = invocation else { panic!("{invocation:?}") };
    serde_json::from_slice(reply).unwrap()
}

#[tokio::test]
async fn events_one_after_another_share_a_process() {
    let stack = stack_with(|_| {}).await;

    let first = reply(&invoke(&stack, json!({ "n": 1 })).await);
    let second = reply(&invoke(&stack, json!({ "n": 2 })).await);

    assert_eq!(first["pid"], second["pid"]);
    assert_eq!(second["event"], json!({ "n": 2 }));
    assert_eq!(first["arn"], json!("arn:aws:lambda:eu-west-1:123456789012:function:probe"));
    assert!(first["deadline"].as_u64() < second["deadline"].as_u64(), "{first} {second}");
    assert_eq!(stack.lambda().environments("probe").unwrap(), 1);
    assert_eq!(stack.lambda().cold_starts("probe").unwrap(), 1);
    let logs = stack.lambda().logs("probe").unwrap();
    assert!(logs.iter().any(|line| line.contains("probe: init")), "{logs:?}");
    stack.stop().await;
}

#[tokio::test]
async fn events_at_one_time_get_a_process_each_up_to_the_limit() {
    let stack = stack_with(|spec| spec.max_environments = 2).await;
    let event = json!({ "sleepMs": 300 });

    let (a, b, c) = tokio::join!(
        invoke(&stack, event.clone()),
        invoke(&stack, event.clone()),
        invoke(&stack, event.clone())
    );

    let pids: std::collections::BTreeSet<_> =
        [a, b, c].iter().map(|invocation| reply(invocation)["pid"].as_u64()).collect();
    assert_eq!(pids.len(), 2);
    assert_eq!(stack.lambda().environments("probe").unwrap(), 2);
}

#[tokio::test]
async fn a_child_sees_lambdas_environment_and_its_own_and_nothing_else() {
    let stack = stack_with(|spec| {
        spec.env.insert("TENANCY_TABLE".to_owned(), "tenancy".to_owned());
    })
    .await;

    let environment = reply(&invoke(&stack, json!({ "do": "environment" })).await);

    assert_eq!(environment["TENANCY_TABLE"], json!("tenancy"));
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], json!("probe"));
    assert_eq!(environment["AWS_LAMBDA_LOG_FORMAT"], json!("JSON"));
    assert_eq!(environment["AWS_REGION"], json!("eu-west-1"));
    assert_eq!(environment.get("CARGO_MANIFEST_DIR"), None, "cargo gives it to this process");
    assert_eq!(environment.get("HOME"), None);
}

#[tokio::test]
async fn errors_timeouts_and_exits_are_what_lambda_reports() {
    let stack = stack_with(|_| {}).await;
    let set_timeout = |timeout| stack.lambda().set_timeout("probe", timeout).unwrap();

    set_timeout(Duration::from_mins(1));
    let failed = invoke(&stack, json!({ "do": "fail" })).await;
    set_timeout(Duration::from_millis(500));
    let timed_out = invoke(&stack, json!({ "sleepMs": 60_000 })).await;
    set_timeout(Duration::from_mins(1));
    let exited = invoke(&stack, json!({ "do": "exit" })).await;
    let healed = invoke(&stack, json!({})).await;

    assert!(matches!(&failed, Invocation::FunctionError(error) if error.error_message == "as told"));
    let Invocation::TimedOut(error) = timed_out else { panic!("{timed_out:?}") };
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(error.error_message.ends_with("Task timed out after 0.50 seconds"), "{error:?}");
    let Invocation::Exited(error) = exited else { panic!("{exited:?}") };
    assert_eq!(error.error_type, "Runtime.ExitError");
    let told = "Error: Runtime exited with error: exit status 3";
    assert!(error.error_message.ends_with(told), "{error:?}");
    reply(&healed);
    assert_eq!(stack.lambda().cold_starts("probe").unwrap(), 3, "two processes died");
}

#[tokio::test]
async fn a_killed_process_ends_its_event_and_the_next_event_starts_another() {
    let stack = stack_with(|_| {}).await;
    let before = reply(&invoke(&stack, json!({})).await);
    let lambda = stack.lambda().clone();
    let busy = tokio::spawn(async move { lambda.invoke("probe", r#"{"sleepMs":60000}"#).await });
    tokio::time::sleep(Duration::from_millis(100)).await;

    assert_eq!(stack.lambda().kill("probe").unwrap(), 1);

    let ended = busy.await.unwrap().unwrap();
    assert!(matches!(ended, Invocation::Exited(_)), "{ended:?}");
    let after = reply(&invoke(&stack, json!({})).await);
    assert_ne!(before["pid"], after["pid"]);
}

#[tokio::test]
async fn a_function_that_dies_in_init_is_tried_twice() {
    let stack = stack_with(|spec| {
        spec.env.insert("PROBE_INIT_FAILS".to_owned(), "yes".to_owned());
    })
    .await;

    let ended = invoke(&stack, json!({})).await;

    let Invocation::Exited(error) = ended else { panic!("{ended:?}") };
    assert!(error.error_message.ends_with("exit status 101"), "{error:?}");
    assert_eq!(stack.lambda().cold_starts("probe").unwrap(), 2);
    assert_eq!(stack.lambda().environments("probe").unwrap(), 0);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_invalid_entrypoint() {
    let stack = stack_with(|spec| spec.program = FunctionProgram::Binary("/no/such/program".into())).await;

    let ended = invoke(&stack, json!({})).await;

    let error = ended.error().expect("it cannot start");
    assert_eq!(error.error_type, "Runtime.InvalidEntrypoint");
    assert!(error.error_message.contains("/no/such/program"), "{error:?}");
}

#[tokio::test]
async fn children_die_with_the_stack() {
    let stack = stack_with(|_| {}).await;
    let pid = reply(&invoke(&stack, json!({})).await)["pid"].as_u64().unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{pid}/exe"));
    assert!(process.exists());
    let lambda = stack.lambda().clone();

    drop(stack);

    tokio::time::timeout(Duration::from_mins(1), async {
        while process.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the child is gone");
    let refused = lambda.invoke("probe", "{}").await.unwrap_err();
    assert!(matches!(refused, DevStackError::Stopped), "{refused}");
}

#[tokio::test]
async fn the_invoke_api_takes_names_and_arns_and_marks_errors_by_header() {
    let stack = stack_with(|_| {}).await;
    stack.lambda().add_alias("probe", "live", "1").unwrap();
    let url = |name: &str| format!("{}/2015-03-31/functions/{name}/invocations", stack.endpoints().lambda);
    let arn = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aprobe%3Alive";

    let (status, _, body) = http("POST", &url(arn), &[], r#"{"n":1}"#).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["event"]), (200, &json!({ "n": 1 })));

    let (status, head, body) = http("POST", &url("probe"), &[], r#"{"do":"fail"}"#).await;
    assert_eq!(status, 200);
    assert!(head.contains("x-amz-function-error: unhandled"), "{head}");
    assert!(body.contains(r#""errorMessage":"as told""#), "{body}");

    assert_eq!(http("POST", &url("probe:blue"), &[], "{}").await.0, 404, "no such alias");
    let by_query = format!("{}?Qualifier=blue", url("probe"));
    assert_eq!(http("POST", &by_query, &[], "{}").await.0, 404);
    let (status, head, _) = http("POST", &url("nobody"), &[], "{}").await;
    assert_eq!(status, 404);
    assert!(head.contains("x-amzn-errortype: resourcenotfoundexception"), "{head}");
    let (status, _, _) = http("POST", &url("probe"), &[], "no json").await;
    assert_eq!(status, 400);
}
