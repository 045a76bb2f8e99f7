//! The account that an access token is for.

use serde_json::Value;

use super::{client::Client, error::CognitoError, pool::Pool, service::Cognito, token::API_SCOPE};

/// Works on the account that an access token is for; the `sub` is the last argument.
pub(super) fn with_own_account<T>(
    cognito: &Cognito,
    access_token: &str,
    action: impl FnOnce(&mut Pool, Client, &str) -> Result<T, CognitoError>,
) -> Result<T, CognitoError> {
    let claims = cognito.keys().verify_access(access_token).ok_or_else(invalid_token)?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if !claim("scope").split(' ').any(|scope| scope == API_SCOPE) {
        return Err(CognitoError::not_authorized("Access Token does not have required scopes"));
    }
    cognito.with_client(claim("client_id"), |pool, client| {
        if claim("iss") != pool.issuer {
            return Err(invalid_token());
        }
        let origin = claim("origin_jti");
        let alive = pool.sessions.values().any(|session| session.origin_jti == origin && !session.revoked);
        if !alive {
            return Err(CognitoError::not_authorized("Access Token has been revoked"));
        }
        action(pool, client, claim("sub"))
    })
}

fn invalid_token() -> CognitoError {
    CognitoError::not_authorized("Invalid Access Token")
}
