//! A look at functions, their aliases and permissions, and at the caller: by hand, as the SDKs write it.

use std::time::Duration;

use crate::fixture::http;
use dev_stack::{
    ACCOUNT_ID, DevStack, DevStackError, FunctionProgram, FunctionSpec, Permission, StackOptions,
};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:pre";
const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc";

async fn stack() -> DevStack {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let program = FunctionProgram::in_process(|event| async move { Ok(event) });
    let mut spec = FunctionSpec::new("pre", program);
    spec.env.insert("TENANCY_TABLE".to_owned(), "tenancy".to_owned());
    stack.lambda().add_function(spec);
    stack
}

/// One call: status, head, body.
async fn call(stack: &DevStack, method: &str, path: &str, body: &str) -> (u16, String, Value) {
    let url = format!("{}/2015-03-31/functions/{path}", stack.endpoints().lambda);
    let (status, head, body) = http(method, &url, &[("content-type", "application/json")], body).await;
    (status, head, serde_json::from_str(&body).unwrap_or_default())
}

async fn get(stack: &DevStack, path: &str) -> Value {
    let (status, _, body) = call(stack, "GET", path, "").await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn not_found(stack: &DevStack, path: &str) -> String {
    let (status, head, body) = call(stack, "GET", path, "").await;
    assert_eq!(status, 404, "{path}: {body}");
    assert!(head.contains("x-amzn-errortype: resourcenotfoundexception"), "{head}");
    body["Message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_function_is_described_by_name_version_and_alias() {
    let stack = stack().await;
    stack.lambda().add_alias("pre", "live", "3").unwrap();
    stack.lambda().set_timeout("pre", Duration::from_secs(4)).unwrap();

    let plain = get(&stack, "pre/configuration").await;
    assert_eq!(plain["FunctionArn"], json!(ARN));
    assert_eq!((&plain["Timeout"], &plain["MemorySize"]), (&json!(4), &json!(512)));
    assert_eq!((&plain["Runtime"], &plain["Version"]), (&json!("provided.al2023"), &json!("$LATEST")));
    assert_eq!((&plain["State"], &plain["LastUpdateStatus"]), (&json!("Active"), &json!("Successful")));
    assert_eq!(plain["Environment"]["Variables"], json!({ "TENANCY_TABLE": "tenancy" }));

    let escaped = format!("{}%3Alive", ARN.replace(':', "%3A"));
    for path in
        ["pre/configuration?Qualifier=live", "pre:live/configuration", &format!("{escaped}/configuration")]
    {
        let live = get(&stack, path).await;
        assert_eq!(live["FunctionArn"], json!(format!("{ARN}:live")), "{path}");
        assert_eq!(live["Version"], json!("3"), "{path}");
    }
    assert_eq!(get(&stack, "pre?Qualifier=3").await["Configuration"]["Version"], json!("3"));
    stack.lambda().patch_configuration("pre", json!({ "Runtime": "nodejs22.x", "Role": null })).unwrap();
    let odd = get(&stack, "pre/configuration").await;
    assert_eq!((&odd["Runtime"], odd.get("Role")), (&json!("nodejs22.x"), None));

    assert!(not_found(&stack, "nobody").await.ends_with(":function:nobody"));
    not_found(&stack, "nobody/configuration").await;
    assert!(not_found(&stack, "pre?Qualifier=blue").await.ends_with(":function:pre:blue"));
    let unknown = stack.lambda().add_alias("nobody", "live", "1").unwrap_err();
    assert!(matches!(unknown, DevStackError::UnknownFunction(_)), "{unknown}");
}

#[tokio::test]
async fn aliases_are_made_and_read() {
    let stack = stack().await;
    let input = r#"{"Name":"live","FunctionVersion":"1"}"#;

    let (status, _, made) = call(&stack, "POST", "pre/aliases", input).await;
    let (again, _, _) = call(&stack, "POST", "pre/aliases", input).await;

    assert_eq!((status, again), (201, 409));
    assert_eq!(made["AliasArn"], json!(format!("{ARN}:live")));
    assert_eq!(get(&stack, "pre/aliases/live").await, made);
    assert_eq!(get(&stack, "pre/aliases").await["Aliases"], json!([made]));
    assert!(not_found(&stack, "pre/aliases/blue").await.contains("Cannot find alias arn"));
}

#[tokio::test]
async fn a_policy_is_of_one_alias_and_there_is_none_without_statements() {
    let stack = stack().await;
    stack.lambda().add_alias("pre", "live", "1").unwrap();
    not_found(&stack, "pre/policy").await;
    let input = json!({
        "StatementId": "cognito", "Action": "lambda:InvokeFunction", "Principal": "cognito-idp.amazonaws.com",
        "SourceArn": POOL, "SourceAccount": ACCOUNT_ID,
    });

    let path = "pre/policy?Qualifier=live";
    let (status, _, added) = call(&stack, "POST", path, &input.to_string()).await;
    let (again, _, _) = call(&stack, "POST", path, &input.to_string()).await;

    let expected = json!({
        "Sid": "cognito", "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" },
        "Action": "lambda:InvokeFunction", "Resource": format!("{ARN}:live"),
        "Condition": {
            "StringEquals": { "AWS:SourceAccount": ACCOUNT_ID },
            "ArnLike": { "AWS:SourceArn": POOL },
        },
    });
    assert_eq!((status, again), (201, 409));
    let statement: Value = serde_json::from_str(added["Statement"].as_str().unwrap()).unwrap();
    assert_eq!(statement, expected);
    let policy = get(&stack, path).await;
    let document: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(document["Statement"], json!([expected]));
    assert!(policy["RevisionId"].is_string());
    not_found(&stack, "pre/policy").await;

    let stale = "pre/policy/cognito?Qualifier=live&RevisionId=other";
    assert_eq!(call(&stack, "DELETE", stale, "").await.0, 412);
    let sid = "pre/policy/cognito?Qualifier=live";
    assert_eq!(call(&stack, "DELETE", sid, "").await.0, 204);
    assert_eq!(call(&stack, "DELETE", sid, "").await.0, 404);
    not_found(&stack, path).await;
}

#[tokio::test]
async fn tests_put_good_and_bad_permissions_there() {
    let stack = stack().await;
    let lambda = stack.lambda();
    lambda.add_alias("pre", "live", "1").unwrap();
    let open = Permission::of_cognito("a");
    let bound = Permission { source_arn: Some(POOL.to_owned()), ..open.clone() };

    lambda.add_permission("pre", &open).unwrap();
    lambda.add_permission("pre", &bound).unwrap();
    lambda.add_permission(&format!("{ARN}:live"), &open).unwrap();

    let statements = |policy: Option<Value>| policy.unwrap()["Statement"].clone();
    let plain = statements(lambda.policy("pre").unwrap());
    assert_eq!(plain.as_array().unwrap().len(), 1, "the same id replaces");
    assert_eq!(plain[0]["Condition"], json!({ "ArnLike": { "AWS:SourceArn": POOL } }));
    assert_eq!(statements(lambda.policy("pre:live").unwrap())[0].get("Condition"), None);
    let deny = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny" }] });
    lambda.put_policy("pre:live", Some(deny.clone())).unwrap();
    assert_eq!(lambda.policy("pre:live").unwrap(), Some(deny));
    lambda.put_policy("pre:live", None).unwrap();
    not_found(&stack, "pre/policy?Qualifier=live").await;
}

#[tokio::test]
async fn everybody_is_the_local_user_of_the_stacks_account() {
    let stack = stack().await;
    let url = format!("{}/", stack.endpoints().sts);
    assert_eq!(stack.endpoints().environment()["AWS_ENDPOINT_URL_STS"], stack.endpoints().sts);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let ask = |action: &'static str| {
        let (url, headers) = (url.clone(), headers);
        async move {
            let form = format!("Action={action}&Version=2011-06-15");
            let (status, _, body) = http("POST", &url, &headers, &form).await;
            (status, body)
        }
    };

    let (status, body) = ask("GetCallerIdentity").await;
    assert_eq!(status, 200);
    assert!(body.contains("<Arn>arn:aws:iam::123456789012:user/local</Arn>"), "{body}");
    assert!(body.contains("<Account>123456789012</Account>"), "{body}");

    stack.sts().set_caller_arn("arn:aws:sts::210987654321:assumed-role/Operator/ana");
    let (_, body) = ask("GetCallerIdentity").await;
    assert!(body.contains("assumed-role/Operator/ana") && body.contains("<Account>210987654321<"), "{body}");
    let (status, body) = ask("AssumeRole").await;
    assert_eq!(status, 400);
    assert!(body.contains("<Code>InvalidAction</Code>"), "{body}");
}
