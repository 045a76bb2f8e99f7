//! The app of the story: what a web application would do, with the AWS SDK.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, AuthenticationResultType};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_stack::DevStack;
use serde_json::{Map, Value};

/// The password of everybody in the story.
const PASSWORD: &str = "Correct-Horse-9";

pub(crate) type Claims = Map<String, Value>;

pub(crate) struct Tokens {
    pub(crate) id: Claims,
    pub(crate) access: Claims,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
}

pub(crate) struct App<'a> {
    pub(crate) stack: &'a DevStack,
    pub(crate) cognito: Client,
    pub(crate) pool: String,
    pub(crate) client: String,
}

impl App<'_> {
    /// Signs up, and confirms with the code that was "mailed".
    pub(crate) async fn sign_up(&self, email: &str, invite_code: Option<&str>) -> Result<(), String> {
        let attribute =
            AttributeType::builder().name("email").value(email).build().map_err(|e| e.to_string())?;
        let call = self.cognito.sign_up().client_id(&self.client).username(email).password(PASSWORD);
        call.user_attributes(attribute).send().await.map_err(|error| told(&error))?;
        let code = self.stack.cognito().delivered_code(&self.pool, email).unwrap_or_default();
        let mut call = self.cognito.confirm_sign_up().client_id(&self.client).username(email);
        if let Some(invite_code) = invite_code {
            call = call.client_metadata("inviteCode", invite_code);
        }
        call.confirmation_code(code).send().await.map(|_| ()).map_err(|error| told(&error))
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Result<Tokens, String> {
        let call =
            self.cognito.initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::UserPasswordAuth);
        let call = call.auth_parameters("USERNAME", email).auth_parameters("PASSWORD", PASSWORD);
        let answer = call.send().await.map_err(|error| told(&error))?;
        read(answer.authentication_result())
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<Tokens, String> {
        let call =
            self.cognito.initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::RefreshTokenAuth);
        let answer = call.auth_parameters("REFRESH_TOKEN", refresh_token).send().await;
        read(answer.map_err(|error| told(&error))?.authentication_result())
    }

    /// The user attribute `custom:tenantId`.
    pub(crate) async fn stamp(&self, email: &str) -> Result<String, String> {
        let call = self.cognito.admin_get_user().user_pool_id(&self.pool).username(email);
        let user = call.send().await.map_err(|error| told(&error))?;
        let stamp = user.user_attributes().iter().find(|attribute| attribute.name() == "custom:tenantId");
        Ok(stamp.and_then(|attribute| attribute.value()).unwrap_or_default().to_owned())
    }
}

/// What Cognito tells the app.
fn told<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let message = error.as_service_error().and_then(|error| error.meta().message());
    message.map_or_else(|| "Cognito gave no answer".to_owned(), str::to_owned)
}

fn read(tokens: Option<&AuthenticationResultType>) -> Result<Tokens, String> {
    let tokens = tokens.ok_or("Cognito asked for more instead of giving tokens")?;
    let claims = |token: Option<&str>| {
        let payload = token.and_then(|token| token.split('.').nth(1)).ok_or("a token is missing")?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|error| error.to_string())?;
        serde_json::from_slice::<Claims>(&payload).map_err(|error| error.to_string())
    };
    Ok(Tokens {
        id: claims(tokens.id_token())?,
        access: claims(tokens.access_token())?,
        access_token: tokens.access_token().unwrap_or_default().to_owned(),
        refresh_token: tokens.refresh_token().map(str::to_owned),
    })
}
