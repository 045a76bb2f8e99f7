//! Requests as Lambda gets them: payloads 1.0 and 2.0 of API Gateway, and function URLs.

use std::time::{Duration, SystemTime};

use function::{Call, Function as _};
use router::Gate;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Door, SHARED};

async fn answer(gate: &Gate<crate::support::Table>, event: &str) -> Result<Value, String> {
    let began = Instant::now();
    let call = Call {
        event,
        request_id: "r",
        is_cold_start: true,
        now: SystemTime::UNIX_EPOCH,
        began,
        deadline: began + Duration::from_secs(3),
    };
    let answer = gate.answer(&call).await.map_err(|error| error.error_message)?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

fn gate() -> Gate<crate::support::Table> {
    Gate(Door::with(&[("ALLOWED_ORIGINS", "https://www.example.com")]).door)
}

/// Payload 1.0 of a REST or HTTP API.
fn payload_1(method: &str, host: &str, path: &str, query: &Value, body: Option<&str>) -> String {
    json!({
        "version": "1.0", "resource": "/{proxy+}", "path": path, "httpMethod": method,
        "headers": { "Host": host, "content-type": "application/json", "origin": "https://www.example.com" },
        "multiValueHeaders": {
            "Host": [host], "content-type": ["application/json"], "origin": ["https://www.example.com"],
        },
        "queryStringParameters": query, "multiValueQueryStringParameters": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "id", "domainName": host, "httpMethod": method, "path": path,
            "protocol": "HTTP/1.1", "requestId": "id=", "resourcePath": "/{proxy+}", "stage": "prod",
            "identity": { "sourceIp": "192.0.2.1" },
        },
        "pathParameters": null, "stageVariables": null, "body": body, "isBase64Encoded": false,
    })
    .to_string()
}

/// Payload 2.0 of an HTTP API, and of a function URL.
fn payload_2(method: &str, host: &str, path: &str, query: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {
            "host": host, "content-type": "application/json", "x-forwarded-proto": "https",
            "origin": "https://www.example.com",
        },
        "requestContext": {
            "accountId": "123456789012", "apiId": "api-id", "domainName": host, "domainPrefix": "id",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "a",
            },
            "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn each_kind_of_event_gets_the_same_route() {
    let gate = gate();
    let own = "acme.app.example.com";
    let code = Some(r#"{"code":"acme"}"#);
    let mut encoded = payload_2("POST", SHARED, "/v1/route", "", Some("eyJjb2RlIjoiYWNtZSJ9"));
    encoded["isBase64Encoded"] = json!(true);
    let events = [
        payload_1("GET", SHARED, "/v1/route", &json!({ "slug": "acme" }), None),
        payload_1("GET", own, "/v1/route", &json!(null), None),
        payload_1("POST", SHARED, "/v1/route", &json!(null), code),
        payload_2("GET", SHARED, "/v1/route", "slug=acme", None).to_string(),
        payload_2("GET", own, "/v1/route", "", None).to_string(),
        payload_2("POST", SHARED, "/v1/route", "", code).to_string(),
        encoded.to_string(),
    ];

    for (number, event) in events.iter().enumerate() {
        let answer = answer(&gate, event).await.unwrap();

        let is_v1 = number < 3;
        let headers = &answer[if is_v1 { "multiValueHeaders" } else { "headers" }];
        let header = |name: &str| if is_v1 { headers[name][0].clone() } else { headers[name].clone() };
        assert_eq!(
            (&answer["statusCode"], &answer["isBase64Encoded"]),
            (&json!(200), &json!(false)),
            "{number}"
        );
        let route: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(route["clientId"], "acmeclient", "{number}");
        assert_eq!(header("vary"), "Origin, Host", "{number}");
        assert_eq!(header("access-control-allow-origin"), "https://www.example.com", "{number}");
        assert_eq!(header("content-type"), "application/json", "{number}");
    }
}

#[tokio::test]
async fn pages_redirects_and_problems_arrive_as_text() {
    let gate = gate();
    let page = answer(&gate, &payload_2("GET", SHARED, "/", "", None).to_string()).await.unwrap();
    assert_eq!(page["statusCode"], 200);
    assert!(page["body"].as_str().unwrap().starts_with("<!doctype html>"));

    let mut form = payload_2("POST", SHARED, "/start", "", Some("q=acme"));
    form["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
    form["headers"]["origin"] = json!("https://app.example.com");
    let sent = answer(&gate, &form.to_string()).await.unwrap();
    assert_eq!(
        (&sent["statusCode"], &sent["headers"]["location"]),
        (&json!(303), &json!("https://acme.app.example.com/login"))
    );

    for (host, path, status) in [("evil.example", "/", 421), (SHARED, "/x", 404), (SHARED, "//v1/route", 404)]
    {
        let told = answer(&gate, &payload_2("GET", host, path, "", None).to_string()).await.unwrap();
        assert_eq!(
            (&told["statusCode"], &told["isBase64Encoded"]),
            (&json!(status), &json!(false)),
            "{host} {path}"
        );
        let problem: Value = serde_json::from_str(told["body"].as_str().unwrap()).unwrap();
        assert_eq!(problem["status"], status, "{host} {path}");
    }
}

#[tokio::test]
async fn an_event_that_is_none_is_an_error_and_the_next_is_served() {
    let gate = gate();
    let mut bad_host = payload_2("GET", SHARED, "/v1/route", "", None);
    bad_host["headers"]["host"] = json!("a b:c:d/@");
    let deep = format!("{}1{}", "{\"headers\":".repeat(10_000), "}".repeat(10_000));
    let hostile = ["", "null", "{}", "[]", "\u{0}", &deep, r#"{"version":"2.0"}"#];
    for event in hostile {
        let answer = answer(&gate, event).await;
        assert!(
            answer.is_err() || answer.as_ref().is_ok_and(|answer| answer["statusCode"] == 421),
            "{event:.40}: {answer:?}"
        );
    }
    let told = answer(&gate, &bad_host.to_string()).await;
    assert!(told.is_err() || told.is_ok_and(|answer| answer["statusCode"] == 421));

    let good = answer(&gate, &payload_2("GET", SHARED, "/v1/route", "", None).to_string()).await.unwrap();
    assert_eq!(good["statusCode"], 200);
}
