//! The token endpoint of a pool, for machines: `grant_type=client_credentials`.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    client::Client,
    error::CognitoError,
    firing::{Firing, Metadata},
    issue::fire_for_overrides,
    keys::TokenUse,
    reply::Overrides,
    service::Cognito,
    token::{MachineBasis, Times, machine_claims},
    unknowns,
};
use crate::{clock, form, json::put};

/// An error of OAuth (RFC 6749, section 5.2).
struct Refusal {
    error: &'static str,
    description: Option<String>,
}

pub(super) async fn token(
    State(cognito): State<Cognito>,
    Path(pool_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json = [("content-type", "application/json"), ("cache-control", "no-store")];
    match grant(&cognito, &pool_id, &headers, &body).await {
        Ok(answer) => (json, answer.to_string()).into_response(),
        Err(refusal) => {
            let mut answer = json!({ "error": refusal.error });
            if let Some(description) = refusal.description {
                put(&mut answer, "error_description", json!(description));
            }
            (StatusCode::BAD_REQUEST, json, answer.to_string()).into_response()
        }
    }
}

async fn grant(cognito: &Cognito, pool_id: &str, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let form = form::parse(body);
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(refusal("unsupported_grant_type")),
        None => return Err(refusal("invalid_request")),
    }
    let (client_id, secret) = credentials(headers, &form).ok_or_else(|| refusal("invalid_client"))?;
    let metadata = match form.get("aws_client_metadata") {
        Some(text) => Some(serde_json::from_str::<Metadata>(text).map_err(|_| refusal("invalid_request"))?),
        None => None,
    };
    let now = clock::now_seconds();
    let prepared = cognito.with_pool(pool_id, |pool| {
        let client = pool.client(&client_id)?;
        if client.secret() != Some(secret.as_str()) {
            return Ok(Err(refusal("invalid_client")));
        }
        let Ok(scopes) = granted_scopes(client, form.get("scope").map(String::as_str)) else {
            return Ok(Err(refusal("invalid_scope")));
        };
        let firing = Firing::client_credentials(pool, &client_id, &scopes, metadata);
        let expires = now.saturating_add(client.token_seconds());
        let times = Times { authenticated: now, issued: now, expires };
        let basis = MachineBasis { issuer: pool.issuer.clone(), client_id: client.id.clone(), scopes, times };
        Ok(Ok((basis, firing)))
    });
    let (basis, firing) = prepared.map_err(|_| refusal("invalid_client"))??;
    let overrides = match firing {
        Some(firing) => fire_for_overrides(cognito, firing).await.map_err(trigger_refusal)?,
        None => Overrides::default(),
    };
    let token = cognito.keys().sign(TokenUse::Access, &machine_claims(&basis, &overrides));
    let token = token.map_err(trigger_refusal)?;
    let expires_in = basis.times.expires - basis.times.issued;
    Ok(json!({ "access_token": token, "expires_in": expires_in, "token_type": "Bearer" }))
}

/// All scopes of the client, or those asked for if it has them.
fn granted_scopes(client: &Client, asked: Option<&str>) -> Result<Vec<String>, ()> {
    let allowed = client.scopes();
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else { return Ok(allowed) };
    let asked: Vec<_> = asked.split_whitespace().map(str::to_owned).collect();
    if asked.iter().all(|scope| allowed.contains(scope)) { Ok(asked) } else { Err(()) }
}

/// Client id and secret: from HTTP Basic, or from the form.
fn credentials(headers: &HeaderMap, form: &HashMap<String, String>) -> Option<(String, String)> {
    if let Some(header) = headers.get("authorization") {
        let encoded = header.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        return Some((id.to_owned(), secret.to_owned()));
    }
    Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone()))
}

fn refusal(error: &'static str) -> Refusal {
    Refusal { error, description: None }
}

fn trigger_refusal(error: CognitoError) -> Refusal {
    Refusal { error: unknowns::TOKEN_ENDPOINT_TRIGGER_ERROR, description: Some(error.message) }
}
