//! `/oauth2/userInfo`: the attributes that the scopes of an access token show.

use axum::{
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::{
    super::{service::Cognito, unknowns},
    visit::pool_of_host,
};

const INVALID: &str = "error=\"invalid_token\", error_description=\"Access token is expired, disabled, or deleted, or the \
                       user has globally signed out.\"";

pub(super) async fn show(State(cognito): State<Cognito>, headers: HeaderMap) -> Response {
    match claims(&cognito, &headers) {
        Some(claims) => {
            let headers = [(CONTENT_TYPE, "application/json;charset=UTF-8"), (CACHE_CONTROL, "no-store")];
            (headers, Value::Object(claims).to_string()).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, INVALID)]).into_response(),
    }
}

fn claims(cognito: &Cognito, headers: &HeaderMap) -> Option<Map<String, Value>> {
    let pool_id = pool_of_host(cognito, headers)?;
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let token = cognito.keys().verify_access(token)?;
    let text = |name: &str| token.get(name).and_then(Value::as_str);
    let scopes: Vec<_> = text("scope")?.split(' ').map(str::to_owned).collect();
    if text("iss")? != cognito.issuer(&pool_id) || !scopes.iter().any(|scope| scope == "openid") {
        return None;
    }
    let pools = cognito.lock_pools();
    let pool = pools.get(&pool_id)?;
    let client = pool.client(text("client_id")?).ok()?;
    let user = pool.users.by_sub(text("sub")?)?;
    user.check_enabled().ok()?;
    let shown = |name: &str| client.may_read(name) && unknowns::scopes_show(&scopes, name);
    let shown = user.attributes().iter().filter(|(name, _)| shown(name));
    let mut claims: Map<_, _> = shown.map(|(name, value)| (name.clone(), json!(value))).collect();
    claims.insert("sub".to_owned(), json!(user.sub));
    claims.insert("username".to_owned(), json!(user.username));
    Some(claims)
}
