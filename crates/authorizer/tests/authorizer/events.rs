//! How the token and the API are read from an event.

use authorizer::event::{Presented, UnreadableEvent};
use authorizer::verdict::LogEvent;
use authorizer::{Event, Form, TokenSource};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::*;

fn read(event: &Value) -> Result<Event, UnreadableEvent> {
    Event::read(&event.to_string(), &TokenSource::Header)
}

fn example(case: &str) -> Value {
    serde_json::from_str(&event(case, "t")).unwrap()
}

fn token(text: &str) -> Presented {
    Presented::Token(text.to_owned())
}

#[test]
fn the_published_events_are_told_apart() {
    let rows = [
        ("rest-token", Form::RestToken, "abcdef123/test"),
        ("rest-request", Form::RestRequest, "abcdef123/test"),
        ("websocket-connect", Form::WebSocket, "abcdef123/default"),
        ("http-1", Form::Http1, "abcdef123/test"),
        ("http-2", Form::Http2, "abcdef123/test"),
        ("http-2-no-identity-source", Form::Http2, "abcdef123/$default"),
    ];

    for (case, form, stage) in rows {
        let event = read(&example(case)).unwrap();
        assert_eq!((event.form, event.stage.name(), event.token), (form, stage, token("t")), "{case}");
    }
}

#[test]
fn a_websocket_has_its_token_in_the_query_only_if_the_setting_says_so() {
    let query = TokenSource::Query("access_token".to_owned());
    let in_query = event("websocket-connect-query", "t");
    let in_header = event("websocket-connect", "t");

    assert_eq!(Event::read(&in_query, &query).unwrap().token, token("t"));
    assert_eq!(Event::read(&in_header, &query).unwrap().token, Presented::Missing);
    assert_eq!(Event::read(&in_query, &TokenSource::Header).unwrap().token, Presented::Missing);
    let twice = in_query.replace(r#"["t"]"#, r#"["t", "t"]"#);
    assert_eq!(Event::read(&twice, &query).unwrap().token, Presented::Malformed);
    let rest = event("rest-request", "t");
    assert_eq!(Event::read(&rest, &query).unwrap().token, token("t"), "others keep the header");
}

#[test]
fn what_is_presented_is_named_without_the_token() {
    let shown = [Presented::Missing, Presented::Malformed, Presented::NotIdentitySource, token("eyJ.secret")];

    let shown = shown.map(|presented| format!("{presented:?}"));

    assert_eq!(shown, ["Missing", "Malformed", "NotIdentitySource", "Token(<redacted>)"]);
}

#[test]
fn the_header_has_one_token_with_or_without_its_scheme() {
    let rows = [
        ("Bearer t", token("t")),
        ("bearer t", token("t")),
        ("BEARER t", token("t")),
        ("t", token("t")),
        ("", Presented::Missing),
        ("Bearer ", Presented::Malformed),
        ("Basic dXNlcg==", Presented::Malformed),
        (" t", Presented::Malformed),
        ("Bearer  t", token(" t")),
        ("Bearer t, Bearer u", token("t, Bearer u")),
    ];

    for (value, expected) in rows {
        let mut rest = example("rest-request");
        rest["headers"]["Authorization"] = json!(value);
        rest["multiValueHeaders"]["Authorization"] = json!([value]);
        assert_eq!(read(&rest).unwrap().token, expected, "{value:?}");
        let mut by_token = example("rest-token");
        by_token["authorizationToken"] = json!(value);
        assert_eq!(read(&by_token).unwrap().token, expected, "{value:?}");
    }
}

#[test]
fn two_headers_are_no_token() {
    let mut twice = example("rest-request");
    twice["multiValueHeaders"]["Authorization"] = json!(["Bearer t", "Bearer u"]);
    assert_eq!(read(&twice).unwrap().token, Presented::Malformed);

    let mut by_case = example("rest-request");
    by_case["headers"]["authorization"] = json!("Bearer u");
    assert_eq!(read(&by_case).unwrap().token, Presented::Malformed);

    let mut in_lists = example("rest-request");
    in_lists["multiValueHeaders"]["AUTHORIZATION"] = json!(["Bearer u"]);
    assert_eq!(read(&in_lists).unwrap().token, Presented::Malformed);
}

#[test]
fn the_name_of_the_header_may_have_any_case() {
    for name in ["authorization", "Authorization", "AUTHORIZATION"] {
        let mut event = example("http-1");
        event["headers"] = json!({ name: "Bearer t" });
        assert_eq!(read(&event).unwrap().token, token("t"), "{name}");
    }
}

#[test]
fn an_http_api_hands_the_token_as_its_first_identity_source_or_in_the_header() {
    let rows = [
        (json!(["Bearer t"]), token("t")),
        (json!(["t", "u"]), token("t")),
        (json!([]), token("h")),
        (json!([""]), token("h")),
        (json!(null), token("h")),
        (json!("Bearer t"), token("t")),
        (json!([7]), token("7")),
    ];

    for (sources, expected) in rows {
        let mut event = example("http-2");
        event["identitySource"] = sources.clone();
        event["headers"]["authorization"] = json!("Bearer h");
        assert_eq!(read(&event).unwrap().token, expected, "{sources}");
    }
}

#[test]
fn a_header_that_does_not_decide_what_is_cached_is_refused() {
    let rows = [
        (json!("Bearer t"), token("t")),
        (json!("t"), token("t")),
        (json!("user1,Bearer t"), token("t")),
        (json!("Bearer t, 10.0.0.1"), token("t")),
        (json!(["GET /orders", "Bearer t"]), token("t")),
        // No identity source, so no cache.
        (json!(null), token("t")),
        (json!(""), token("t")),
        (json!([]), token("t")),
        (json!("10.0.0.1"), Presented::NotIdentitySource),
        (json!("Bearer u"), Presented::NotIdentitySource),
        (json!("Bearer tt"), Presented::NotIdentitySource),
        (json!(["GET /orders"]), Presented::NotIdentitySource),
        (json!([7]), Presented::NotIdentitySource),
        (json!({ "t": "Bearer t" }), Presented::NotIdentitySource),
    ];

    for (sources, expected) in rows {
        let mut event = example("http-1");
        event["identitySource"] = sources.clone();
        event["headers"] = json!({ "authorization": "Bearer t" });
        assert_eq!(read(&event).unwrap().token, expected, "{sources}");
    }
    let mut event = example("http-1");
    event.as_object_mut().unwrap().remove("identitySource");
    assert_eq!(read(&event).unwrap().token, token("t"), "absent");
}

#[tokio::test]
async fn a_caller_who_shares_anothers_identity_source_does_not_get_in() {
    let mut event = example("http-1");
    event["headers"]["Authorization"] = json!(format!("Bearer {}", signed(&claims())));
    event["identitySource"] = json!("203.0.113.7");

    let concluded = Gateway::new().conclude(&event.to_string()).await;

    assert_eq!(concluded.verdict.ruling.told().reason, Some("identity_source"));
    assert_eq!(status(&Gateway::new().sent(&concluded)), 403);
}

#[test]
fn what_is_missing_or_of_another_type_is_no_token_and_no_failure() {
    for name in ["headers", "multiValueHeaders", "requestContext", "queryStringParameters", "stageVariables"]
    {
        for value in [json!(null), json!(7), json!("x"), json!([]), json!({})] {
            let mut event = example("rest-request");
            event[name] = value.clone();
            let event = read(&event).unwrap_or_else(|error| panic!("{name} {value}: {error}"));
            let expected = if name == "headers" { Presented::Missing } else { token("t") };
            assert_eq!(event.token, expected, "{name} {value}");
        }
    }
    let mut number = example("rest-request");
    number["headers"]["Authorization"] = json!(7);
    assert_eq!(read(&number).unwrap().token, Presented::Missing);
}

#[test]
fn what_api_gateway_never_sends_cannot_be_read() {
    let without = |case: &str, name: &str| {
        let mut event = example(case);
        event.as_object_mut().unwrap().remove(name);
        event
    };
    let with = |case: &str, name: &str, value: &str| {
        let mut event = example(case);
        event[name] = json!(value);
        event
    };
    let rows = [
        ("an array", json!([]), UnreadableEvent::NotAnObject),
        ("an empty object", json!({}), UnreadableEvent::UnknownForm),
        ("another version", with("http-2", "version", "3.0"), UnreadableEvent::NoArn("methodArn")),
        ("another type", with("rest-token", "type", "OTHER"), UnreadableEvent::UnknownForm),
        ("no type", without("rest-request", "type"), UnreadableEvent::UnknownForm),
        ("no methodArn", without("rest-request", "methodArn"), UnreadableEvent::NoArn("methodArn")),
        ("no routeArn", without("http-2", "routeArn"), UnreadableEvent::NoArn("routeArn")),
        (
            "a stage with a wildcard",
            with("rest-token", "methodArn", "arn:aws:execute-api:us-west-2:123456789012:ymy8tbxw7b/*/GET/"),
            UnreadableEvent::NoArn("methodArn"),
        ),
    ];

    for (row, event, expected) in rows {
        assert_eq!(read(&event).unwrap_err(), expected, "{row}");
    }
    let twice = event("rest-token", "t").replace("\"type\"", "\"authorizationToken\": \"u\", \"type\"");
    assert_eq!(Event::read(&twice, &TokenSource::Header).unwrap_err(), UnreadableEvent::Ambiguous);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_a_failure_of_ours() {
    for text in ["", "null", "{}", "not json", "[1]", "{\"type\":\"TOKEN\"}"] {
        let concluded = Gateway::new().conclude(text).await;

        let told = concluded.verdict.ruling.told();
        assert_eq!((told.outcome, told.reason), ("unavailable", Some("event_invalid")), "{text}");
        assert_eq!(told.event.map(LogEvent::name), Some("event.invalid"), "{text}");
        assert_eq!(Gateway::new().answer(text).await, Err("Unavailable".to_owned()), "{text}");
    }
}

proptest! {
    /// Whatever stands where the token should be, the answer is a refusal.
    #[test]
    fn any_text_is_refused(text in "\\PC{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut rest = example("rest-request");
        rest["headers"]["Authorization"] = json!(text);
        let mut http = example("http-2");
        http["identitySource"] = json!([text]);

        let (rest, http) = runtime.block_on(async {
            let gateway = Gateway::new();
            (gateway.answer(&rest.to_string()).await, gateway.answer(&http.to_string()).await)
        });

        prop_assert_eq!(status(&rest), 401);
        prop_assert_eq!(status(&http), 403);
    }

    /// No method, path or stage makes a policy for another stage.
    #[test]
    fn a_policy_is_for_the_stage_of_the_event(
        stage in "[A-Za-z0-9_-]{1,20}|\\$default", path in "[ -~]{0,40}", method in "[A-Z]{3,7}"
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut rest = example("rest-token");
        rest["authorizationToken"] = json!(signed(&claims()));
        rest["methodArn"] = json!(format!("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/{stage}/{method}/{path}"));

        let answer = runtime.block_on(Gateway::new().answer(&rest.to_string())).unwrap();

        let resource = format!("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/{stage}/*");
        prop_assert_eq!(&answer["policyDocument"]["Statement"], &json!([
            { "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource }
        ]));
    }
}
