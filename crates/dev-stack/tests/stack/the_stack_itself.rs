//! Starting, stopping, and what is kept.

use std::time::Duration;

use dev_stack::{ClientSettings, DevStack, DevStackError, PoolSettings, StackOptions, Triggers};
use serde_json::{Value, json};

use crate::fixture::{EMAIL, Fixture, PASSWORD, api, http};

/// One call of the `DynamoDB` API.
async fn dynamodb(stack: &DevStack, operation: &str, input: Value) -> Value {
    let target = format!("DynamoDB_20120810.{operation}");
    let authorization = "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, \
                         SignedHeaders=host, Signature=0";
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", target.as_str()),
        ("x-amz-date", "20260101T000000Z"),
        ("authorization", authorization),
    ];
    let url = format!("{}/", stack.endpoints().dynamodb);
    let (_, _, body) = http("POST", &url, &headers, &input.to_string()).await;
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn tables_on_a_file_outlive_the_stack() {
    let file = std::env::temp_dir().join(format!("dev-stack-{}.db", std::process::id()));
    let options = || StackOptions { data: Some(file.clone()), ..StackOptions::default() };
    let first = DevStack::start(options()).await.unwrap();
    let table = json!({
        "TableName": "tenancy",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
    });
    dynamodb(&first, "CreateTable", table).await;
    first.stop().await;

    let second = DevStack::start(options()).await.unwrap();

    let tables = dynamodb(&second, "ListTables", json!({})).await;
    assert_eq!(tables["TableNames"], json!(["tenancy"]));
    let memory = DevStack::start(StackOptions::default()).await.unwrap();
    let tables = dynamodb(&memory, "ListTables", json!({})).await;
    assert_eq!(tables["TableNames"], json!([]), "a stack in memory starts empty");
    second.stop().await;
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_stopped_stack_answers_nobody() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let cognito = fixture.stack.endpoints().cognito.clone();
    fixture.sign_up().await;

    tokio::time::timeout(Duration::from_mins(1), fixture.stack.stop()).await.expect("it stops");

    let address = cognito.strip_prefix("http://").unwrap();
    // If anybody listens, it is another test, whose stack has the port now and does not know the pool.
    if tokio::net::TcpStream::connect(address).await.is_ok() {
        let keys = format!("{cognito}/{}/.well-known/jwks.json", fixture.pool);
        assert_eq!(http("GET", &keys, &[], "").await.0, 404);
    }
}

#[tokio::test]
async fn unknown_pools_are_named() {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let cognito = stack.cognito();

    let client = cognito.create_client("eu-west-1_none", ClientSettings::default()).unwrap_err();
    let triggers = cognito.set_triggers("eu-west-1_none", &Triggers::default()).unwrap_err();

    assert_eq!(client.to_string(), "no user pool `eu-west-1_none` in the local Cognito");
    assert!(matches!(triggers, DevStackError::UnknownPool(_)), "{triggers}");
    let (status, _, _) = http("GET", &cognito.jwks_url("eu-west-1_none"), &[], "").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn ids_look_like_cognitos() {
    let fixture = Fixture::start(PoolSettings::default()).await;

    let (region, rest) = fixture.pool.split_once('_').unwrap();

    assert_eq!(region, "eu-west-1");
    assert!(rest.len() == 9 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{rest}");
    let id = &fixture.client_id;
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    assert!(id.len() == 26 && id.bytes().all(lower), "{id}");
}

#[tokio::test]
async fn ports_and_ids_can_be_fixed() {
    // Below the ports that systems give out; another program may have one of the five.
    let first = 20_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 10;
    let options = |port| StackOptions { port: Some(port), ..StackOptions::default() };
    let mut started = None;
    for port in (first..).step_by(5).take(100) {
        match DevStack::start(options(port)).await {
            Ok(stack) => started = Some((stack, port)),
            Err(DevStackError::Listen { .. }) => continue,
            Err(other) => panic!("{other}"),
        }
        break;
    }
    let (stack, port) = started.expect("five free ports");
    let cognito = stack.cognito();

    let pool = cognito.create_pool(PoolSettings { id: Some("eu-west-1_local".into()), ..Default::default() });
    let settings = ClientSettings { id: Some("web".into()), ..Default::default() };
    let client = cognito.create_client(&pool, settings).unwrap();

    assert_eq!(cognito.issuer(&pool), format!("http://127.0.0.1:{port}/eu-west-1_local"));
    assert_eq!(client, "web");
    let endpoints = stack.endpoints();
    let others = [&endpoints.dynamodb, &endpoints.lambda, &endpoints.sts, &endpoints.iam];
    let expected = [1, 2, 3, 4].map(|place| format!("http://127.0.0.1:{}", port + place));
    assert_eq!(others.map(String::clone), expected);
    let taken = DevStack::start(options(port)).await.unwrap_err();
    assert!(taken.to_string().starts_with("could not listen on 127.0.0.1:"), "{taken}");
}

#[tokio::test]
async fn users_and_all_that_they_need_outlive_a_stack_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = || StackOptions { data: Some(folder.path().join("t.db")), ..StackOptions::default() };
    let mut fixture =
        Fixture::start_with(PoolSettings::default(), ClientSettings::default(), options()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();
    let sub = fixture.stack.cognito().sub(&fixture.pool, EMAIL).unwrap();
    fixture.stack.stop().await;

    fixture.stack = DevStack::start(options()).await.unwrap();
    fixture.api = api(&fixture.stack.endpoints().cognito);

    let cognito = fixture.stack.cognito();
    assert_eq!(cognito.pools_named("local"), [fixture.pool.clone()]);
    assert_eq!(cognito.clients_named(&fixture.pool, "local"), [fixture.client_id.clone()]);
    assert_eq!(cognito.sub(&fixture.pool, EMAIL), Some(sub));
    fixture.start_auth(EMAIL, PASSWORD).await.expect("the password");
    let refreshed = fixture.refresh(tokens.refresh_token().unwrap()).await.expect("the refresh token");
    let issuer = fixture.claims(refreshed.id_token().unwrap()).await["iss"].clone();
    assert_eq!(issuer, json!(cognito.issuer(&fixture.pool)), "of the new port");
    // Signed before, by the same keys.
    fixture.claims(tokens.id_token().unwrap()).await;
    fixture.stack.stop().await;
    let kept = folder.path().join("t.db.cognito.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "it holds passwords");
    std::fs::write(&kept, "{").unwrap();
    let refused = DevStack::start(options()).await.unwrap_err();
    assert!(refused.to_string().contains("remove the file to start without users"), "{refused}");
}

#[tokio::test]
async fn changes_are_on_the_file_before_the_stack_stops() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("t.db");
    let options = StackOptions { data: Some(data), ..StackOptions::default() };
    let fixture = Fixture::start_with(PoolSettings::default(), ClientSettings::default(), options).await;
    fixture.sign_up().await;

    let kept = folder.path().join("t.db.cognito.json");
    let saved = async {
        while !std::fs::read_to_string(&kept).is_ok_and(|text| text.contains(EMAIL)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), saved).await.expect("it is saved");
}

#[test]
fn every_known_difference_is_published() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cognito.md")).unwrap();
    let section = page.split_once("## Where the local stack differs").unwrap().1;
    let section = section.split_once("\n## ").unwrap().0;
    let is_row =
        |line: &&str| line.starts_with("| ") && !["| ---", "| |"].iter().any(|begin| line.starts_with(begin));
    let published: Vec<_> = section.lines().filter(is_row).collect();

    let known = dev_stack::cognito::differences::DIFFERENCES
        .map(|known| format!("| {} | {} | {} |", known.about, known.aws, known.here));

    assert_eq!(published, known);
}
