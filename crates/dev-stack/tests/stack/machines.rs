//! Machine tokens from the token endpoint.

use crate::fixture::{Fixture, http, pool};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dev_stack::{ClientSettings, EventVersion, FunctionError, StackOptions, Trigger};
use serde_json::{Value, json};

async fn machine(version: EventVersion) -> (Fixture, String) {
    let client = ClientSettings {
        secret: true,
        scopes: vec!["api/read".to_owned(), "api/write".to_owned()],
        ..ClientSettings::default()
    };
    let fixture = Fixture::start_with(pool(version), client, StackOptions::default()).await;
    let secret = fixture.stack.cognito().client_secret(&fixture.pool, &fixture.client_id).unwrap();
    let basic = STANDARD.encode(format!("{}:{secret}", fixture.client_id));
    (fixture, format!("Basic {basic}"))
}

async fn request(fixture: &Fixture, authorization: &str, form: &str) -> (u16, Value) {
    let url = format!("{}/oauth2/token", fixture.stack.cognito().issuer(&fixture.pool));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", authorization)];
    let (status, _, body) = http("POST", &url, &headers, form).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_machine_token_is_customised_by_a_v3_trigger_only() {
    for (version, expected) in [(EventVersion::V2, None), (EventVersion::V3, Some(json!("acme")))] {
        let (fixture, authorization) = machine(version).await;
        fixture.add("pre", |mut event| {
            event["response"]["claimsAndScopeOverrideDetails"] =
                json!({ "accessTokenGeneration": { "claimsToAddOrOverride": { "tenant_id": "acme" } } });
            Ok(event)
        });
        let form =
            "grant_type=client_credentials&scope=api%2Fread&aws_client_metadata=%7B%22k%22%3A%22v%22%7D";

        let (status, answer) = request(&fixture, &authorization, form).await;

        assert_eq!(status, 200, "{answer}");
        let claims = fixture.claims(answer["access_token"].as_str().unwrap()).await;
        assert_eq!(claims.get("tenant_id"), expected.as_ref(), "{version:?}");
        assert_eq!(claims["sub"], json!(fixture.client_id));
        assert_eq!(claims["scope"], json!("api/read"));
        let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PreTokenGeneration);
        assert_eq!(record.is_some(), expected.is_some(), "{version:?}");
        if let Some(record) = record {
            let event: Value = serde_json::from_str(&record.event).unwrap();
            assert_eq!(event["triggerSource"], json!("TokenGeneration_ClientCredentials"));
            assert_eq!(event["userName"], json!("ClientCredentials"));
            assert_eq!(event["request"]["userAttributes"], json!({}));
            assert_eq!(event["request"].get("groupConfiguration"), Some(&Value::Null));
            assert_eq!(event["request"]["clientMetadata"], json!({ "k": "v" }));
        }
    }
}

#[tokio::test]
async fn refusals_are_those_of_oauth() {
    let (fixture, authorization) = machine(EventVersion::V3).await;
    fixture.add("pre", |_| Err(FunctionError::new("WRONG_TENANT", "No")));
    let credentials = "grant_type=client_credentials";
    let rows = [
        (authorization.as_str(), "scope=api%2Fread", "invalid_request"),
        (authorization.as_str(), "grant_type=password", "unsupported_grant_type"),
        ("Basic bm86bm8=", credentials, "invalid_client"),
        (authorization.as_str(), "grant_type=client_credentials&scope=other", "invalid_scope"),
        (authorization.as_str(), credentials, "invalid_request"),
    ];

    for (authorization, form, expected) in rows {
        let (status, answer) = request(&fixture, authorization, form).await;
        assert_eq!((status, &answer["error"]), (400, &json!(expected)), "{form}");
    }

    let (_, answer) = request(&fixture, &authorization, credentials).await;
    let message = "PreTokenGenerationV3_0 failed with error No.";
    assert_eq!(answer["error_description"], json!(message));
}
