//! `/login`: the form for users of the pool, and a link for each identity provider.

use std::fmt::Write as _;

use axum::{body::Bytes, response::Response};

use super::{
    super::{error::CognitoError, sign_in, sign_up::ResendConfirmationCode, step::Step},
    code::code_for,
    page::{Page, escape},
    request::{AuthorizeRequest, redirect},
    session::BrowserSession,
    visit::Visit,
};
use crate::cognito::sign_up::resend_confirmation_code;

pub(super) async fn show(visit: Visit) -> Response {
    match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
        Ok(request) => visit.page(form(&visit, &request, None, None)),
        Err(response) => *response,
    }
}

pub(super) async fn submit(mut visit: Visit, body: Bytes) -> Response {
    let request = match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let fields = match visit.form(&body) {
        Ok(fields) => fields,
        Err(response) => return *response,
    };
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let (username, password) = (field("username").trim(), field("password"));
    match check(&visit, &request, username, password) {
        Ok(Checked::Sub(sub)) => finish(&mut visit, &request, BrowserSession::new(&sub, None)).await,
        Ok(Checked::Unconfirmed) => {
            visit.remember_sign_up(username);
            visit.with_cookies(redirect(&request.at("/confirm")))
        }
        Err(error) => visit.page(form(&visit, &request, Some(username), Some(&error.message))),
    }
}

/// Sends the browser to the app, with a session that is good for the next hour. What a trigger refuses is shown, and
/// leaves no session.
pub(super) async fn finish(
    visit: &mut Visit,
    request: &AuthorizeRequest,
    session: BrowserSession,
) -> Response {
    match code_for(&visit.cognito, request, &session).await {
        Ok(code) => {
            visit.begin_session(session);
            visit.with_cookies(request.target.code(&code))
        }
        Err(error) => refused(visit, request, &error),
    }
}

/// The page with an error above the form.
pub(super) fn refused(visit: &Visit, request: &AuthorizeRequest, error: &CognitoError) -> Response {
    visit.page(form(visit, request, None, Some(&error.message)))
}

enum Checked {
    Sub(String),
    /// The password is right; a new code is in the mail.
    Unconfirmed,
}

fn check(
    visit: &Visit,
    request: &AuthorizeRequest,
    username: &str,
    password: &str,
) -> Result<Checked, CognitoError> {
    let (cognito, client) = (&visit.cognito, &request.client);
    if !client.lists("SupportedIdentityProviders", "COGNITO") {
        return Err(CognitoError::wrong_password());
    }
    let checked = cognito.with_pool(&request.pool_id, |pool| {
        let sub = match sign_in::check_password(pool, client, username, password) {
            Ok(sub) => sub,
            Err(error) if error.code == "UserNotConfirmedException" => {
                let known = pool.user_signing_in(username)?.password.as_deref() == Some(password);
                return if known { Ok(None) } else { Err(CognitoError::wrong_password()) };
            }
            Err(error) => return Err(error),
        };
        match sign_in::after_password(cognito, pool, client, &sub)? {
            Step::Tokens(_) => Ok(Some(sub)),
            Step::Challenge(_) => Err(CognitoError::not_authorized(
                "The login pages of the local stack have no new passwords and no second factors. Use the API.",
            )),
        }
    })?;
    if let Some(sub) = checked {
        return Ok(Checked::Sub(sub));
    }
    resend_confirmation_code(cognito, &ResendConfirmationCode::of_form(client, username))?;
    Ok(Checked::Unconfirmed)
}

fn form(visit: &Visit, request: &AuthorizeRequest, username: Option<&str>, error: Option<&str>) -> Page {
    let mut body = String::new();
    if request.client.lists("SupportedIdentityProviders", "COGNITO") {
        let label = if request.has_email_usernames { "Email address" } else { "Username" };
        let shown = username.or(request.login_hint.as_deref()).unwrap_or_default();
        let _ = write!(
            body,
            r#"<form method="post" action="{action}">{csrf}
<label for="username">{label}</label>
<input id="username" name="username" value="{shown}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form>"#,
            action = escape(&request.at("/login")),
            csrf = visit.csrf_field(),
            shown = escape(shown),
        );
    }
    for provider in request.client.other_providers() {
        let link = escape(&request.at_provider(provider));
        let _ = write!(body, r#"<p><a href="{link}">Continue with {}</a></p>"#, escape(provider));
    }
    if request.has_sign_up {
        let link = escape(&request.at("/signup"));
        let _ = write!(body, r#"<p>New user? <a href="{link}">Create an account</a></p>"#);
    }
    Page::new("Sign in", body).with_error(error).with_target(&request.target.redirect_uri)
}
