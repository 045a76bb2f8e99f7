//! `/logout`: ends the browser's session, and goes to a registered address or back to the sign-in.

use axum::{http::StatusCode, response::Response};

use super::{
    page,
    request::{AuthorizeRequest, redirect},
    visit::Visit,
};
use crate::form;

pub(super) async fn log_out(mut visit: Visit) -> Response {
    let parameters = form::parse(visit.query.as_bytes());
    let target = match parameters.get("logout_uri") {
        Some(address) => {
            let client_id = parameters.get("client_id").map(String::as_str).unwrap_or_default();
            let listed = visit.cognito.with_pool(&visit.pool_id, |pool| {
                let client = pool.client(client_id)?;
                Ok(client.lists("LogoutURLs", address) || client.lists("CallbackURLs", address))
            });
            if !listed.unwrap_or_default() {
                return page::error(StatusCode::BAD_REQUEST, "redirect_mismatch");
            }
            address.clone()
        }
        None => match AuthorizeRequest::read(&visit.cognito, &visit.pool_id, &visit.query) {
            Ok(request) => request.at("/login"),
            Err(response) => return *response,
        },
    };
    visit.end_session();
    visit.with_cookies(redirect(&target))
}
