//! The four operations on a pool, with the bodies as they go over the wire: the SDK signs, sends and tries again, and
//! reads errors; what it does not know of is neither lost nor made up.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use aws_sdk_cognitoidentityprovider::error::SdkError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use user_pool::answer::Answer;

use crate::description::Description;
use crate::refused::Refused;
use user_pool::aws_error::{AwsError, Meaning};

/// `DescribeUserPool`: the member `UserPool` of the answer.
pub async fn describe(client: &Client, pool_id: &str) -> Result<Description, Refused> {
    let answer = Answer::default();
    let call = client.describe_user_pool().user_pool_id(pool_id).customize().interceptor(answer.clone());
    call.send().await.map_err(|error| {
        Refused::call(&format!("describe the user pool {pool_id}"), &AwsError::of(&error))
            .needs("cognito-idp:DescribeUserPool")
    })?;
    answer.member("UserPool").and_then(|text| Description::parse(&text)).ok_or_else(|| {
        Refused::failed(format!(
            "the description of the user pool {pool_id} cannot be read: no member UserPool"
        ))
    })
}

/// What `GetUserPoolMfaConfig` came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Mfa {
    /// The answer.
    Known(Value),
    /// None: not allowed, or not an operation of that server. In words.
    Unknown(String),
}

/// `GetUserPoolMfaConfig`.
pub async fn mfa(client: &Client, pool_id: &str) -> Mfa {
    let answer = Answer::default();
    let call =
        client.get_user_pool_mfa_config().user_pool_id(pool_id).customize().interceptor(answer.clone());
    match call.send().await {
        Ok(_) => answer.json().map_or_else(|| Mfa::Unknown("its answer is no JSON".to_owned()), Mfa::Known),
        Err(error) => {
            Mfa::Unknown(Refused::call("read the MFA configuration", &AwsError::of(&error)).to_string())
        }
    }
}

/// What came of an update.
#[derive(Debug)]
pub enum Sent {
    /// Accepted.
    Done,
    /// Cognito has refused it, and nothing is changed.
    Refused(Refused),
    /// Nobody knows whether it was done.
    Unknown(Refused),
}

/// `UpdateUserPool`, with this body, which is JSON.
pub async fn update(client: &Client, pool_id: &str, body: String) -> Sent {
    // One attempt: the answer to the last of several says nothing about the others.
    let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
    let call = Client::from_conf(config).update_user_pool().user_pool_id(pool_id).customize();
    let Err(error) = call.interceptor(Request(body)).send().await else { return Sent::Done };
    let is_unsent = matches!(error, SdkError::ConstructionFailure(_));
    let error = AwsError::of(&error);
    let failure = Refused::call("update the user pool", &error);
    if is_unsent || error.meaning() == Meaning::NoCredentials || is_refusal(&error) {
        Sent::Refused(failure)
    } else {
        Sent::Unknown(failure)
    }
}

/// Whether an answer says that nothing was done. One without a code may be of a proxy.
fn is_refusal(error: &AwsError) -> bool {
    error.status().is_some_and(|status| (400..500).contains(&status) && status != 408)
        && error.code().is_some()
        && !error.meaning().is_no_answer()
}

/// `SetUserPoolMfaConfig`, with this body.
pub async fn set_mfa(client: &Client, pool_id: &str, body: &Value) -> Result<(), Refused> {
    let call = client.set_user_pool_mfa_config().user_pool_id(pool_id).customize();
    let sent = call.interceptor(Request(body.to_string())).send().await;
    sent.map(|_| ()).map_err(|error| Refused::call("put the MFA configuration back", &AwsError::of(&error)))
}

/// The request that sets the MFA configuration that `GetUserPoolMfaConfig` showed. With MFA off no factor may be
/// sent ("can't turn off MFA and configure an MFA together").
pub fn mfa_request(pool_id: &str, shown: &Value) -> Value {
    let mut body = json!({ "UserPoolId": pool_id });
    let mode = shown.get("MfaConfiguration").cloned().unwrap_or_else(|| json!("OFF"));
    let is_off = mode == "OFF";
    if let Value::Object(body) = &mut body {
        body.insert("MfaConfiguration".to_owned(), mode);
        for (name, value) in shown.as_object().into_iter().flatten() {
            let is_factor = matches!(
                name.as_str(),
                "SmsMfaConfiguration" | "SoftwareTokenMfaConfiguration" | "EmailMfaConfiguration"
            );
            if name != "MfaConfiguration" && !value.is_null() && !(is_off && is_factor) {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    body
}

/// Puts a body into a request, before it is signed.
#[derive(Debug)]
struct Request(String);

impl Intercept for Request {
    fn name(&self) -> &'static str {
        "Request"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.headers_mut().insert("content-length", self.0.len().to_string());
        *request.body_mut() = SdkBody::from(self.0.as_str());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tenancy_aws::{CallError, CallFailure};

    use super::*;

    #[test]
    fn only_a_refusal_in_cognitos_own_words_says_that_nothing_is_changed() {
        for (status, code, is_refused) in [
            (Some(400), Some("InvalidParameterException"), true),
            (Some(400), Some("TooManyRequestsException"), true),
            (Some(400), Some("ConcurrentModificationException"), true),
            (Some(403), Some("AccessDeniedException"), true),
            (Some(400), Some("InternalErrorException"), false),
            (Some(500), Some("InternalErrorException"), false),
            (Some(500), Some("InternalServerError"), false),
            (Some(503), Some("ServiceUnavailableException"), false),
            (Some(503), Some("ThrottlingException"), false),
            (Some(408), Some("RequestTimeoutException"), false),
            (Some(403), None, false),
            (Some(200), None, false),
            (None, None, false),
        ] {
            let kind = if code.is_some() { CallFailure::Refused } else { CallFailure::Unreadable };
            let code = code.map(str::to_owned);
            let call = CallError { kind, code: code.clone(), message: None, status, cause: None };
            assert_eq!(is_refusal(&call.into()), is_refused, "{status:?} {code:?}");
        }
    }

    #[test]
    fn with_mfa_off_no_factor_is_sent() {
        let factors = json!({
            "MfaConfiguration": "OFF",
            "SmsMfaConfiguration": { "SmsConfiguration": {} },
            "SoftwareTokenMfaConfiguration": null,
            "WebAuthnConfiguration": { "UserVerification": "required" },
        });

        let off = mfa_request("p", &factors);

        let kept = json!({
            "UserPoolId": "p", "MfaConfiguration": "OFF", "WebAuthnConfiguration": { "UserVerification": "required" },
        });
        assert_eq!(off, kept);
    }

    #[test]
    fn with_mfa_on_every_factor_is_sent() {
        let shown = json!({
            "MfaConfiguration": "OPTIONAL",
            "SmsMfaConfiguration": { "SmsAuthenticationMessage": "{####}" },
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
            "EmailMfaConfiguration": { "Subject": "s" },
        });

        let mut sent = mfa_request("p", &shown);

        assert_eq!(sent.as_object_mut().unwrap().remove("UserPoolId"), Some(json!("p")));
        assert_eq!(sent, shown);
    }
}
