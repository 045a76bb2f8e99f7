//! `/provider`: stands for the sign-in page of an identity provider. Whoever enters an address is its user, and the
//! provider says that the address is verified.

use std::collections::BTreeMap;

use axum::{body::Bytes, response::Response};

use super::{
    super::federation::FederatedUser,
    code::code_for,
    page::{Page, escape},
    request::{AuthorizeRequest, redirect},
    session::BrowserSession,
    visit::Visit,
};

pub(super) async fn show(visit: Visit) -> Response {
    match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
        Ok(request) => match &request.provider {
            Some(provider) => visit.page(form(&visit, &request, provider)),
            None => redirect(&request.at("/login")),
        },
        Err(response) => *response,
    }
}

/// Errors go to the app, as those of a real provider do.
pub(super) async fn submit(mut visit: Visit, body: Bytes) -> Response {
    let read = AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query);
    let (request, fields) = match read.and_then(|request| Ok((request, visit.form(&body)?))) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let Some(provider) = request.provider.clone() else { return redirect(&request.at("/login")) };
    let email = fields.get("email").map(|email| email.trim().to_owned()).unwrap_or_default();
    let attributes = [("email", email.as_str()), ("email_verified", "true")];
    let attributes: BTreeMap<_, _> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let user = FederatedUser { provider: provider.clone(), subject: email, attributes };
    let (cognito, client) = (visit.cognito.clone(), &request.client);
    let signed_in = async {
        let sub = cognito.federated_profile(&request.pool_id, &client.id, &user).await?;
        let session = BrowserSession::new(&sub, Some(&provider));
        Ok((code_for(&cognito, &request, &session).await?, session))
    };
    let signed_in: Result<_, crate::cognito::CognitoError> = signed_in.await;
    match signed_in {
        Ok((code, session)) => {
            visit.begin_session(session);
            visit.with_cookies(request.target.code(&code))
        }
        Err(error) => request.target.refusal("invalid_request", Some(&error.message)),
    }
}

fn form(visit: &Visit, request: &AuthorizeRequest, provider: &str) -> Page {
    let body = format!(
        r#"<p>This page stands for the identity provider <strong>{name}</strong>. It signs in everybody.</p>
<form method="post" action="{action}">{csrf}
<label for="email">Email address</label>
<input id="email" name="email" type="email" value="{shown}" autocomplete="username" required>
<button>Sign in with {name}</button></form>"#,
        name = escape(provider),
        action = escape(&request.at("/provider")),
        csrf = visit.csrf_field(),
        shown = escape(request.login_hint.as_deref().unwrap_or_default()),
    );
    Page::new("Identity provider", body).with_target(&request.target.redirect_uri)
}
