//! Forms that the requests and answers of several operations have.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::CognitoError;

/// What an operation answers: the body, or an exception.
pub(super) type Answer = Result<Value, CognitoError>;

/// `{ "Name": .., "Value": .. }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    name: String,
    value: Option<String>,
}

impl Attribute {
    pub(super) fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: Some(value.to_owned()) }
    }
}

/// The list form of attributes as pairs; no value is an empty one.
pub(super) fn pairs(attributes: Option<&[Attribute]>) -> Vec<(String, String)> {
    let attributes = attributes.unwrap_or_default().iter();
    attributes
        .map(|attribute| (attribute.name.clone(), attribute.value.clone().unwrap_or_default()))
        .collect()
}

/// `AuthParameters` and `ChallengeResponses`.
pub(super) type Parameters = BTreeMap<String, String>;

/// Reads parameters. A `null` is the same as nothing: `amazon-cognito-identity-js` sends `DEVICE_KEY: null`.
pub(super) fn without_nulls<'de, D: Deserializer<'de>>(input: D) -> Result<Parameters, D::Error> {
    let sent = Option::<BTreeMap<String, Option<String>>>::deserialize(input)?.unwrap_or_default();
    Ok(sent.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect())
}

/// A parameter that has to be there.
pub(super) fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, CognitoError> {
    let found = parameters.get(name).map(String::as_str);
    found.ok_or_else(|| CognitoError::invalid_parameter(format!("Missing required parameter {name}")))
}
