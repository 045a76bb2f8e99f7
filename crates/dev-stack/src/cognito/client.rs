//! App clients: who may ask for tokens, and which attributes they may touch.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{error::CognitoError, shape::Object, unknowns};
use crate::{
    clock,
    json::{member, members, texts},
    random,
};

#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Client id; `None` makes one.
    pub id: Option<String>,
    /// Name; no meaning.
    pub name: String,
    /// Makes a client with a secret, which [`Cognito::client_secret`](crate::Cognito::client_secret) tells.
    pub secret: bool,
    /// Attributes that it may read, and so finds in the ID token. `None`: the default of a new client.
    pub read_attributes: Option<BTreeSet<String>>,
    /// Attributes that it may write in `SignUp` and `UpdateUserAttributes`. `None`: the default of a new client.
    pub write_attributes: Option<BTreeSet<String>>,
    /// Scopes that the client may ask for. With [`ClientSettings::callback_urls`]: those of managed login, by default
    /// `openid`, `email` and `profile`. Without: those of resource servers, such as `api/read`, for client credentials.
    pub scopes: Vec<String>,
    /// Where managed login may send users with a code, exactly; `COGNITO` signs them in, and each provider of the pool.
    /// Default none: the client does not use managed login.
    pub callback_urls: Vec<String>,
    /// Where managed login may send users who have signed out, exactly.
    pub logout_urls: Vec<String>,
    /// Identity providers besides the pool's own users, by name.
    pub providers: Vec<String>,
    /// Life of ID and access tokens: 5 minutes to 1 day in Cognito, any here. Default 1 hour.
    pub token_validity: Duration,
    /// Life of refresh tokens. Default 30 days.
    pub refresh_token_validity: Duration,
    /// `PreventUserExistenceErrors` is `ENABLED`: an unknown user reads as a wrong password. Default true,
    /// as the console makes clients.
    pub prevent_user_existence_errors: bool,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            id: None,
            name: "local".to_owned(),
            secret: false,
            read_attributes: None,
            write_attributes: None,
            scopes: Vec::new(),
            callback_urls: Vec::new(),
            logout_urls: Vec::new(),
            providers: Vec::new(),
            token_validity: Duration::from_hours(1),
            refresh_token_validity: Duration::from_hours(30 * 24),
            prevent_user_existence_errors: true,
        }
    }
}

impl ClientSettings {
    /// An app client as a deployment makes it: users cannot write `custom:tenantId`.
    #[must_use]
    pub fn with_protected_tenant() -> Self {
        const WRITABLE: [&str; 6] = ["email", "family_name", "given_name", "locale", "name", "zoneinfo"];
        const READ_ONLY: [&str; 2] = ["custom:tenantId", "email_verified"];
        Self {
            read_attributes: Some(WRITABLE.into_iter().chain(READ_ONLY).map(str::to_owned).collect()),
            write_attributes: Some(WRITABLE.map(str::to_owned).into()),
            ..Self::default()
        }
    }
}

/// An app client of a pool: what `DescribeUserPoolClient` shows decides.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    description: Object,
}

impl Client {
    /// A client of the Rust API: Cognito's defaults, and the settings.
    pub(crate) fn of_settings(id: String, settings: ClientSettings) -> Self {
        let ClientSettings { name, secret, read_attributes, write_attributes, scopes, .. } = settings;
        let (tokens, refresh_tokens) = (settings.token_validity, settings.refresh_token_validity);
        let (callbacks, logouts) = (settings.callback_urls, settings.logout_urls);
        let (flow, scopes) = match (callbacks.is_empty(), scopes.is_empty()) {
            (false, false) => (Some("code"), scopes),
            (false, true) => (Some("code"), ["openid", "email", "profile"].map(str::to_owned).to_vec()),
            (true, false) => (Some("client_credentials"), scopes),
            (true, true) => (None, scopes),
        };
        let providers = std::iter::once("COGNITO".to_owned()).chain(settings.providers);
        let providers: Option<Vec<_>> = (flow == Some("code")).then(|| providers.collect());
        let prevent = if settings.prevent_user_existence_errors { "ENABLED" } else { "LEGACY" };
        let own = json!({
            "ClientName": name,
            "ClientSecret": secret.then(|| random::lower_alphanumerics(52)),
            "AccessTokenValidity": tokens.as_secs(),
            "IdTokenValidity": tokens.as_secs(),
            "RefreshTokenValidity": refresh_tokens.as_secs(),
            "TokenValidityUnits": { "AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds" },
            "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
            "PreventUserExistenceErrors": prevent,
            "ReadAttributes": read_attributes,
            "WriteAttributes": write_attributes,
            "AllowedOAuthFlowsUserPoolClient": flow.is_some(),
            "AllowedOAuthScopes": flow.is_some().then_some(scopes),
            "AllowedOAuthFlows": flow.map(|flow| [flow]),
            "CallbackURLs": (!callbacks.is_empty()).then_some(callbacks),
            "LogoutURLs": (!logouts.is_empty()).then_some(logouts),
            "SupportedIdentityProviders": providers,
        });
        Self::of_description(id, members(own))
    }

    /// A client of Cognito's defaults, and `own` in their place.
    pub(crate) fn of_description(id: String, own: Object) -> Self {
        let now = clock::now_seconds();
        let mut description = defaults();
        description.extend(own);
        description.insert("ClientId".to_owned(), json!(id));
        description.insert("CreationDate".to_owned(), json!(now));
        description.insert("LastModifiedDate".to_owned(), json!(now));
        Self { id, description }
    }

    pub(crate) fn secret(&self) -> Option<&str> {
        self.text("ClientSecret")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("ClientName").unwrap_or_default()
    }

    /// Scopes that requests to the OAuth endpoints may ask for.
    pub(crate) fn scopes(&self) -> Vec<String> {
        texts(&self.description, &["AllowedOAuthScopes"]).into_iter().map(str::to_owned).collect()
    }

    /// Whether the client may use an OAuth grant: `code`, `implicit` or `client_credentials`.
    pub(crate) fn allows_grant(&self, grant: &str) -> bool {
        let on = self.description.get("AllowedOAuthFlowsUserPoolClient") == Some(&Value::Bool(true));
        on && self.lists("AllowedOAuthFlows", grant)
    }

    /// Whether a list of the description, such as `CallbackURLs`, has exactly this text.
    pub(crate) fn lists(&self, list: &str, text: &str) -> bool {
        texts(&self.description, &[list]).contains(&text)
    }

    /// `SupportedIdentityProviders` besides the pool itself.
    pub(crate) fn other_providers(&self) -> Vec<&str> {
        let listed = texts(&self.description, &["SupportedIdentityProviders"]);
        listed.into_iter().filter(|name| *name != "COGNITO").collect()
    }

    /// Life of ID and access tokens.
    pub(crate) fn token_seconds(&self) -> u64 {
        self.seconds("AccessTokenValidity", "AccessToken", (1, "hours"))
    }

    pub(crate) fn refresh_token_seconds(&self) -> u64 {
        self.seconds("RefreshTokenValidity", "RefreshToken", (30, "days"))
    }

    /// The grace period of refresh token rotation, in seconds; `None` when rotation is off.
    pub(crate) fn rotation_grace_seconds(&self) -> Option<u64> {
        let member = |name| member(&self.description, &["RefreshTokenRotation", name]);
        member("Feature").filter(|feature| *feature == "ENABLED")?;
        Some(member("RetryGracePeriodSeconds").and_then(Value::as_u64).unwrap_or_default())
    }

    /// How long a challenge can be answered.
    pub(crate) fn auth_session_seconds(&self) -> u64 {
        self.description.get("AuthSessionValidity").and_then(Value::as_u64).unwrap_or(3).saturating_mul(60)
    }

    pub(crate) fn prevents_user_existence_errors(&self) -> bool {
        self.text("PreventUserExistenceErrors") == Some("ENABLED")
    }

    pub(crate) fn may_read(&self, attribute: &str) -> bool {
        attribute == "sub" || self.permits("ReadAttributes", attribute)
    }

    /// Refuses an attribute outside the write list. Nobody but an administrator writes the `_verified` ones.
    pub(crate) fn check_write(&self, attribute: &str) -> Result<(), CognitoError> {
        if !is_for_administrators(attribute) && self.permits("WriteAttributes", attribute) {
            return Ok(());
        }
        Err(CognitoError::not_authorized("A client attempted to write unauthorized attribute"))
    }

    /// Refuses a way to sign in that the client does not list, such as `USER_PASSWORD_AUTH`. The old names of
    /// flows have no `ALLOW_`.
    pub(crate) fn check_flow(&self, flow: &str) -> Result<(), CognitoError> {
        let flows = texts(&self.description, &["ExplicitAuthFlows"]);
        if flows.iter().any(|known| known.strip_prefix("ALLOW_").unwrap_or(known) == flow) {
            return Ok(());
        }
        Err(CognitoError::invalid_parameter(format!("{flow} flow not enabled for this client")))
    }

    /// As `DescribeUserPoolClient` shows it.
    pub(crate) fn describe(&self, pool_id: &str) -> Value {
        let mut shown = self.description.clone();
        shown.insert("UserPoolId".to_owned(), json!(pool_id));
        Value::Object(shown)
    }

    /// What is kept, to change it.
    pub(crate) fn description_mut(&mut self) -> &mut Object {
        &mut self.description
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.description.get(name).and_then(Value::as_str)
    }

    fn seconds(&self, name: &str, unit: &str, default: (u64, &str)) -> u64 {
        let number = self.description.get(name).and_then(Value::as_u64).unwrap_or(default.0);
        let unit = member(&self.description, &["TokenValidityUnits", unit]).and_then(Value::as_str);
        let seconds = match unit.unwrap_or(default.1) {
            "seconds" => 1,
            "minutes" => 60,
            "hours" => 3_600,
            _ => 86_400,
        };
        number.saturating_mul(seconds)
    }

    fn permits(&self, list: &str, attribute: &str) -> bool {
        match self.description.get(list) {
            Some(_) => texts(&self.description, &[list]).contains(&attribute),
            None => unknowns::DEFAULT_PERMISSIONS_INCLUDE_CUSTOM || !attribute.starts_with("custom:"),
        }
    }
}

/// Whether no client can write the attribute, whatever it lists.
pub(crate) fn is_for_administrators(attribute: &str) -> bool {
    matches!(attribute, "sub" | "email_verified" | "phone_number_verified")
}

/// What `CreateUserPoolClient` fills in, and `UpdateUserPoolClient` resets to.
pub(crate) fn defaults() -> Object {
    members(json!({
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        "AllowedOAuthFlowsUserPoolClient": false,
        "EnableTokenRevocation": true,
        "EnablePropagateAdditionalUserContextData": false,
        "AuthSessionValidity": 3,
    }))
}
