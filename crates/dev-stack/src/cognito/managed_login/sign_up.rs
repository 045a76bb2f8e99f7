//! `/signup` and `/confirm`: users who sign themselves up. Managed login carries no metadata, and so no invite code:
//! post-confirmation finds an invite by the address alone.

use axum::{body::Bytes, http::StatusCode, response::Response};

use super::{
    super::{
        error::CognitoError,
        sign_up::{self as api, ConfirmSignUp, ResendConfirmationCode, SignUp},
    },
    log_in::finish,
    page::{self, Page, escape},
    request::{AuthorizeRequest, redirect},
    session::BrowserSession,
    visit::Visit,
};

/// A request for a page that only redirects of `/signup` lead to.
const NO_SIGN_UP: &str = "There is no sign-up to confirm in this browser. Sign in, or sign up again.";

pub(super) async fn show(visit: Visit) -> Response {
    match open(&visit) {
        Ok(request) => visit.page(form(&visit, &request, "", None)),
        Err(response) => *response,
    }
}

pub(super) async fn submit(mut visit: Visit, body: Bytes) -> Response {
    let (request, fields) = match open(&visit).and_then(|request| Ok((request, visit.form(&body)?))) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let field = |name: &str| fields.get(name).map(|value| value.trim()).unwrap_or_default();
    let (username, password) = (field("username"), fields.get("password").map_or("", String::as_str));
    let email = (!request.has_email_usernames).then(|| field("email"));
    let sign_up = SignUp::of_form(&request.client, username, password, email);
    match api::sign_up(&visit.cognito, sign_up).await {
        Ok(answer) if answer.get("UserConfirmed") == Some(&true.into()) => {
            enter(&mut visit, &request, username).await
        }
        Ok(_) => {
            visit.remember_sign_up(username);
            visit.with_cookies(redirect(&request.at("/confirm")))
        }
        Err(error) => visit.page(form(&visit, &request, username, Some(&error))),
    }
}

pub(super) async fn show_confirmation(visit: Visit) -> Response {
    match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
        Ok(_) if visit.signed_up().is_none() => page::error(StatusCode::BAD_REQUEST, NO_SIGN_UP),
        Ok(request) => visit.page(confirmation(&visit, &request, None)),
        Err(response) => *response,
    }
}

/// Confirms, and signs in. A field `resend` asks for a new code instead.
pub(super) async fn confirm(mut visit: Visit, body: Bytes) -> Response {
    let read = AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query);
    let (request, fields) = match read.and_then(|request| Ok((request, visit.form(&body)?))) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let Some(username) = visit.signed_up() else { return page::error(StatusCode::BAD_REQUEST, NO_SIGN_UP) };
    let done = if fields.contains_key("resend") {
        let resend = ResendConfirmationCode::of_form(&request.client, &username);
        api::resend_confirmation_code(&visit.cognito, &resend).map(|_| false)
    } else {
        let code = fields.get("code").map(|code| code.trim()).unwrap_or_default();
        let confirm = ConfirmSignUp::of_form(&request.client, &username, code);
        api::confirm_sign_up(&visit.cognito, confirm).await.map(|_| true)
    };
    match done {
        Ok(true) => {
            visit.forget_sign_up();
            enter(&mut visit, &request, &username).await
        }
        Ok(false) => visit.page(confirmation(&visit, &request, None)),
        Err(error) => visit.page(confirmation(&visit, &request, Some(&error))),
    }
}

/// Signs in whoever has just confirmed the sign-up.
async fn enter(visit: &mut Visit, request: &AuthorizeRequest, username: &str) -> Response {
    let sub = visit.cognito.sub(&visit.pool_id, username).unwrap_or_default();
    finish(visit, request, BrowserSession::new(&sub, None)).await
}

/// The request, if the pool lets users sign themselves up.
fn open(visit: &Visit) -> Result<AuthorizeRequest, Box<Response>> {
    let request = AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query)?;
    if request.has_sign_up {
        return Ok(request);
    }
    let text = "SignUp is not permitted for this user pool";
    Err(Box::new(page::error(StatusCode::BAD_REQUEST, text)))
}

fn form(visit: &Visit, request: &AuthorizeRequest, username: &str, error: Option<&CognitoError>) -> Page {
    let email = r#"<label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="email" required>"#;
    let (label, email) =
        if request.has_email_usernames { ("Email address", "") } else { ("Username", email) };
    let shown =
        if username.is_empty() { request.login_hint.as_deref().unwrap_or_default() } else { username };
    let body = format!(
        r#"<form method="post" action="{action}">{csrf}
<label for="username">{label}</label>
<input id="username" name="username" value="{shown}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
{email}
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required>
<button>Sign up</button></form>
<p>Have an account? <a href="{log_in}">Sign in</a></p>"#,
        action = escape(&request.at("/signup")),
        csrf = visit.csrf_field(),
        shown = escape(shown),
        log_in = escape(&request.at("/login")),
    );
    page_of(request, "Sign up", body, error)
}

fn confirmation(visit: &Visit, request: &AuthorizeRequest, error: Option<&CognitoError>) -> Page {
    let body = format!(
        r#"<p>A code is in the mail. The local stack prints mail on standard error.</p>
<form method="post" action="{action}">{csrf}
<label for="code">Confirmation code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
<button>Confirm account</button></form>
<form method="post" action="{action}">{csrf}<button class="link" name="resend" value="1">Send a new code</button></form>
<p><a href="{log_in}">Sign in</a></p>"#,
        action = escape(&request.at("/confirm")),
        csrf = visit.csrf_field(),
        log_in = escape(&request.at("/login")),
    );
    page_of(request, "Confirm your account", body, error)
}

fn page_of(
    request: &AuthorizeRequest,
    title: &'static str,
    body: String,
    error: Option<&CognitoError>,
) -> Page {
    let error = error.map(|error| error.message.as_str());
    Page::new(title, body).with_error(error).with_target(&request.target.redirect_uri)
}
