//! Roles, functions, domains and scopes that a script makes and deletes, by hand, as the SDKs write it.

use std::io::{Cursor, Write as _};

use crate::fixture::{Fixture, get, http, pool};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dev_stack::{DevStack, EventVersion, PoolSettings, StackOptions};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A zip whose `bootstrap` does not run on any processor.
const ARCHIVE: &[u8] = include_bytes!("../archive.zip");

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%7D";

/// One call of IAM: status and XML.
async fn iam(stack: &DevStack, form: &str) -> (u16, String) {
    let url = format!("{}/", stack.endpoints().iam);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let (status, _, body) = http("POST", &url, &headers, form).await;
    (status, body)
}

async fn lambda(stack: &DevStack, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/2015-03-31/functions{path}", stack.endpoints().lambda);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, _, body) = http(method, &url, &[("content-type", "application/json")], &body).await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

async fn cognito(stack: &DevStack, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let url = format!("{}/", stack.endpoints().cognito);
    let (status, _, body) = http("POST", &url, &[("x-amz-target", &target)], &input.to_string()).await;
    (status, serde_json::from_str(&body).unwrap())
}

fn function(name: &str, zip: &[u8]) -> Value {
    json!({
        "FunctionName": name, "Role": "arn:aws:iam::123456789012:role/runs", "Runtime": "provided.al2023",
        "Handler": "bootstrap", "Timeout": 20, "Environment": { "Variables": { "MODE": "observe" } },
        "Code": { "ZipFile": STANDARD.encode(zip) },
    })
}

/// A zip of one file `bootstrap`, executable.
fn zipped(content: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_role_goes_only_after_its_policies() {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let create = format!("Action=CreateRole&RoleName=runs&AssumeRolePolicyDocument={TRUST}");

    let (status, made) = iam(&stack, &create).await;
    assert_eq!(status, 200, "{made}");
    assert!(made.contains("<Arn>arn:aws:iam::123456789012:role/runs</Arn>"), "{made}");
    assert!(iam(&stack, &create).await.1.contains("EntityAlreadyExists"));
    let put = format!("Action=PutRolePolicy&RoleName=runs&PolicyName=calls&PolicyDocument={TRUST}");
    assert_eq!(iam(&stack, &put).await.0, 200);
    assert!(iam(&stack, "Action=DeleteRole&RoleName=runs").await.1.contains("DeleteConflict"));
    assert_eq!(iam(&stack, "Action=DeleteRolePolicy&RoleName=runs&PolicyName=calls").await.0, 200);
    assert_eq!(stack.iam().roles(), ["runs"]);
    assert_eq!(iam(&stack, "Action=DeleteRole&RoleName=runs").await.0, 200);

    assert!(stack.iam().roles().is_empty());
    assert!(iam(&stack, "Action=GetRole&RoleName=runs").await.1.contains("NoSuchEntity"));
    assert!(iam(&stack, "Action=CreateUser&UserName=u&RoleName=runs").await.0 >= 400);
}

#[tokio::test]
async fn a_function_made_of_a_zip_runs_and_finds_this_stack() {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    // It fails its start with what it finds in its environment as the reason.
    let script = "#!/bin/sh\nbody=\"{\\\"errorType\\\":\\\"Seen\\\",\\\"errorMessage\\\":\\\"$MODE $AWS_ENDPOINT_URL_DYNAMODB\\\"}\"\n\
                  printf '%s' \"$body\" >&2\nexit 3\n";

    let (status, refused) = lambda(&stack, "POST", "", &function("made", ARCHIVE)).await;
    assert_eq!((status, refused["Type"].as_str()), (400, Some("User")), "there is no such role yet");
    let create = format!("Action=CreateRole&RoleName=runs&AssumeRolePolicyDocument={TRUST}");
    iam(&stack, &create).await;
    let (status, _) = lambda(&stack, "POST", "", &function("broken", b"no zip")).await;
    assert_eq!(status, 400);
    let (status, made) = lambda(&stack, "POST", "", &function("made", &zipped(script))).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        (&made["State"], &made["Timeout"], &made["Role"], &made["Runtime"]),
        (
            &json!("Active"),
            &json!(20),
            &json!("arn:aws:iam::123456789012:role/runs"),
            &json!("provided.al2023")
        )
    );
    assert_eq!(made["Environment"]["Variables"], json!({ "MODE": "observe" }));
    assert_eq!(lambda(&stack, "POST", "", &function("made", ARCHIVE)).await.0, 409);
    let (_, listed) = lambda(&stack, "GET", "", &Value::Null).await;
    assert_eq!(listed["Functions"][0]["FunctionName"], json!("made"));

    let (_, answer) = lambda(&stack, "POST", "/made/invocations", &json!({})).await;
    assert!(answer["errorMessage"].as_str().unwrap().contains("exit status 3"), "{answer}");
    let seen = format!("observe {}", stack.endpoints().dynamodb);
    let logs = stack.lambda().logs("made").unwrap();
    assert!(logs.iter().any(|line| line.contains(&seen)), "{logs:?}");

    assert_eq!(lambda(&stack, "DELETE", "/made", &Value::Null).await.0, 204);
    assert_eq!(lambda(&stack, "DELETE", "/made", &Value::Null).await.0, 404);
    assert!(stack.lambda().names().is_empty());
}

#[tokio::test]
async fn a_pool_with_a_domain_is_not_deleted() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let stack = &fixture.stack;
    let (_, made) = cognito(stack, "CreateUserPool", json!({ "PoolName": "p" })).await;
    let pool = made["UserPool"]["Id"].as_str().unwrap();
    let domain = |operation: &'static str, pool: &str, domain: &str| {
        cognito(stack, operation, json!({ "UserPoolId": pool, "Domain": domain }))
    };

    let (_, refused) = domain("CreateUserPoolDomain", pool, "my-cognito").await;
    assert_eq!(refused["message"], json!("Domain cannot contain reserved word: cognito"));
    assert_eq!(domain("CreateUserPoolDomain", pool, "-x").await.0, 400);
    assert_eq!(domain("CreateUserPoolDomain", pool, "mine").await.0, 200);
    assert_eq!(domain("CreateUserPoolDomain", &fixture.pool, "mine").await.0, 400);
    assert_eq!(cognito(stack, "DeleteUserPool", json!({ "UserPoolId": pool })).await.0, 400);
    let (_, shown) = cognito(stack, "DescribeUserPoolDomain", json!({ "Domain": "mine" })).await;
    assert_eq!(shown["DomainDescription"]["UserPoolId"], json!(pool));
    assert_eq!(domain("DeleteUserPoolDomain", pool, "other").await.0, 400);
    assert_eq!(domain("DeleteUserPoolDomain", pool, "mine").await.0, 200);

    let (_, shown) = cognito(stack, "DescribeUserPoolDomain", json!({ "Domain": "mine" })).await;
    assert_eq!(shown["DomainDescription"], json!({}));
    assert_eq!(cognito(stack, "DeleteUserPool", json!({ "UserPoolId": pool })).await.0, 200);
}

#[tokio::test]
async fn a_machine_asks_for_scopes_of_a_resource_server() {
    let fixture = Fixture::start(pool(EventVersion::V3)).await;
    let stack = &fixture.stack;
    fixture.add("pre", Ok);
    let client = json!({
        "UserPoolId": fixture.pool, "ClientName": "machine", "GenerateSecret": true,
        "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["api/read"],
        "AllowedOAuthFlowsUserPoolClient": true,
    });
    let server = json!({
        "UserPoolId": fixture.pool, "Identifier": "api", "Name": "API",
        "Scopes": [{ "ScopeName": "read", "ScopeDescription": "to read" }],
    });
    let named = json!({ "UserPoolId": fixture.pool, "Identifier": "api" });

    let (_, refused) = cognito(stack, "CreateUserPoolClient", client.clone()).await;
    assert_eq!(refused["__type"], json!("ScopeDoesNotExistException"));
    assert_eq!(cognito(stack, "CreateResourceServer", server.clone()).await.0, 200);
    assert_eq!(cognito(stack, "CreateResourceServer", server.clone()).await.0, 400);
    let (_, shown) = cognito(stack, "DescribeResourceServer", named.clone()).await;
    assert_eq!(shown["ResourceServer"], server);
    let (status, made) = cognito(stack, "CreateUserPoolClient", client).await;
    assert_eq!(status, 200, "{made}");
    let secret = |name: &str| made["UserPoolClient"][name].as_str().unwrap().to_owned();
    let issuer = stack.cognito().issuer(&fixture.pool);
    let endpoint = get(&format!("{issuer}/.well-known/openid-configuration")).await["token_endpoint"].clone();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        secret("ClientId"),
        secret("ClientSecret")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let (status, _, token) = http("POST", endpoint.as_str().unwrap(), &headers, &form).await;

    assert_eq!(status, 200, "{token}");
    assert_eq!(cognito(stack, "DeleteResourceServer", named.clone()).await.0, 200);
    assert_eq!(cognito(stack, "DeleteResourceServer", named).await.0, 400);
}
