use std::sync::LazyLock;

use authorizer::{Authorizer, Live, LiveCheck, Response, TokenSource};
use function::json::Object;
use function::metrics::Costs;
use serde_json::Value;

use crate::pool::{ISSUED, VERIFIER, now};
use crate::run::{call, run};
use crate::table::table;

static HEADER: TokenSource = TokenSource::Header;
static QUERY: LazyLock<TokenSource> = LazyLock::new(|| TokenSource::Query("access_token".to_owned()));

/// An event of API Gateway, in which `<token>` stands for a good token.
///
/// - Nothing is allowed unless the event has a token that the pool has issued.
/// - A policy is for all of the stage that the event names, and for nothing else.
/// - An answer is JSON; an error is one of two fixed texts.
pub fn authorizer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let event = text.replace("<token>", &ISSUED[0]);
    let has_token = read_as_json(&event).is_none_or(|event| holds_token(&event));
    let table = table();
    for (response, token_source) in [(Response::Simple, &HEADER), (Response::Policy, &*QUERY)] {
        let authorizer = Authorizer {
            name: "authorizer".to_owned(),
            verifier: &VERIFIER,
            response,
            token_source,
            live: Some(Live {
                cached: &table,
                store: &table,
                check: LiveCheck::Member,
                clients_are_bound: false,
            }),
            clock: now,
            costs: Costs::default,
        };
        let concluded = run(authorizer.conclude(&call(&event)));
        let answer = match concluded.answer(response) {
            Ok(answer) => serde_json::from_str::<Value>(answer.get()).expect("JSON"),
            Err(error) => {
                assert!(["Unauthorized", "Unavailable"].contains(&error.error_message.as_str()));
                assert_eq!(error.error_type, error.error_message);
                continue;
            }
        };
        let statement = &answer["policyDocument"]["Statement"][0];
        let is_allowed = answer["isAuthorized"] == true || statement["Effect"] == "Allow";
        assert!(has_token || !is_allowed, "{text}\n{answer}");
        if let Some(resource) = statement["Resource"].as_str() {
            assert!(is_stage_of(resource, &event), "{text}\n{answer}");
        }
    }
}

fn read_as_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn holds_token(event: &Value) -> bool {
    match event {
        Value::String(text) => ISSUED.iter().any(|token| text.contains(token.as_str())),
        Value::Array(values) => values.iter().any(holds_token),
        Value::Object(values) => values.values().any(holds_token),
        _ => false,
    }
}

/// Whether the resource is one stage, in full, of the API that the event names.
fn is_stage_of(resource: &str, event: &str) -> bool {
    let Some(stage) = resource.strip_suffix("/*") else { return false };
    let named = ["methodArn", "routeArn"].into_iter().filter_map(|name| {
        let object = Object::read(event)?;
        object.text(name).ok().flatten()
    });
    stage.matches('/').count() == 1
        && !stage.contains('*')
        && named.into_iter().any(|arn| arn.strip_prefix(stage).is_some_and(|rest| rest.starts_with('/')))
}
