//! App clients: who may ask for tokens, and which attributes they may touch.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{error::CognitoError, unknowns};

/// What an app client is made of.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Name; no meaning.
    pub name: String,
    /// Makes a client with a secret: for client credentials only, see [`ClientSettings::scopes`].
    pub secret: bool,
    /// Attributes that it may read, and so finds in the ID token. `None`: the default of a new client.
    pub read_attributes: Option<BTreeSet<String>>,
    /// Attributes that it may write in `SignUp` and `UpdateUserAttributes`. `None`: the default of a new client.
    pub write_attributes: Option<BTreeSet<String>>,
    /// Scopes of resource servers, such as `api/read`, that client credentials may ask for.
    pub scopes: Vec<String>,
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
            name: "local".to_owned(),
            secret: false,
            read_attributes: None,
            write_attributes: None,
            scopes: Vec::new(),
            token_validity: Duration::from_hours(1),
            refresh_token_validity: Duration::from_hours(30 * 24),
            prevent_user_existence_errors: true,
        }
    }
}

/// An app client of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) settings: ClientSettings,
}

impl Client {
    pub(crate) fn may_read(&self, attribute: &str) -> bool {
        attribute == "sub" || permits(self.settings.read_attributes.as_ref(), attribute)
    }

    /// Refuses an attribute outside the write list. Nobody but an administrator writes the `_verified` ones.
    pub(crate) fn check_write(&self, attribute: &str) -> Result<(), CognitoError> {
        let writable = !matches!(attribute, "sub" | "email_verified" | "phone_number_verified");
        if writable && permits(self.settings.write_attributes.as_ref(), attribute) {
            return Ok(());
        }
        Err(CognitoError::not_authorized("A client attempted to write unauthorized attribute"))
    }

    /// Refuses a client with a secret: the stack does not check `SECRET_HASH`.
    pub(crate) fn check_public(&self) -> Result<(), CognitoError> {
        if self.secret.is_none() {
            return Ok(());
        }
        Err(CognitoError::not_authorized(format!(
            "Client {} is configured with secret but SECRET_HASH was not received (the local stack checks \
             no SECRET_HASH: sign in through a client without a secret)",
            self.id
        )))
    }

    /// As `DescribeUserPoolClient` shows it.
    pub(crate) fn describe(&self, pool_id: &str) -> Value {
        let settings = &self.settings;
        let mut description = json!({
            "UserPoolId": pool_id,
            "ClientId": self.id,
            "ClientName": settings.name,
            "AccessTokenValidity": settings.token_validity.as_secs(),
            "IdTokenValidity": settings.token_validity.as_secs(),
            "RefreshTokenValidity": settings.refresh_token_validity.as_secs(),
            "TokenValidityUnits": { "AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds" },
            "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
            ],
            "PreventUserExistenceErrors":
                if settings.prevent_user_existence_errors { "ENABLED" } else { "LEGACY" },
        });
        if let Value::Object(members) = &mut description {
            let lists = [
                ("ReadAttributes", settings.read_attributes.as_ref()),
                ("WriteAttributes", settings.write_attributes.as_ref()),
            ];
            for (name, list) in lists {
                if let Some(list) = list {
                    members.insert(name.to_owned(), json!(list));
                }
            }
            if !settings.scopes.is_empty() {
                members.insert("AllowedOAuthScopes".to_owned(), json!(settings.scopes));
                members.insert("AllowedOAuthFlows".to_owned(), json!(["client_credentials"]));
            }
        }
        description
    }
}

fn permits(list: Option<&BTreeSet<String>>, attribute: &str) -> bool {
    match list {
        Some(list) => list.contains(attribute),
        None => unknowns::DEFAULT_PERMISSIONS_INCLUDE_CUSTOM || !attribute.starts_with("custom:"),
    }
}
