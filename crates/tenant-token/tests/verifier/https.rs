//! Key sets from a server.

use std::time::Duration;

use crate::support::*;
use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use tenant_token::{Clients, HttpsKeys, Issuer, KeySource as _, Refusal, Rules, Verifier};
use tokio::{net::TcpListener, task::yield_now, time::sleep};

const PATH: &str = "/pool/.well-known/jwks.json";

/// An issuer on loopback whose key set is what `routes` answer.
async fn issuer_with(routes: Router) -> Issuer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Issuer::of_url(&format!("http://{address}/pool")).unwrap()
}

async fn reason(routes: Router) -> String {
    let issuer = issuer_with(routes).await;
    HttpsKeys::new().unwrap().fetch(issuer.keys_url()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn keys_come_from_the_issuer_of_the_token() {
    let issuer = issuer_with(Router::new().route(PATH, get(|| async { KEY.jwks(KID) }))).await;
    let verifier =
        Verifier::new(Rules::new([issuer.clone()], Clients::OfThePools), HttpsKeys::new().unwrap()).unwrap();

    let token = signed(&but(access_claims(), serde_json::json!({ "iss": issuer.url() })));

    assert_eq!(verifier.verify(&token, now()).await.unwrap().tenant().as_str(), "acme");
}

#[tokio::test]
async fn anything_but_a_key_set_of_64_kib_with_status_200_is_an_error() {
    let moved = Router::new().route(PATH, get(|| async { Redirect::temporary("/elsewhere") }));
    let moved = moved.route("/elsewhere", get(|| async { KEY.jwks(KID) }));
    let failing = Router::new().route(PATH, get(|| async { (StatusCode::FORBIDDEN, KEY.jwks(KID)) }));
    let large = Router::new().route(PATH, get(|| async { vec![b' '; 65_537] }));

    assert_eq!(reason(moved).await, "status 307 Temporary Redirect");
    assert_eq!(reason(failing).await, "status 403 Forbidden");
    assert_eq!(reason(Router::new()).await, "status 404 Not Found");
    assert_eq!(reason(large).await, "length limit exceeded");
}

#[tokio::test]
async fn a_server_that_does_not_answer_holds_a_request_up_for_two_seconds_at_most() {
    let silent = Router::new().route(PATH, get(std::future::pending::<&str>));
    let issuer = issuer_with(silent).await;
    let verifier =
        Verifier::new(Rules::new([issuer.clone()], Clients::OfThePools), HttpsKeys::new().unwrap()).unwrap();
    let token = signed(&but(access_claims(), serde_json::json!({ "iss": issuer.url() })));

    // Two timers are compared, and not the speed of the machine: this one begins after the fetch, and when both are due at
    // the same time, the fetch ends first.
    let two_seconds = async {
        yield_now().await;
        sleep(Duration::from_secs(2)).await;
        for _ in 0..3 {
            yield_now().await;
        }
    };
    let outcome = tokio::select! {
        biased;
        outcome = verifier.verify(&token, now()) => outcome,
        () = two_seconds => panic!("the request still waits"),
    };

    assert_eq!(outcome.unwrap_err(), Refusal::KeysUnavailable);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_an_error_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = Issuer::of_url(&format!("http://{}/pool", listener.local_addr().unwrap())).unwrap();
    drop(listener);

    let error = HttpsKeys::new().unwrap().fetch(issuer.keys_url()).await.unwrap_err();

    assert!(error.to_string().contains("refused"), "{error}");
}
