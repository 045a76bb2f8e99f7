//! Users who sign themselves up.

use dev_stack::{FunctionError, Trigger};
use serde_json::json;

use super::{CALLBACK, app, authorize, base, fixture_of, redeem};
use crate::{
    browser::Browser,
    fixture::{EMAIL, PASSWORD, event},
};

#[tokio::test]
async fn a_new_user_signs_up_confirms_and_is_in() {
    let fixture = fixture_of(app()).await;
    let cognito = fixture.stack.cognito();
    let base = base(&fixture);
    let mut browser = Browser::default();
    let sign_up = authorize(&fixture, &[]).replace("/oauth2/authorize", "/signup");
    let page = browser.get(&sign_up).await;

    let weak = browser.submit(&base, &page, &[("username", EMAIL), ("password", "short")]).await;
    assert!(weak.alert().starts_with("Password did not conform"), "{}", weak.alert());
    let answer = browser.submit(&base, &page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    let confirm = browser.open(&base, &format!("{base}{}", answer.location().unwrap())).await;
    assert_eq!(confirm.status, 200);
    let wrong = browser.submit(&base, &confirm, &[("code", "no")]).await;
    assert_eq!(wrong.alert(), "Invalid verification code provided, please try again.");
    let first = cognito.delivered_code(&fixture.pool, EMAIL).unwrap();
    browser.submit(&base, &confirm, &[("resend", "1")]).await;
    let code = cognito.delivered_code(&fixture.pool, EMAIL).unwrap();
    assert_ne!(first, code, "the new one is another");
    let done = browser.submit(&base, &confirm, &[("code", &code)]).await;

    let (status, tokens) = redeem(&fixture, &done.told(CALLBACK)["code"], &[]).await;
    assert_eq!(status, 200, "{tokens}");
    let confirmed = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(confirmed["request"].get("clientMetadata"), None, "so no invite code gets here");
    assert_eq!(confirmed["callerContext"]["clientId"], json!(fixture.client_id));
    let again = browser.get(&authorize(&fixture, &[])).await;
    assert!(again.told(CALLBACK).contains_key("code"), "the browser has a session");
}

#[tokio::test]
async fn an_unconfirmed_user_is_asked_for_the_code_after_the_right_password_alone() {
    let fixture = fixture_of(app()).await;
    fixture.sign_up().await;
    let base = base(&fixture);
    let mut browser = Browser::default();
    let page = browser.open(&base, &authorize(&fixture, &[])).await;

    let wrong = browser.submit(&base, &page, &[("username", EMAIL), ("password", "Wrong-horse-1")]).await;
    assert_eq!(wrong.alert(), "Incorrect username or password.");
    let right = browser.submit(&base, &page, &[("username", EMAIL), ("password", PASSWORD)]).await;

    let confirm = browser.open(&base, &format!("{base}{}", right.location().unwrap())).await;
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();
    let done = browser.submit(&base, &confirm, &[("code", &code)]).await;
    assert!(done.told(CALLBACK).contains_key("code"));
    let url = authorize(&fixture, &[]).replace("/oauth2/authorize", "/confirm");
    assert_eq!(Browser::default().get(&url).await.status, 400, "a browser that has not signed up");
}

#[tokio::test]
async fn a_confirmation_that_the_trigger_refuses_is_told() {
    let fixture = fixture_of(app()).await;
    fixture.add("post", |_| Err(FunctionError::new("INVITE_REQUIRED", "You need an invitation")));
    let base = base(&fixture);
    let mut browser = Browser::default();
    let page = browser.get(&authorize(&fixture, &[]).replace("/oauth2/authorize", "/signup")).await;
    let answer = browser.submit(&base, &page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    let confirm = browser.open(&base, &format!("{base}{}", answer.location().unwrap())).await;
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();

    let refused = browser.submit(&base, &confirm, &[("code", &code)]).await;

    assert_eq!(refused.alert(), "PostConfirmation failed with error You need an invitation.");
    assert!(!browser.has_cookie("cognito"));
}
