//! The token endpoint of a pool: tokens for a machine's secret, for an authorization code, for a refresh token.

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
    issue::{Tokens, fire_for_overrides},
    keys::TokenUse,
    managed_login::{pool_of_host, spend},
    refresh::{REFRESH, Refresh, refresh},
    reply::Overrides,
    service::Cognito,
    session::api_scopes,
    token::{MachineBasis, OAuth, Times, machine_claims},
    unknowns,
};
use crate::{
    clock, form,
    json::{members, put},
};

/// An error of OAuth (RFC 6749, section 5.2).
struct Refusal {
    error: &'static str,
    description: Option<String>,
}

/// A request of an app client that has proven who it is.
struct Asked<'a> {
    pool_id: &'a str,
    client: Client,
    form: HashMap<String, String>,
}

/// Below the issuer: the local stack has it with or without a domain.
pub(super) async fn token(
    State(cognito): State<Cognito>,
    Path(pool_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(&cognito, &pool_id, &headers, &body).await
}

/// Below the pool's domain.
pub(super) async fn token_of_domain(
    State(cognito): State<Cognito>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match pool_of_host(&cognito, &headers) {
        Some(pool_id) => respond(&cognito, &pool_id, &headers, &body).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn respond(cognito: &Cognito, pool_id: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let json = [("content-type", "application/json"), ("cache-control", "no-store")];
    match grant(cognito, pool_id, headers, body).await {
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
    let grant_type = form.get("grant_type").cloned().ok_or_else(|| refusal("invalid_request"))?;
    let grants = ["client_credentials", "authorization_code", "refresh_token"];
    if !grants.contains(&grant_type.as_str()) {
        return Err(refusal("unsupported_grant_type"));
    }
    let (client_id, secret) = credentials(headers, &form).ok_or_else(|| refusal("invalid_client"))?;
    let client = cognito.with_pool(pool_id, |pool| pool.client(&client_id).cloned());
    let client = client.map_err(|_| refusal("invalid_client"))?;
    if client.secret() != secret.as_deref() {
        return Err(refusal("invalid_client"));
    }
    let asked = Asked { pool_id, client, form };
    match grant_type.as_str() {
        "client_credentials" => asked.by_secret(cognito).await,
        "authorization_code" => asked.by_code(cognito),
        _ => asked.by_refresh_token(cognito).await,
    }
}

impl Asked<'_> {
    fn field(&self, name: &str) -> Result<&str, Refusal> {
        self.form.get(name).map(String::as_str).ok_or_else(|| refusal("invalid_request"))
    }

    async fn by_secret(self, cognito: &Cognito) -> Result<Value, Refusal> {
        let client = &self.client;
        if !client.allows_grant("client_credentials") {
            return Err(refusal("unauthorized_client"));
        }
        let metadata = match self.form.get("aws_client_metadata") {
            Some(text) => {
                Some(serde_json::from_str::<Metadata>(text).map_err(|_| refusal("invalid_request"))?)
            }
            None => None,
        };
        let scope = self.form.get("scope").map(String::as_str);
        let scopes = granted_scopes(client, scope).map_err(|()| refusal("invalid_scope"))?;
        let now = clock::now_seconds();
        let prepared = cognito.with_pool(self.pool_id, |pool| {
            let firing = Firing::client_credentials(pool, &client.id, &scopes, metadata);
            let expires = now.saturating_add(client.token_seconds());
            let times = Times { authenticated: now, issued: now, expires };
            let (issuer, client_id) = (pool.issuer.clone(), client.id.clone());
            Ok((MachineBasis { issuer, client_id, scopes, times }, firing))
        });
        let (basis, firing) = prepared.map_err(|_| refusal("invalid_client"))?;
        let overrides = match firing {
            Some(firing) => fire_for_overrides(cognito, firing).await.map_err(trigger_refusal)?,
            None => Overrides::default(),
        };
        let token = cognito.keys().sign(TokenUse::Access, &machine_claims(&basis, &overrides));
        let token = token.map_err(trigger_refusal)?;
        let expires_in = basis.times.expires - basis.times.issued;
        Ok(json!({ "access_token": token, "expires_in": expires_in, "token_type": "Bearer" }))
    }

    fn by_code(self, cognito: &Cognito) -> Result<Value, Refusal> {
        let (code, redirect_uri) = (self.field("code")?, self.field("redirect_uri")?);
        let verifier = self.form.get("code_verifier").map(String::as_str);
        let spent = cognito.with_pool(self.pool_id, |pool| {
            Ok(spend(pool, code, |code| {
                if code.client_id != self.client.id {
                    return Err(refusal("invalid_grant"));
                }
                if code.redirect_uri != redirect_uri {
                    let description = Some("invalid_redirect".to_owned());
                    return Err(Refusal { error: "unauthorized_client", description });
                }
                if code.is_proven_by(verifier) { Ok(()) } else { Err(refusal("invalid_grant")) }
            }))
        });
        let code = spent.ok().flatten().ok_or_else(|| refusal("invalid_grant"))??;
        // A user may have been disabled or deleted since.
        let gives_id_token = code.prepared.gives_id_token();
        let tokens = code.prepared.sign(cognito, clock::now_seconds());
        Ok(answer(&tokens.map_err(|_| refusal("invalid_grant"))?, gives_id_token))
    }

    async fn by_refresh_token(self, cognito: &Cognito) -> Result<Value, Refusal> {
        let token = self.field("refresh_token")?;
        let session = cognito.with_pool(self.pool_id, |pool| Ok(pool.sessions.get(token).cloned()));
        let of_api = api_scopes();
        let gives_id_token =
            session.ok().flatten().is_some_and(|known| known.gives_id_token() || known.scopes == of_api);
        let asked = Refresh {
            client_id: &self.client.id,
            token,
            source: REFRESH,
            metadata: None,
            oauth: Some(OAuth::default()),
        };
        // The client has proven who it is.
        let tokens = refresh(cognito, asked, |_, _| Ok(())).await.map_err(|error| match error.code {
            "UserLambdaValidationException"
            | "UnexpectedLambdaException"
            | "InvalidLambdaResponseException" => trigger_refusal(error),
            _ => refusal("invalid_grant"),
        })?;
        Ok(answer(&tokens, gives_id_token))
    }
}

/// The body of a successful answer to a user's app.
fn answer(tokens: &Tokens, gives_id_token: bool) -> Value {
    let answer = members(json!({
        "access_token": tokens.access_token,
        "id_token": gives_id_token.then_some(&tokens.id_token),
        "refresh_token": tokens.refresh_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_seconds,
    }));
    Value::Object(answer)
}

/// All scopes of the client, or those asked for if it has them.
fn granted_scopes(client: &Client, asked: Option<&str>) -> Result<Vec<String>, ()> {
    let allowed = client.scopes();
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else { return Ok(allowed) };
    let asked: Vec<_> = asked.split_whitespace().map(str::to_owned).collect();
    if asked.iter().all(|scope| allowed.contains(scope)) { Ok(asked) } else { Err(()) }
}

/// Client id and secret: from HTTP Basic, or from the form. A public client has no secret.
fn credentials(headers: &HeaderMap, form: &HashMap<String, String>) -> Option<(String, Option<String>)> {
    if let Some(header) = headers.get("authorization") {
        let encoded = header.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        return Some((id.to_owned(), Some(secret.to_owned())));
    }
    Some((form.get("client_id")?.clone(), form.get("client_secret").cloned()))
}

fn refusal(error: &'static str) -> Refusal {
    Refusal { error, description: None }
}

fn trigger_refusal(error: CognitoError) -> Refusal {
    Refusal { error: unknowns::TOKEN_ENDPOINT_TRIGGER_ERROR, description: Some(error.message) }
}
