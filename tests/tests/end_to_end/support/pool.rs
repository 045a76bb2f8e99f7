//! A user pool with both triggers, as an app sees it.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, AuthenticationResultType};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use dev_stack::{ClientSettings, EventVersion, PoolSettings, Trigger, Triggers};
use serde_json::Value;

use super::{CODE, EMAIL, World, items};

/// Password of every test user.
const PASSWORD: &str = "Correct-Horse-9";

/// A user pool of a world.
pub(crate) struct UserPool<'a> {
    /// The world.
    pub(crate) world: &'a World,
    /// The pool's id.
    pub(crate) id: String,
    /// An app client's id.
    pub(crate) client: String,
}

/// The tokens of one sign-in, and their claims.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    /// Of the ID token.
    pub(crate) id: Value,
    /// Of the access token.
    pub(crate) access: Value,
    /// The ID token itself.
    pub(crate) id_token: String,
    /// The access token itself.
    pub(crate) access_token: String,
    /// The refresh token, if one was issued.
    pub(crate) refresh_token: Option<String>,
}

impl World {
    /// Makes a pool with both triggers, which the functions' roles are then for.
    pub(crate) fn user_pool(&self, version: EventVersion) -> UserPool<'_> {
        let settings =
            PoolSettings {
                triggers: Triggers::default()
                    .with(Trigger::PostConfirmation, POST_CONFIRMATION)
                    .with_version(Trigger::PreTokenGeneration, PRE_TOKEN_GENERATION, version),
                ..PoolSettings::default()
            };
        let id = self.stack.cognito().create_pool(settings);
        self.roles.values().for_each(|role| role.serve(&id));
        let client = self.stack.cognito().create_client(&id, ClientSettings::default()).unwrap();
        UserPool { world: self, id, client }
    }
}

impl UserPool<'_> {
    /// Signs a user up; gives the `sub`.
    pub(crate) async fn sign_up(&self, email: &str) -> String {
        let attribute = AttributeType::builder().name("email").value(email).build().unwrap();
        let call = self.world.cognito.sign_up().client_id(&self.client).username(email).password(PASSWORD);
        call.user_attributes(attribute).send().await.unwrap().user_sub
    }

    /// Confirms a user with the code that was "mailed", and an invite code if there is one.
    ///
    /// # Errors
    ///
    /// What Cognito tells the app.
    pub(crate) async fn confirm(&self, email: &str, invite_code: Option<&str>) -> Result<(), String> {
        let code = self.world.stack.cognito().delivered_code(&self.id, email).unwrap();
        let mut call = self.world.cognito.confirm_sign_up().client_id(&self.client).username(email);
        if let Some(invite_code) = invite_code {
            call = call.client_metadata("inviteCode", invite_code);
        }
        call.confirmation_code(code).send().await.map(|_| ()).map_err(|error| told(&error))
    }

    /// Makes `acme` and an invite for the role `viewer`; Ana signs up and redeems it. Gives her `sub`.
    pub(crate) async fn ana_joins_acme(&self) -> String {
        self.world.put(items::tenant("acme")).await;
        self.world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
        let sub = self.sign_up(EMAIL).await;
        self.confirm(EMAIL, Some(CODE)).await.unwrap();
        sub
    }

    /// Signs in with the password.
    ///
    /// # Errors
    ///
    /// What Cognito tells the app.
    pub(crate) async fn sign_in(&self, email: &str) -> Result<Claims, String> {
        let call = self.world.cognito.initiate_auth().client_id(&self.client);
        let call = call.auth_flow(AuthFlowType::UserPasswordAuth).auth_parameters("USERNAME", email);
        let call = call.auth_parameters("PASSWORD", PASSWORD);
        let answer = call.send().await.map_err(|error| told(&error))?;
        Ok(claims(answer.authentication_result().expect("tokens, not a challenge")))
    }

    /// Refreshes the tokens, the classic way.
    ///
    /// # Errors
    ///
    /// What Cognito tells the app.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<Claims, String> {
        let call = self.world.cognito.initiate_auth().client_id(&self.client);
        let call =
            call.auth_flow(AuthFlowType::RefreshTokenAuth).auth_parameters("REFRESH_TOKEN", refresh_token);
        let answer = call.send().await.map_err(|error| told(&error))?;
        Ok(claims(answer.authentication_result().expect("tokens, not a challenge")))
    }

    /// Refreshes the tokens with `GetTokensFromRefreshToken`, which passes metadata on.
    ///
    /// # Errors
    ///
    /// What Cognito tells the app.
    pub(crate) async fn switch(
        &self,
        refresh_token: &str,
        metadata: &[(&str, &str)],
    ) -> Result<Claims, String> {
        let mut call = self.world.cognito.get_tokens_from_refresh_token().client_id(&self.client);
        for (name, value) in metadata {
            call = call.client_metadata(*name, *value);
        }
        let answer = call.refresh_token(refresh_token).send().await.map_err(|error| told(&error))?;
        Ok(claims(answer.authentication_result().expect("tokens")))
    }

    /// The user attribute `custom:tenantId`.
    pub(crate) async fn stamp(&self, username: &str) -> Option<String> {
        let call = self.world.cognito.admin_get_user().user_pool_id(&self.id).username(username);
        let user = call.send().await.unwrap();
        let stamp = user.user_attributes().iter().find(|attribute| attribute.name() == "custom:tenantId");
        stamp.and_then(|attribute| attribute.value()).map(str::to_owned)
    }
}

/// The text of Cognito's error.
pub(crate) fn told<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    metadata
        .and_then(|metadata| metadata.message())
        .map_or_else(|| "no service error".to_owned(), str::to_owned)
}

fn claims(tokens: &AuthenticationResultType) -> Claims {
    let (id_token, access_token) = (tokens.id_token().unwrap(), tokens.access_token().unwrap());
    Claims {
        id: payload(id_token),
        access: payload(access_token),
        id_token: id_token.to_owned(),
        access_token: access_token.to_owned(),
        refresh_token: tokens.refresh_token().map(str::to_owned),
    }
}

/// The claims of a token.
pub(crate) fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
