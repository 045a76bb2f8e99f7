//! API Gateway with the real authorizer before an API: what the app is told, and what a cached answer does.

use std::time::Duration;

use axum::Router;
use dev_stack::functions::AUTHORIZER;
use dev_stack::{Api, ApiSettings, AuthorizerEvent, Triggers};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::authorizer::protected;
use crate::support::{World, items};
use tests::http::Message;

const EVENTS: [AuthorizerEvent; 5] = [
    AuthorizerEvent::RestToken,
    AuthorizerEvent::RestRequest,
    AuthorizerEvent::Http1,
    AuthorizerEvent::Http2 { simple: true },
    AuthorizerEvent::Http2 { simple: false },
];

/// An API whose every path answers `orders`.
async fn api(world: &World, event: AuthorizerEvent, ttl: Duration) -> Api {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = format!("http://{}", listener.local_addr().unwrap());
    let orders = Router::new().fallback(async || "orders");
    tokio::spawn(async move { axum::serve(listener, orders).await });
    let settings = ApiSettings { event, authorizer: AUTHORIZER.to_owned(), ttl, backend };
    Api::start(&world.stack, "eu-west-1", settings).await.unwrap()
}

/// Asks with a token; gives the status.
async fn get(api: &Api, path: &str, token: &str) -> u16 {
    let host = api.url().strip_prefix("http://").unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n");
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = Message::read(&mut stream).await.unwrap();
    String::from_utf8_lossy(&answer.bytes).split(' ').nth(1).unwrap().parse().unwrap()
}

/// The setting that an HTTP API of format 2.0 without simple responses needs.
fn settings(event: AuthorizerEvent) -> &'static [(&'static str, &'static str)] {
    if event == (AuthorizerEvent::Http2 { simple: false }) { &[("RESPONSE", "policy")] } else { &[] }
}

#[tokio::test]
async fn a_member_reaches_every_route_and_without_the_trigger_nobody_reaches_any() {
    for event in EVENTS {
        let world = World::start().await;
        let (pool, _) = protected(&world, settings(event)).await;
        let api = api(&world, event, Duration::from_mins(5)).await;
        let token = pool.access_token().await;
        for path in ["/orders", "/orders/7", "/"] {
            assert_eq!(get(&api, path, &token).await, 200, "{event:?} {path}");
        }
        let twice = format!("{token}\r\nauthorization: Bearer {token}");
        assert_ne!(get(&api, "/orders", &twice).await, 200, "{event:?}: two headers");
        assert_eq!(api.last_context().unwrap()["tenantId"], "acme", "{event:?}");

        world.stack.cognito().set_triggers(&pool.id, &Triggers::default()).unwrap();
        let bare = pool.access_token().await;

        let refused = if matches!(event, AuthorizerEvent::RestToken | AuthorizerEvent::RestRequest) {
            401
        } else {
            403
        };
        assert_eq!(get(&api, "/orders", &bare).await, refused, "{event:?}");
        assert_eq!(get(&api, "/orders", &format!("{bare}x")).await, refused, "{event:?}");
    }
}

#[tokio::test]
async fn a_removed_member_is_out_when_the_cached_answer_is() {
    let world = World::start().await;
    let (pool, sub) = protected(&world, &[("LIVE_CHECK", "member")]).await;
    let cached = api(&world, AuthorizerEvent::RestToken, Duration::from_mins(5)).await;
    let uncached = api(&world, AuthorizerEvent::RestToken, Duration::ZERO).await;
    let token = pool.access_token().await;
    let member = items::member(&pool.id, &sub, "acme", &["viewer"]);
    for api in [&cached, &uncached] {
        assert_eq!(get(api, "/orders", &token).await, 200);
    }

    world.put(items::but(member.clone(), json!({ "status": "removed" }))).await;

    assert_eq!(get(&uncached, "/orders", &token).await, 403);
    assert_eq!(get(&cached, "/orders/7", &token).await, 200, "the answer of before, also at another route");
    cached.flush_authorizers_cache();
    assert_eq!(get(&cached, "/orders", &token).await, 403);

    // The refusal is cached too.
    world.put(member).await;
    assert_eq!(get(&cached, "/orders", &token).await, 403);
    assert_eq!(get(&uncached, "/orders", &token).await, 200);
}

#[tokio::test]
async fn a_table_out_of_reach_is_no_refusal_and_is_not_cached() {
    let world = World::start().await;
    let (pool, _) = protected(&world, &[]).await;
    let token = pool.access_token().await;
    pool.protect(&[("LIVE_CHECK", "member"), ("TENANCY_TABLE", "missing")]).await;
    let api = api(&world, AuthorizerEvent::Http2 { simple: true }, Duration::from_mins(5)).await;
    assert_eq!(get(&api, "/orders", &token).await, 500);

    pool.protect(&[("LIVE_CHECK", "member")]).await;

    assert_eq!(get(&api, "/orders", &token).await, 200);
}
