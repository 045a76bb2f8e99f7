//! Events to triggers: builds them, calls the function as Cognito does, keeps a record.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    error::CognitoError,
    group_configuration::GroupConfiguration,
    pool::Pool,
    reply,
    service::Cognito,
    trigger::{EventVersion, Trigger, TriggerOutcome, TriggerRecord},
    unknowns,
    user::User,
};
use crate::{DevStackError, Invocation, account::ACCOUNT_ID, lambda::Caller};

/// How often Cognito calls a function that does not answer in time.
const ATTEMPTS: u32 = 3;

/// The service that a function's policy has to admit.
const SERVICE: &str = "cognito-idp.amazonaws.com";

/// What `clientMetadata` holds.
pub(crate) type Metadata = BTreeMap<String, String>;

/// An event on its way to a function.
#[derive(Clone, Debug)]
pub(crate) struct Firing {
    pool_id: String,
    function: String,
    trigger: Trigger,
    version: EventVersion,
    source: &'static str,
    event: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'a str,
    trigger_source: &'a str,
    region: &'a str,
    user_pool_id: &'a str,
    user_name: &'a str,
    caller_context: CallerContext<'a>,
    request: Request,
    response: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallerContext<'a> {
    aws_sdk_version: &'a str,
    client_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    user_attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "null in a machine's event, and absent in post-confirmation's")]
    group_configuration: Option<Option<GroupConfiguration>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_metadata: Option<Metadata>,
}

impl Firing {
    /// The post-confirmation event for `user`, if the pool has that trigger. `client_id` is `None` when an
    /// administrator confirms.
    pub(crate) fn post_confirmation(
        pool: &Pool,
        user: &User,
        source: &'static str,
        client_id: Option<&str>,
        metadata: Option<Metadata>,
    ) -> Option<Self> {
        let trigger = Trigger::PostConfirmation;
        let (function, _) = pool.triggers().of(trigger)?.clone();
        let request = Request {
            user_attributes: user.event_attributes(),
            group_configuration: None,
            scopes: None,
            client_metadata: present(metadata),
        };
        // This trigger has one event version.
        let version = EventVersion::V1;
        let event = render(pool, version, source, &user.username, client_id, request, json!({}));
        Some(Self { pool_id: pool.id.clone(), function, trigger, version, source, event })
    }

    /// The pre-token-generation event for a user, if the pool has that trigger.
    pub(crate) fn pre_token_generation(
        pool: &Pool,
        user: &User,
        source: &'static str,
        client_id: &str,
        scopes: &[String],
        metadata: Option<Metadata>,
    ) -> Option<Self> {
        let client = pool.client(client_id).ok()?;
        let attributes = unknowns::event_attributes(user.event_attributes(), |name| client.may_read(name));
        let identity = (user.username.as_str(), attributes, Some(pool.group_configuration(user)));
        Self::token_event(pool, identity, source, client_id, scopes, metadata)
    }

    /// The pre-token-generation event for a machine, if the pool has that trigger with `V3_0`.
    pub(crate) fn client_credentials(
        pool: &Pool,
        client_id: &str,
        scopes: &[String],
        metadata: Option<Metadata>,
    ) -> Option<Self> {
        let version = pool.triggers().of(Trigger::PreTokenGeneration)?.1;
        if version < EventVersion::V3 {
            return None;
        }
        // As in the developer guide's sample.
        let identity = ("ClientCredentials", BTreeMap::new(), None);
        Self::token_event(pool, identity, "TokenGeneration_ClientCredentials", client_id, scopes, metadata)
    }

    fn token_event(
        pool: &Pool,
        (user_name, user_attributes, groups): (&str, BTreeMap<String, String>, Option<GroupConfiguration>),
        source: &'static str,
        client_id: &str,
        scopes: &[String],
        metadata: Option<Metadata>,
    ) -> Option<Self> {
        let trigger = Trigger::PreTokenGeneration;
        let (function, version) = pool.triggers().of(trigger)?.clone();
        let (scopes, container) = match version {
            EventVersion::V1 => (None, "claimsOverrideDetails"),
            EventVersion::V2 | EventVersion::V3 => (Some(scopes.to_vec()), "claimsAndScopeOverrideDetails"),
        };
        let request = Request {
            user_attributes,
            group_configuration: Some(groups),
            scopes,
            client_metadata: present(metadata),
        };
        let response = json!({ container: null });
        let event = render(pool, version, source, user_name, Some(client_id), request, response);
        Some(Self { pool_id: pool.id.clone(), function, trigger, version, source, event })
    }

    /// Calls the function until it answers, three times at most, and reads `response` of its reply.
    pub(crate) async fn fire<T>(
        self,
        cognito: &Cognito,
        read: impl FnOnce(&Map<String, Value>) -> Result<T, CognitoError>,
    ) -> Result<T, CognitoError> {
        let pool_arn = cognito.pool_arn(&self.pool_id);
        let caller = Caller { service: SERVICE, source_arn: &pool_arn, source_account: ACCOUNT_ID };
        let mut attempts = 0;
        let ended = loop {
            attempts += 1;
            if !cognito.lambda().admits(&self.function, &caller) {
                break Some(Err(DevStackError::UnknownFunction(self.function.clone())));
            }
            let call = cognito.lambda().invoke(&self.function, self.event.clone());
            // An attempt that is given up is not stopped: the function runs on beside the next one.
            let ended = timeout(cognito.trigger_timeout(), call).await.ok();
            let again = match &ended {
                None => true,
                Some(Ok(invocation)) => unknowns::RETRY_FUNCTION_ERRORS && invocation.error().is_some(),
                Some(Err(_)) => false,
            };
            if !again || attempts == ATTEMPTS {
                break ended;
            }
        };
        let (reply, response) = self.judge(ended);
        let result = response.and_then(|response| read(&response));
        let outcome = match &result {
            Ok(_) => TriggerOutcome::Accepted,
            Err(error) => TriggerOutcome::Refused { code: error.code, message: error.message.clone() },
        };
        let Self { pool_id, trigger, source, event, .. } = self;
        let record = TriggerRecord { trigger, source, event, reply, attempts, outcome };
        cognito.record(&pool_id, record);
        result
    }

    /// The version whose shape the reply must have.
    pub(crate) fn version(&self) -> EventVersion {
        self.version
    }

    fn judge(
        &self,
        ended: Option<Result<Invocation, DevStackError>>,
    ) -> (Option<String>, Result<Map<String, Value>, CognitoError>) {
        let label = unknowns::error_label(self.trigger, self.version);
        let failed = |cause: &str| {
            let message = format!("{label} invocation failed due to error {cause}.");
            CognitoError::new("UnexpectedLambdaException", message)
        };
        match ended {
            None => (None, Err(failed("Socket timeout while invoking Lambda function"))),
            // A function that is not there, and one that Cognito may not call, look the same.
            Some(Err(_)) => (None, Err(failed("AccessDeniedException"))),
            Some(Ok(Invocation::Ok(reply))) => {
                let event = serde_json::from_str(&self.event).unwrap_or_default();
                let read = reply::read(&reply, &event);
                (Some(String::from_utf8_lossy(&reply).into_owned()), read)
            }
            Some(Ok(
                Invocation::FunctionError(error) | Invocation::TimedOut(error) | Invocation::Exited(error),
            )) => {
                let message = format!("{label} failed with error {}.", error.error_message);
                let raw = String::from_utf8_lossy(&error.raw).into_owned();
                (Some(raw), Err(CognitoError::new("UserLambdaValidationException", message)))
            }
        }
    }
}

/// An empty map is not sent.
fn present(metadata: Option<Metadata>) -> Option<Metadata> {
    metadata.filter(|metadata| !metadata.is_empty())
}

fn render(
    pool: &Pool,
    version: EventVersion,
    source: &str,
    user_name: &str,
    client_id: Option<&str>,
    request: Request,
    response: Value,
) -> String {
    let event = Event {
        version: version.as_str(),
        trigger_source: source,
        region: &pool.region,
        user_pool_id: &pool.id,
        user_name,
        caller_context: CallerContext { aws_sdk_version: "aws-sdk-unknown-unknown", client_id },
        request,
        response,
    };
    // Strings, lists and maps with string keys: there is nothing that cannot be written.
    serde_json::to_string(&event).unwrap_or_default()
}
