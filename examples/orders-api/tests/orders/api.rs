use orders_api::{Database, InMemory, Orders};
use serde_json::json;

use crate::{
    http::{send, serve},
    server::database,
    tokens::{access_token, viewer},
};

#[tokio::test]
async fn orders_are_added_found_and_removed_in_memory() {
    add_find_and_remove(InMemory::with_examples()).await;
}

#[tokio::test]
async fn orders_are_added_found_and_removed_in_postgresql() {
    add_find_and_remove(database!().pool(2)).await;
}

async fn add_find_and_remove(orders: impl Orders) {
    let api = serve(orders).await;
    let (acme, globex) = (access_token("acme"), access_token("globex"));

    let added = send(api, &acme, "POST /orders", r#"{"item":"Bügeleisen"}"#).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let order = added.json();
    assert_eq!(order["item"], "Bügeleisen");
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    assert!(added.head.contains(&format!("location: {path}\r\n")), "{}", added.head);

    assert_eq!(send(api, &acme, &format!("GET {path}"), "").await.json(), order);
    assert!(send(api, &acme, "GET /orders", "").await.json().as_array().unwrap().contains(&order));
    assert!(!send(api, &globex, "GET /orders", "").await.json().as_array().unwrap().contains(&order));
    // As for an id that no tenant has.
    for request in [format!("GET {path}"), format!("DELETE {path}")] {
        let answer = send(api, &globex, &request, "").await;
        assert_eq!(answer.json(), json!({ "type": "about:blank", "title": "Not Found", "status": 404 }));
    }

    assert_eq!(send(api, &acme, &format!("DELETE {path}"), "").await.status, 204);
    assert_eq!(send(api, &acme, &format!("GET {path}"), "").await.status, 404);
    assert_eq!(send(api, &acme, &format!("DELETE {path}"), "").await.status, 404);
}

#[tokio::test]
async fn bad_requests_get_problems() {
    let api = serve(InMemory::with_examples()).await;
    let (admin, viewer) = (access_token("acme"), viewer("acme"));
    let long = format!(r#"{{"item":"{}"}}"#, "x".repeat(201));
    let huge = format!(r#"{{"item":"{}"}}"#, "x".repeat(5_000));
    let rows = [
        ("", "GET /orders", "", 401),
        ("e30.e30.e30", "GET /orders", "", 401),
        (&admin, "GET /orders/1", "", 404),
        (&admin, "GET /elsewhere", "", 404),
        (&admin, "PUT /orders", "", 405),
        (&admin, "POST /orders", "{", 400),
        (&admin, "POST /orders", "{}", 422),
        (&admin, "POST /orders", r#"{"item":""}"#, 422),
        (&admin, "POST /orders", r#"{"item":"a\u0000b"}"#, 422),
        (&admin, "POST /orders", &long, 422),
        (&admin, "POST /orders", &huge, 413),
        // The tenant comes from the token alone.
        (&admin, "POST /orders", r#"{"item":"anvil","tenant_id":"globex"}"#, 422),
        (&viewer, "DELETE /orders/00000000-0000-0000-0000-000000000001", "", 403),
    ];
    for (token, request, body, status) in rows {
        let answer = send(api, token, request, body).await;

        assert_eq!(answer.status, status, "{request} {body}: {}", answer.body);
        assert_eq!(answer.json()["status"], status, "{request} {body}");
        assert!(
            answer.head.contains("content-type: application/problem+json\r\n"),
            "{request}: {}",
            answer.head
        );
    }
    let not_allowed = send(api, &admin, "PUT /orders", "").await;
    assert!(not_allowed.head.contains("allow: get,head,post\r\n"), "{}", not_allowed.head);
    assert_eq!(send(api, "", "GET /health", "").await.status, 200);
}

#[tokio::test]
async fn callers_learn_nothing_of_a_database_error() {
    let database = database!();
    let api = serve(database.pool(1)).await;
    database.superuser().await.batch_execute("ALTER TABLE orders DROP COLUMN item").await.unwrap();

    let answer = send(api, &access_token("acme"), "GET /orders", "").await;

    assert_eq!(
        answer.json(),
        json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 })
    );
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_503() {
    let nowhere = "host=/nowhere user=orders_app".parse().unwrap();
    let api = serve(Database::new(nowhere, 1).unwrap()).await;

    let answer = send(api, &access_token("acme"), "GET /orders", "").await;

    assert_eq!(
        answer.json(),
        json!({ "type": "about:blank", "title": "Service Unavailable", "status": 503 })
    );
}
