//! The second factors of a pool.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    pool::{Pool, has_mfa_besides_sms},
    pool_shape::{MFA, POOL_ID, SMS},
    service::Cognito,
    shape::{self, Members, Object, Shape, take_text},
    wire::Answer,
};

const SET: Members = &[
    ("UserPoolId", POOL_ID),
    (
        "SmsMfaConfiguration",
        Shape::Structure(&[("SmsAuthenticationMessage", Shape::CodeText(140)), ("SmsConfiguration", SMS)]),
    ),
    ("SoftwareTokenMfaConfiguration", Shape::Structure(&[("Enabled", Shape::Flag)])),
    (
        "EmailMfaConfiguration",
        Shape::Structure(&[("Message", Shape::CodeText(20_000)), ("Subject", Shape::Text(1, 140))]),
    ),
    ("MfaConfiguration", MFA),
    (
        "WebAuthnConfiguration",
        Shape::Structure(&[
            ("RelyingPartyId", Shape::Text(1, 127)),
            ("UserVerification", Shape::Choice(&["required", "preferred"])),
            ("FactorConfiguration", Shape::Choice(&["SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION"])),
        ]),
    ),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfPool {
    user_pool_id: String,
}

/// `GetUserPoolMfaConfig`.
pub(super) fn get(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| Ok(shown(pool)))
}

/// `SetUserPoolMfaConfig`: changes what is sent.
pub(super) fn set(cognito: &Cognito, input: Object) -> Answer {
    let mut input = shape::checked(SET, input)?;
    let pool_id = take_text(&mut input, "UserPoolId")?;
    cognito.with_pool(&pool_id, |pool| {
        let mut description = pool.description.clone();
        let mut mfa = pool.mfa.clone();
        if let Some(Value::Object(sms)) = input.remove("SmsMfaConfiguration") {
            description.extend(sms);
        }
        description.extend(input.remove_entry("MfaConfiguration"));
        mfa.extend(input);
        let on = description.get("MfaConfiguration").is_some_and(|mfa| mfa != "OFF");
        if on && !description.contains_key("SmsConfiguration") && !has_mfa_besides_sms(&mfa) {
            let message = "Invalid MFA configuration given, can't disable all MFAs and require MFA.";
            return Err(CognitoError::invalid_parameter(message));
        }
        (pool.description, pool.mfa) = (description, mfa);
        pool.touch();
        Ok(shown(pool))
    })
}

fn shown(pool: &Pool) -> Value {
    let mut shown = pool.mfa.clone();
    shown.insert("MfaConfiguration".to_owned(), json!(pool.text("MfaConfiguration").unwrap_or("OFF")));
    if pool.description.contains_key("SmsConfiguration") {
        let members = ["SmsAuthenticationMessage", "SmsConfiguration"];
        let sms = members
            .into_iter()
            .filter_map(|name| pool.description.get(name).map(|value| (name.to_owned(), value.clone())));
        shown.insert("SmsMfaConfiguration".to_owned(), Value::Object(sms.collect()));
    }
    Value::Object(shown)
}
