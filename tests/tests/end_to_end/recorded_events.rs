//! Every recorded event goes through the real binaries, and its reply is on record.
//!
//! One world for all: Ana is an active member of `acme` (role `admin`) and of `globex`, with `acme` as her default; an
//! invite of `initech` has the code that some events carry.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::support::{CODE, POOL, SUB, World, fixture, fixtures, items};
use cognito_trigger::PublicError;
use dev_stack::Invocation;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::value::RawValue;
use serde_json::{Value, json};

async fn world() -> World {
    let world = World::start().await;
    for tenant in ["acme", "globex", "initech"] {
        world.put(items::tenant(tenant)).await;
    }
    world.put(items::invite(CODE, "initech", &["guest"], 1000)).await;
    world
}

async fn with_ana_as_a_member(world: &World, pool: &str, sub: &str) {
    world.put(items::member(pool, sub, "acme", &["admin"])).await;
    world.put(items::member(pool, sub, "globex", &["viewer"])).await;
    world.put(items::profile(pool, sub, "acme")).await;
}

/// The pool and the sub of an event, where it has them.
fn who(event: &[u8]) -> Option<(String, String)> {
    let mut event: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(event).ok()?;
    let pool = serde_json::from_str(event.remove("userPoolId")?.get()).ok()?;
    let mut request: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(event.remove("request")?.get()).ok()?;
    let attributes = request.remove("userAttributes")?;
    let mut attributes: BTreeMap<String, Box<RawValue>> = serde_json::from_str(attributes.get()).ok()?;
    Some((pool, serde_json::from_str(attributes.remove("sub")?.get()).ok()?))
}

/// What a function made of an event, in a form to be kept: the error, `untouched`, or the new response.
fn outcome(event: &[u8], invocation: Invocation) -> Value {
    match invocation {
        Invocation::FunctionError(error) => {
            json!({ "errorType": error.error_type, "errorMessage": error.error_message })
        }
        Invocation::Ok(reply) if reply == event.trim_ascii() => json!("untouched"),
        Invocation::Ok(reply) => {
            let reply = std::str::from_utf8(&reply).unwrap();
            json!({ "response": response_alone(std::str::from_utf8(event).unwrap().trim(), reply) })
        }
        other => panic!("the process did not live on: {other:?}"),
    }
}

/// The new response, after checking that every byte around it is the event's own.
fn response_alone(event: &str, reply: &str) -> Value {
    let (before, new, after) = around_response(reply).expect("the reply has a response");
    match around_response(event) {
        Some((old_before, _, old_after)) => {
            assert_eq!((before, after), (old_before, old_after), "bytes around the response have changed");
        }
        None => assert_eq!([before.strip_suffix(",\"response\":").unwrap(), after].concat(), event),
    }
    serde_json::from_str(new).unwrap()
}

/// An event before its `response`, the response, and what follows.
fn around_response(event: &str) -> Option<(&str, &str, &str)> {
    let outside: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(event).unwrap();
    let response = outside.get("response")?.get();
    let (before, rest) = event.split_at(response.as_ptr().addr() - event.as_ptr().addr());
    let (response, after) = rest.split_at(response.len());
    Some((before, response, after))
}

#[tokio::test]
async fn pre_token_generation_answers_each_as_on_record() {
    let world = world().await;
    let mut outcomes = BTreeMap::new();
    for case in fixtures("pre-token-generation") {
        let event = fixture("pre-token-generation", &case);
        if let Some((pool, sub)) = who(&event) {
            world.roles[PRE_TOKEN_GENERATION].serve(&pool);
            with_ana_as_a_member(&world, &pool, &sub).await;
        }
        let invocation = world.invoke(PRE_TOKEN_GENERATION, &event).await;
        outcomes.insert(case, outcome(&event, invocation));
    }

    insta::assert_json_snapshot!(outcomes);
    assert_eq!(
        world.stack.lambda().cold_starts(PRE_TOKEN_GENERATION).unwrap(),
        1,
        "one process served them all"
    );
}

#[tokio::test]
async fn post_confirmation_answers_each_as_on_record() {
    let mut outcomes = BTreeMap::new();
    for case in fixtures("post-confirmation") {
        let world = world().await;
        let event = fixture("post-confirmation", &case);
        world
            .put(items::but(
                items::invite("inv_YYYYYYYYYYYYYYYYYYYYYYYYYY", "globex", &["viewer"], 1),
                json!({ "email": "ana@example.com" }),
            ))
            .await;
        world.put(items::pointer("ana@example.com", "globex", "inv_YYYYYYYYYYYYYYYYYYYYYYYYYY")).await;
        if let Some((pool, _)) = who(&event) {
            world.roles[POST_CONFIRMATION].serve(&pool);
        }
        let invocation = world.invoke(POST_CONFIRMATION, &event).await;
        let joined: Vec<String> = world
            .items()
            .await
            .into_keys()
            .filter(|key| key.starts_with("USER#") && key.contains("TENANT#"))
            .collect();
        outcomes.insert(case, json!({ "outcome": outcome(&event, invocation), "members": joined }));
    }

    insta::assert_json_snapshot!(outcomes);
}

#[tokio::test]
async fn hostile_events_get_a_text_of_the_closed_list_and_the_process_lives() {
    let nested =
        |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat().into_bytes();
    let mut events: Vec<(String, Vec<u8>)> =
        fixtures("hostile").into_iter().map(|case| (case.clone(), fixture("hostile", &case))).collect();
    events.push(("deeply nested lists".to_owned(), nested("[", "]")));
    events.push((
        "deeply nested objects".to_owned(),
        format!("{}1{}", "{\"request\":".repeat(100_000), "}".repeat(100_000)).into_bytes(),
    ));
    events.push(("one megabyte of text".to_owned(), format!("\"{}\"", "x".repeat(1 << 20)).into_bytes()));
    events.push((
        "one megabyte of keys".to_owned(),
        format!("{{{}\"a\":1}}", "\"k\":1,".repeat(170_000)).into_bytes(),
    ));

    let mut outcomes = BTreeMap::new();
    for function in [PRE_TOKEN_GENERATION, POST_CONFIRMATION] {
        let world = world().await;
        with_ana_as_a_member(&world, POOL, SUB).await;
        for (case, event) in &events {
            let invocation = world.invoke(function, event).await;
            if let Some(error) = invocation.error() {
                let is_listed = PublicError::ALL.iter().any(|public| public.text() == error.error_message);
                assert!(is_listed, "{function} {case}: {error:?}");
            }
            outcomes.insert(format!("{function} {case}"), outcome(event, invocation));
        }
        let healthy = match function {
            PRE_TOKEN_GENERATION => fixture(function, "v2-user.json"),
            _ => fixture(function, "confirm-sign-up-code.json"),
        };
        assert!(
            matches!(world.invoke(function, healthy).await, Invocation::Ok(_)),
            "{function} serves the next event"
        );
        assert_eq!(
            world.stack.lambda().cold_starts(function).unwrap(),
            1,
            "{function}: one process served them all"
        );
    }
    insta::assert_json_snapshot!(outcomes);
}

#[tokio::test]
async fn a_large_event_is_answered_with_its_own_bytes() {
    let world = world().await;
    with_ana_as_a_member(&world, POOL, SUB).await;
    let event = String::from_utf8(fixture("pre-token-generation", "v2-user.json")).unwrap();
    let padding = format!("{{ \"padding\": \"{}\",", "é".repeat(1 << 19));
    let deep = format!("\"deep\": {}{},", "[".repeat(10_000), "]".repeat(10_000));
    let event = event.replacen('{', &[padding, deep].concat(), 1);

    let reply = world.answer(PRE_TOKEN_GENERATION, &event).await;

    let response = response_alone(event.trim(), &reply);
    let access = &response["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["claimsToAddOrOverride"];
    assert_eq!(access["tenant_id"], "acme");
}

#[test]
fn every_recorded_event_says_where_its_shape_comes_from() {
    let notes = String::from_utf8(fixture(".", "README.md")).unwrap();

    for folder in ["pre-token-generation", "post-confirmation", "authorizer", "hostile"] {
        for case in fixtures(folder) {
            assert!(notes.contains(&format!("`{folder}/{case}`")), "{folder}/{case} has no row");
        }
    }
}
