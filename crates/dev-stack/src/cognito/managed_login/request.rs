//! What an app asks for: the parameters of `/oauth2/authorize`, which every page of a sign-in carries on.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{IntoResponse as _, Response},
};
use form_urlencoded::Serializer;

use super::{
    super::{client::Client, pool::Pool, service::Cognito},
    page,
};
use crate::{form, json::texts};

/// Scopes that need `openid` beside them.
const OF_OPENID: [&str; 3] = ["email", "phone", "profile"];

/// A request that has been checked.
pub(super) struct AuthorizeRequest {
    pub(super) pool_id: String,
    pub(super) client: Client,
    pub(super) scopes: Vec<String>,
    pub(super) nonce: Option<String>,
    /// The `code_challenge` of PKCE, of the method `S256`.
    pub(super) challenge: Option<String>,
    /// The identity provider that the app wants; the pool itself is none.
    pub(super) provider: Option<String>,
    pub(super) login_hint: Option<String>,
    /// The words of `prompt`.
    pub(super) prompts: Vec<String>,
    pub(super) target: Target,
    /// The query that asks for it.
    pub(super) query: String,
    /// Whether users can sign themselves up.
    pub(super) has_sign_up: bool,
    pub(super) has_email_usernames: bool,
}

/// Where the answer goes: a registered address of the app client.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) redirect_uri: String,
    state: Option<String>,
}

impl AuthorizeRequest {
    /// Checks a request. A client or an address that is not registered gets a page, and every other fault is told to the
    /// app.
    pub(super) fn read(cognito: &Cognito, pool_id: &str, query: &str) -> Result<Self, Box<Response>> {
        let pools = cognito.lock_pools();
        let Some(pool) = pools.get(pool_id) else { return refused("No user pool has this domain.") };
        Self::of_pool(pool, query)
    }

    fn of_pool(pool: &Pool, query: &str) -> Result<Self, Box<Response>> {
        let mut parameters = form::parse(query.as_bytes());
        parameters.retain(|_, value| !value.is_empty());
        let mut take = |name: &str| parameters.remove(name);
        let Some(client_id) = take("client_id") else { return refused("client_id is missing.") };
        let Ok(client) = pool.client(&client_id).cloned() else { return refused("Client does not exist.") };
        let Some(redirect_uri) = take("redirect_uri") else { return refused("redirect_uri is missing.") };
        if !client.lists("CallbackURLs", &redirect_uri) || redirect_uri.contains('#') {
            return refused("redirect_mismatch");
        }
        let target = Target { redirect_uri, state: take("state") };
        let refuse = |error: &str| Err(Box::new(target.refusal(error, None)));
        let method = take("code_challenge_method");
        let challenge = take("code_challenge");
        match take("response_type").as_deref() {
            Some("code") if client.allows_grant("code") => {}
            Some("code" | "token") => return refuse("unauthorized_client"),
            _ => return refuse("invalid_request"),
        }
        match (method.as_deref(), challenge.is_some()) {
            (None, false) | (Some("S256"), true) => {}
            _ => return refuse("invalid_request"),
        }
        let Ok(scopes) = granted(&client, take("scope").as_deref()) else { return refuse("invalid_scope") };
        let Ok(provider) = wanted(pool, &client, take("identity_provider"), take("idp_identifier")) else {
            return refuse("invalid_request");
        };
        if !client.lists("SupportedIdentityProviders", "COGNITO") && client.other_providers().is_empty() {
            return refused("Login pages unavailable. Please contact an administrator.");
        }
        let prompts = take("prompt").unwrap_or_default().split(' ').map(str::to_owned).collect();
        Ok(Self {
            pool_id: pool.id.clone(),
            scopes,
            nonce: take("nonce"),
            challenge,
            provider,
            login_hint: take("login_hint"),
            prompts,
            target,
            query: query.to_owned(),
            has_sign_up: !pool.is_for_administrators()
                && client.lists("SupportedIdentityProviders", "COGNITO"),
            has_email_usernames: pool.has_email_usernames(),
            client,
        })
    }

    pub(super) fn has_prompt(&self, word: &str) -> bool {
        self.prompts.iter().any(|prompt| prompt == word)
    }

    /// The same request at another path.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{path}?{}", self.query)
    }

    /// The same request for an identity provider.
    pub(super) fn at_provider(&self, name: &str) -> String {
        let others = form_urlencoded::parse(self.query.as_bytes());
        let others = others.filter(|(name, _)| name != "identity_provider" && name != "idp_identifier");
        let query = Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair("identity_provider", name)
            .finish();
        format!("/oauth2/authorize?{query}")
    }
}

impl Target {
    /// Sends the browser to the app with a code.
    pub(super) fn code(&self, code: &str) -> Response {
        self.answer(&[("code", code)])
    }

    /// Tells the app an error (RFC 6749, section 4.1.2.1).
    pub(super) fn refusal(&self, error: &str, description: Option<&str>) -> Response {
        match description {
            None => self.answer(&[("error", error)]),
            Some(text) => self.answer(&[("error_description", text), ("error", error)]),
        }
    }

    fn answer(&self, parameters: &[(&str, &str)]) -> Response {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        redirect(&format!("{}{separator}{}", self.redirect_uri, query.finish()))
    }
}

/// The answer 302 that all endpoints give.
pub(super) fn redirect(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => {
            let no_store = HeaderValue::from_static("no-store");
            (StatusCode::FOUND, [(LOCATION, location), (CACHE_CONTROL, no_store)]).into_response()
        }
        Err(_) => page::error(StatusCode::BAD_REQUEST, "invalid_request"),
    }
}

/// All scopes of the client, or those asked for if it has them.
fn granted(client: &Client, asked: Option<&str>) -> Result<Vec<String>, ()> {
    let allowed = client.scopes();
    let Some(asked) = asked else { return Ok(allowed) };
    let asked: Vec<_> = asked.split_whitespace().map(str::to_owned).collect();
    let has = |name: &str| asked.iter().any(|scope| scope == name);
    let needs_openid = OF_OPENID.into_iter().any(has) && !has("openid");
    if needs_openid || !asked.iter().all(|scope| allowed.contains(scope)) { Err(()) } else { Ok(asked) }
}

/// The provider of a request, by name or identifier, if the client has it.
fn wanted(
    pool: &Pool,
    client: &Client,
    name: Option<String>,
    identifier: Option<String>,
) -> Result<Option<String>, ()> {
    let name = match (name, identifier) {
        (Some(name), _) => name,
        (None, Some(identifier)) => {
            let has = |provider| texts(provider, &["IdpIdentifiers"]).contains(&identifier.as_str());
            let found = pool.providers.iter().find(|(_, provider)| has(provider));
            found.map(|(name, _)| name.clone()).ok_or(())?
        }
        (None, None) => return Ok(None),
    };
    if !client.lists("SupportedIdentityProviders", &name) {
        return Err(());
    }
    match name.as_str() {
        "COGNITO" => Ok(None),
        known if pool.providers.contains_key(known) => Ok(Some(name)),
        _ => Err(()),
    }
}

fn refused<T>(text: &str) -> Result<T, Box<Response>> {
    Err(Box::new(page::error(StatusCode::BAD_REQUEST, text)))
}
