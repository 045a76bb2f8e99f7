//! Codes that prove an address: sent when an attribute changes, or when the user asks for one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    delivery::code_delivery,
    error::CognitoError,
    own_account::with_own_account,
    pool::Pool,
    service::Cognito,
    unknowns,
    user::{User, Verification},
    wire::Answer,
};
use crate::{json::texts, random};

const VERIFIABLE: [&str; 2] = ["email", "phone_number"];

/// Where a pool lists them that wait.
const REQUIRED: [&str; 2] = ["UserAttributeUpdateSettings", "AttributesRequireVerificationBeforeUpdate"];

/// The addresses that `changes` give a user anew without saying that they are verified.
fn new_addresses(user: &User, changes: &[(String, String)]) -> Vec<(&'static str, String)> {
    let sent = |attribute: &str| changes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value);
    let is_new = |attribute: &&'static str| {
        let says_verified = sent(&format!("{attribute}_verified")).is_some_and(|flag| flag == "true");
        let old = user.attributes().get(*attribute);
        !says_verified && sent(attribute).is_some_and(|value| !value.is_empty() && Some(value) != old)
    };
    let new = VERIFIABLE.into_iter().filter(is_new);
    new.filter_map(|attribute| sent(attribute).map(|value| (attribute, value.clone()))).collect()
}

/// Sends a code to a value of an attribute, and gives the `CodeDeliveryDetails`.
pub(super) fn send(
    cognito: &Cognito,
    pool_id: &str,
    user: &mut User,
    attribute: &'static str,
    value: String,
) -> Value {
    let code = random::digits(6);
    let details = code_delivery(attribute, &value);
    cognito.deliver_to(pool_id, user, Some(value.clone()), "verification code", &code);
    user.verifications.insert(attribute.to_owned(), Verification { value, code });
    details
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetUserAttributeVerificationCode {
    access_token: String,
    attribute_name: String,
}

/// `GetUserAttributeVerificationCode`: to the value that waits, or to the one that the user has.
pub(super) fn get_code(cognito: &Cognito, input: &GetUserAttributeVerificationCode) -> Answer {
    let attribute = verifiable(&input.attribute_name)?;
    with_own_account(cognito, &input.access_token, |pool, _, sub| {
        let pool_id = pool.id.clone();
        let user = pool.user_mut(sub)?;
        let waiting = user.verifications.get(attribute).map(|waiting| waiting.value.clone());
        let value = waiting
            .or_else(|| user.attributes().get(attribute).cloned())
            .ok_or_else(|| CognitoError::invalid_parameter(format!("User does not have {attribute}")))?;
        Ok(json!({ "CodeDeliveryDetails": send(cognito, &pool_id, user, attribute, value) }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VerifyUserAttribute {
    access_token: String,
    attribute_name: String,
    code: String,
}

/// `VerifyUserAttribute`: writes the value that the code was sent to, as verified.
pub(super) fn verify(cognito: &Cognito, input: &VerifyUserAttribute) -> Answer {
    let attribute = verifiable(&input.attribute_name)?;
    with_own_account(cognito, &input.access_token, |pool, _, sub| {
        let user = pool.user(sub)?;
        let waiting = user.verifications.get(attribute).ok_or_else(CognitoError::code_expired)?;
        if waiting.code != input.code {
            return Err(CognitoError::code_mismatch());
        }
        let changes = vec![
            (attribute.to_owned(), waiting.value.clone()),
            (format!("{attribute}_verified"), "true".to_owned()),
        ];
        pool.check_aliases_after(user, &changes)?;
        pool.user_mut(sub)?.verifications.remove(attribute);
        pool.write(sub, changes)?;
        Ok(json!({}))
    })
}

/// Writes attribute changes that have been checked, and sends the codes that they need. An address waits for its code
/// where the pool requires it; another one is written at once.
pub(super) fn write(
    cognito: &Cognito,
    pool: &mut Pool,
    name: &str,
    by_administrator: bool,
    mut changes: Vec<(String, String)>,
) -> Result<Vec<Value>, CognitoError> {
    let user = pool.user(name)?;
    let (sub, pool_id) = (user.sub.clone(), pool.id.clone());
    let required = texts(&pool.description, &REQUIRED);
    let automatic = texts(&pool.description, &["AutoVerifiedAttributes"]);
    let may_wait = !by_administrator || unknowns::ADMINISTRATORS_CHANGES_WAIT_FOR_THE_CODE;
    let waits = |attribute: &str| may_wait && required.contains(&attribute);
    let mut codes = new_addresses(user, &changes);
    codes.retain(|(attribute, _)| waits(attribute) || automatic.contains(attribute));
    changes.retain(|(name, value)| {
        !(waits(name) && codes.iter().any(|code| code.0 == name && code.1 == *value))
    });
    pool.check_aliases_after(user, &changes)?;
    pool.write(&sub, changes)?;
    let user = pool.user_mut(&sub)?;
    Ok(codes.into_iter().map(|(attribute, value)| send(cognito, &pool_id, user, attribute, value)).collect())
}

fn verifiable(name: &str) -> Result<&'static str, CognitoError> {
    let known = VERIFIABLE.into_iter().find(|known| *known == name);
    known.ok_or_else(|| {
        CognitoError::invalid_parameter(format!("Attribute {name} cannot be verified by a code"))
    })
}
