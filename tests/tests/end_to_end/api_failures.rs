//! The functions behind an API when the table fails: the rows of a sign-in, with the status that the client of the API gets.

use dev_stack::Invocation;
use dev_stack::functions::{AUTHORIZER, ROUTER};
use serde_json::Value;

use crate::authorizer::{event, protected, status};
use crate::failures::SIGN_IN;
use crate::router::{of_slug, world as routes};
use crate::support::faults::Proxy;
use crate::support::{World, figures, items};

/// How long Lambda lets a function run here: a call that takes longer than the published 3 s is killed, and fails its row.
const BOUND: (&str, &str) = ("TEST_TIMEOUT_MS", "3000");

#[tokio::test]
async fn an_authorizer_survives_two_failures_and_ends_in_time_in_any() {
    let world = World::start().await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let settings = [("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()), ("LIVE_CHECK", "member"), BOUND];
    let (pool, _) = protected(&world, &settings).await;
    let request = event("rest-token.json", &pool.access_token().await);
    assert_eq!(status(&world.invoke(AUTHORIZER, &request).await), 200, "healthy at first");

    for (row, fault, times, outcome) in SIGN_IN {
        table.spoil("GetItem", fault, times);
        let answered = world.timed(AUTHORIZER, &request).await;
        assert_eq!(status(&answered.invocation), if outcome == "ok" { 200 } else { 500 }, "{row}");
        let is_told =
            matches!(&answered.invocation, Invocation::FunctionError(e) if e.error_message == "Unavailable");
        assert_eq!(is_told, outcome != "ok", "{row}: {:?}", answered.invocation);
        let requests = table.seen().len();
        table.heal();
        let next = status(&world.invoke(AUTHORIZER, &request).await);
        assert_eq!(next, 200, "the next call after {row}");
        figures::fault(AUTHORIZER, row, (answered.took, requests), answered.text(), "ok");
    }

    assert_eq!(world.stack.lambda().cold_starts(AUTHORIZER).unwrap(), 1);
}

/// The status of an answer to API Gateway.
fn told(invocation: &Invocation) -> u64 {
    let Invocation::Ok(answer) = invocation else { return 500 };
    let answer: Value = serde_json::from_slice(answer).unwrap();
    answer["statusCode"].as_u64().unwrap()
}

#[tokio::test]
async fn a_router_survives_two_failures_and_ends_in_time_in_any() {
    let world = routes(&[]).await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let settings = [("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()), BOUND];
    world.configure(&[&settings[..], &crate::router::SETTINGS].concat()).await;
    assert_eq!(told(&world.invoke(ROUTER, of_slug("globex").to_string()).await), 200, "healthy at first");

    for (number, (row, fault, times, outcome)) in SIGN_IN.into_iter().enumerate() {
        // A tenant that no cache has.
        let id = format!("tenant-{number}");
        world.put(items::tenant(&id)).await;
        world.put(items::slug(&id, &id)).await;
        let request = of_slug(&id).to_string();
        table.spoil("GetItem", fault, times);
        let answered = world.timed(ROUTER, &request).await;
        assert_eq!(told(&answered.invocation), if outcome == "ok" { 200 } else { 503 }, "{row}");
        let requests = table.seen().len();
        table.heal();
        assert_eq!(told(&world.invoke(ROUTER, &request).await), 200, "the next call after {row}");
        let status = told(&answered.invocation).to_string();
        figures::fault(ROUTER, row, (answered.took, requests), &status, "ok");
    }

    assert_eq!(world.stack.lambda().cold_starts(ROUTER).unwrap(), 1);
}
