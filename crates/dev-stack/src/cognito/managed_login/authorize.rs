//! `/oauth2/authorize`: a code for a browser that has a session, and the way to the right page for every other one.

use axum::response::Response;

use super::{
    code::code_for,
    log_in,
    request::{AuthorizeRequest, redirect},
    visit::Visit,
};

pub(super) async fn authorize(visit: Visit) -> Response {
    let request = match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let is_silent = request.has_prompt("none");
    // "With this cookie, users can sign in again with the same authentication method" (developer guide).
    let fits = |provider: &Option<String>| request.provider.is_none() || *provider == request.provider;
    let session = visit.session().filter(|session| fits(&session.provider));
    match session.filter(|_| !request.has_prompt("login")) {
        Some(session) => match code_for(&visit.cognito, &request, &session).await {
            Ok(code) => visit.with_cookies(request.target.code(&code)),
            Err(error) if is_silent => request.target.refusal("invalid_request", Some(&error.message)),
            Err(error) => log_in::refused(&visit, &request, &error),
        },
        None if is_silent => request.target.refusal("login_required", None),
        None if request.provider.is_some() => redirect(&request.at("/provider")),
        None => redirect(&request.at("/login")),
    }
}
