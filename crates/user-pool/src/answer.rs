//! Answers as they came over the wire, with what the SDK does not know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cognitoidentityprovider::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use serde_json::Value;
use serde_json::value::RawValue;

/// Keeps the body of an answer.
#[derive(Clone, Debug, Default)]
pub struct Answer(Arc<Mutex<Option<Vec<u8>>>>);

impl Answer {
    /// What it says, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        self.read(|body| serde_json::from_slice(body).ok())
    }

    /// The text of a member, byte for byte.
    pub fn member(&self, name: &str) -> Option<String> {
        self.read(|body| {
            let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
            members.get(name).map(|text| text.get().to_owned())
        })
    }

    fn read<T>(&self, with: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref().and_then(with)
    }
}

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}
