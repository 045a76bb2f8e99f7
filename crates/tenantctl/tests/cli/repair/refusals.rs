//! What Cognito can refuse, and the local stack does not: played by a fake.

use super::fake_cognito::{error, found, serve};
use super::pool::Scene;
use crate::assert_page;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_to_write_it_stops_at_once_and_says_so() {
    let scene = Scene::new().await;
    for number in 0..4 {
        scene.pending(&format!("user{number}@example.com")).await;
    }
    let (url, calls) = serve(Box::new(|operation, _, input| match operation {
        "DescribeUserPool" => (200, serde_json::json!({ "UserPool": {} })),
        "ListUsers" => (200, found(input)),
        _ => (400, error("AccessDeniedException")),
    }));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair stamps --apply --yes --rate 20", &endpoint, "");

    assert_page!(run);
    assert_eq!(calls.of("AdminUpdateUserAttributes"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_on_the_way_stops_it_and_says_how_to_go_on() {
    let scene = Scene::new().await;
    for number in 0..4 {
        scene.pending(&format!("user{number}@example.com")).await;
    }
    let (url, calls) = serve(Box::new(|operation, _, input| match operation {
        "DescribeUserPool" => (200, serde_json::json!({ "UserPool": {} })),
        "ListUsers" => (200, found(input)),
        _ => (400, error("ExpiredTokenException")),
    }));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair stamps --apply --yes --rate 20", &endpoint, "");

    assert_page!(run);
    assert_eq!(calls.of("AdminUpdateUserAttributes"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_error_is_tried_again() {
    let scene = Scene::new().await;
    let user = scene.pending("ana@example.com").await;
    let (url, calls) = serve(Box::new(|operation, before, input| match (operation, before) {
        ("ListUsers", _) => (200, found(input)),
        (_, 0) => (500, error("InternalErrorException")),
        _ => (200, serde_json::json!({})),
    }));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair stamps --apply --yes --rate 20", &endpoint, "");

    assert!(run.ok().contains("1 of 1 user stamped"));
    assert_eq!(calls.of("AdminUpdateUserAttributes"), 2);
    assert!(!scene.is_pending(&user, "acme").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_one_users_own_keeps_nobody_else_from_the_stamp() {
    let scene = Scene::new().await;
    for number in 0..3 {
        scene.pending(&format!("user{number}@example.com")).await;
    }
    let (url, calls) = serve(Box::new(|operation, before, input| match (operation, before) {
        ("ListUsers", _) => (200, found(input)),
        (_, 1) => (400, error("UserLambdaValidationException")),
        _ => (200, serde_json::json!({})),
    }));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair stamps --apply --yes --rate 20", &endpoint, "");

    assert_page!(run);
    assert_eq!(calls.of("AdminUpdateUserAttributes"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_pages_are_not_the_end_of_a_pool_and_a_throttled_page_is_asked_for_again() {
    let scene = Scene::new().await;
    let (url, calls) = serve(Box::new(|operation, before, _| match (operation, before) {
        ("DescribeUserPool", _) => (400, error("AccessDeniedException")),
        (_, 0) => (400, error("TooManyRequestsException")),
        (_, 1) => (200, serde_json::json!({ "Users": [], "PaginationToken": "more" })),
        (_, _) => (200, found(&serde_json::json!({ "Filter": "sub = \"5a1b\"" }))),
    }));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair drift", &endpoint, "");

    assert_page!(run);
    assert_eq!(calls.of("ListUsers"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_users_may_not_be_listed_is_no_empty_pool() {
    let scene = Scene::new().await;
    scene.pending("ana@example.com").await;
    let (url, _) = serve(Box::new(|_, _, _| (400, error("AccessDeniedException"))));

    let endpoint = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str())];
    let run = scene.desk.run_with("repair drift --apply --yes", &endpoint, "");

    assert_page!(run);
}
