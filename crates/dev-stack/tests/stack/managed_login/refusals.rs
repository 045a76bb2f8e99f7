//! What is refused, and who is told.

use dev_stack::{ClientSettings, FunctionError};
use form_urlencoded::Serializer;
use serde_json::json;

use super::{CALLBACK, authorize, base, fixture, log_in};
use crate::{
    browser::Browser,
    fixture::{EMAIL, PASSWORD, get, http},
};

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let fixture = fixture().await;
    let rows = [
        ("client_id", "nobody", "Client does not exist."),
        ("client_id", "", "client_id is missing."),
        ("redirect_uri", "", "redirect_uri is missing."),
        ("redirect_uri", "http://app.localhost:3000/callback/", "redirect_mismatch"),
        ("redirect_uri", "http://app.localhost:3000/callback#x", "redirect_mismatch"),
        ("redirect_uri", "http://app.localhost:3000/callback?cell=two", "redirect_mismatch"),
        ("redirect_uri", "http://evil.localhost:3000/callback", "redirect_mismatch"),
        ("redirect_uri", "javascript:alert(1)", "redirect_mismatch"),
    ];
    for (name, value, expected) in rows {
        for path in ["/oauth2/authorize", "/login", "/signup", "/confirm", "/provider", "/logout"] {
            let url = authorize(&fixture, &[(name, value)]).replace("/oauth2/authorize", path);
            let answer = Browser::default().get(&url).await;
            assert_eq!((answer.status, answer.location()), (400, None), "{path} {name}={value}");
            assert_eq!(answer.alert(), expected, "{path} {name}={value}");
        }
    }
}

#[tokio::test]
async fn every_other_fault_is_told_to_the_app() {
    let fixture = fixture().await;
    let rows: [(&[(&str, &str)], &str); 12] = [
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "id_token")], "invalid_request"),
        (&[("response_type", "token")], "unauthorized_client"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "openid phone")], "invalid_scope"),
        (&[("scope", "api/read")], "invalid_scope"),
        (&[("scope", "email")], "invalid_scope"),
        (&[("identity_provider", "AcmeOkta")], "invalid_request"),
        (&[("idp_identifier", "acme.com")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
    ];
    for (changes, error) in rows {
        let answer = Browser::default().get(&authorize(&fixture, changes)).await;
        let told = answer.told(CALLBACK);
        assert_eq!(told["error"], error, "{changes:?}");
        assert_eq!(told["state"], "s+t/a=te&x", "{changes:?}");
    }
    let at_query = format!("{CALLBACK}?cell=one");
    let answer =
        Browser::default().get(&authorize(&fixture, &[("redirect_uri", &at_query), ("scope", "no")])).await;
    assert_eq!(answer.told(&at_query)["error"], "invalid_scope", "beside the query of the address");
}

#[tokio::test]
async fn what_the_trigger_refuses_is_shown_and_leaves_no_session() {
    let fixture = fixture().await;
    let text = "SUSPENDED: <b>Your organization</b> is suspended.";
    fixture.add("pre", move |_| Err(FunctionError::new("SUSPENDED", text)));
    let mut browser = Browser::default();

    let page = log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await;

    assert_eq!((page.status, page.location()), (200, None));
    assert_eq!(page.alert(), format!("PreTokenGenerationV2_0 failed with error {text}."));
    assert!(!page.body.contains("<b>Your"), "as text: {}", page.body);
    assert!(!browser.has_cookie("cognito"));
    fixture.add("pre", Ok);
    let answer = browser.submit(&base(&fixture), &page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    assert!(answer.told(CALLBACK).contains_key("code"), "the same page serves for another try");

    fixture.add("pre", move |_| Err(FunctionError::new("WRONG_TENANT", text)));
    let page = browser.get(&authorize(&fixture, &[])).await;
    assert_eq!(page.alert(), format!("PreTokenGenerationV2_0 failed with error {text}."), "by the session");
    let told = browser.get(&authorize(&fixture, &[("prompt", "none")])).await.told(CALLBACK);
    assert_eq!(told["error"], "invalid_request");
    assert!(told["error_description"].contains("is suspended."), "{told:?}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_read_the_same() {
    let fixture = fixture().await;
    let url = authorize(&fixture, &[]);
    let mut alerts = Vec::new();
    for (username, password) in [(EMAIL, "Wrong-horse-1"), ("nobody@example.com", PASSWORD)] {
        let mut browser = Browser::default();
        let page = browser.open(&base(&fixture), &url).await;
        let fields = [("username", username), ("password", password)];
        let answer = browser.submit(&base(&fixture), &page, &fields).await;
        assert!(answer.body.contains(&format!("value=\"{username}\"")), "it is kept: {}", answer.body);
        assert!(!answer.body.contains(password), "and the password is not");
        alerts.push(answer.alert());
    }

    assert_eq!(alerts, ["Incorrect username or password."; 2]);
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let fixture = fixture().await;
    let url = authorize(&fixture, &[]).replace("/oauth2/authorize", "/login");
    let mut victim = Browser::default();
    victim.get(&url).await;
    let theirs = Browser::default().get(&url).await.csrf();
    let form = |token: &str| {
        let fields = [("_csrf", token), ("username", EMAIL), ("password", PASSWORD)];
        Serializer::new(String::new()).extend_pairs(fields).finish()
    };

    for token in ["", theirs.as_str()] {
        for path in ["/login", "/signup", "/confirm", "/provider"] {
            let answer = victim.request("POST", &url.replace("/login", path), &form(token)).await;
            assert_eq!((answer.status, answer.location()), (403, None), "{path} {token}");
        }
    }
    let answer = Browser::default().request("POST", &url, &form(&theirs)).await;
    assert_eq!(answer.status, 403, "a browser that has seen no page");
}

#[tokio::test]
async fn what_the_address_says_cannot_become_html() {
    let fixture = fixture().await;
    let hint = "\"><script>alert(1)</script>";

    let page = Browser::default()
        .open(&base(&fixture), &authorize(&fixture, &[("login_hint", hint), ("state", hint)]))
        .await;

    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(page.body.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let ends = "form-action 'self' http://app.localhost:3000; base-uri 'none'; frame-ancestors 'none'";
    assert!(policy.ends_with(ends), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn a_pool_without_the_domain_or_a_client_without_the_grant_has_no_pages() {
    let mut fixture = fixture().await;
    let elsewhere = base(&fixture).replace("acme.", "globex.");
    let (status, _, body) = http("GET", &format!("{elsewhere}/login"), &[], "").await;
    assert_eq!(status, 404, "{body}");
    let (status, _, _) = http("POST", &format!("{elsewhere}/oauth2/token"), &[], "").await;
    assert_eq!(status, 404);
    let cognito = fixture.stack.cognito().clone();
    let discovery = format!("{}/.well-known/openid-configuration", cognito.issuer(&fixture.pool));
    let document = get(&discovery).await;
    assert_eq!(document["authorization_endpoint"], json!(format!("{}/oauth2/authorize", base(&fixture))));
    assert_eq!(document["token_endpoint"], json!(format!("{}/oauth2/token", cognito.issuer(&fixture.pool))));

    fixture.client_id = cognito.create_client(&fixture.pool, ClientSettings::default()).unwrap();
    let answer = Browser::default().get(&authorize(&fixture, &[])).await;
    assert_eq!(answer.alert(), "redirect_mismatch", "it has no address");
}
