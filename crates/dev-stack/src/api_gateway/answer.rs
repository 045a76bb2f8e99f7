//! The answer of an authorizer: a policy or a simple answer, and the context for the backend.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    event::AuthorizerEvent,
    policy::{Policy, Verdict},
};

#[derive(Clone, Debug)]
pub(super) struct Answer {
    decision: Decision,
    pub(super) context: Map<String, Value>,
}

#[derive(Clone, Debug)]
enum Decision {
    Policy(Policy),
    Simple(bool),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithPolicy {
    principal_id: String,
    policy_document: Policy,
    #[serde(default)]
    context: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simple {
    is_authorized: bool,
    #[serde(default)]
    context: Map<String, Value>,
}

impl Answer {
    /// `None` where API Gateway answers 500: the shape is not the one that the API is set up for, or the context of a REST API
    /// has a list, an object, or the reserved name `claims`.
    pub(super) fn read(reply: &[u8], event: AuthorizerEvent) -> Option<Self> {
        if event == (AuthorizerEvent::Http2 { simple: true }) {
            let Simple { is_authorized, context } = serde_json::from_slice(reply).ok()?;
            return Some(Self { decision: Decision::Simple(is_authorized), context });
        }
        let WithPolicy { principal_id, policy_document, context } = serde_json::from_slice(reply).ok()?;
        let is_flat = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let is_accepted = context.values().all(is_flat) && !context.contains_key("claims");
        if principal_id.is_empty() || (event.is_of_rest_api() && !is_accepted) {
            return None;
        }
        Some(Self { decision: Decision::Policy(policy_document), context })
    }

    pub(super) fn verdict(&self, arn: &str) -> Verdict {
        match &self.decision {
            Decision::Policy(policy) => policy.verdict(arn),
            Decision::Simple(true) => Verdict::Allowed,
            Decision::Simple(false) => Verdict::NotAllowed,
        }
    }
}
