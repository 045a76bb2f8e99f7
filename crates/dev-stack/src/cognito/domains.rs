//! The operations on a pool's domain, below which [`managed_login`](super::managed_login) is served.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    pool_shape::POOL_ID,
    service::Cognito,
    shape::{self, Members, Object, Shape, take_text},
    wire::Answer,
};
use crate::account::ACCOUNT_ID;

const CREATE: Members = &[
    ("UserPoolId", POOL_ID),
    ("Domain", Shape::Text(1, 63)),
    ("ManagedLoginVersion", Shape::Number(1, 2)),
    ("CustomDomainConfig", Shape::Structure(&[("CertificateArn", Shape::Text(20, 2_048))])),
];

/// Words that a prefix cannot hold (developer guide, "Using the Amazon Cognito domain").
const RESERVED: [&str; 3] = ["aws", "amazon", "cognito"];

/// `CreateUserPoolDomain` with a prefix. Custom domains are not here.
pub(super) fn create(cognito: &Cognito, input: Object) -> Answer {
    let mut sent = shape::checked(CREATE, input)?;
    let pool_id = take_text(&mut sent, "UserPoolId")?;
    let domain = take_text(&mut sent, "Domain")?;
    if sent.contains_key("CustomDomainConfig") {
        return Err(CognitoError::invalid_parameter("The local stack has no custom domains."));
    }
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte != b'-');
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !domain.bytes().all(allowed) || !is_end(domain.bytes().next()) || !is_end(domain.bytes().last()) {
        return Err(CognitoError::invalid_parameter("Invalid domain prefix."));
    }
    if let Some(word) = RESERVED.iter().find(|word| domain.contains(**word)) {
        return Err(CognitoError::invalid_parameter(format!("Domain cannot contain reserved word: {word}")));
    }
    let mut pools = cognito.pools();
    if pools.values().any(|pool| pool.text("Domain") == Some(&domain)) {
        return Err(CognitoError::invalid_parameter("Domain already associated with another user pool."));
    }
    let pool = pools.get_mut(&pool_id).ok_or_else(|| super::pool::unknown_pool(&pool_id))?;
    if pool.text("Domain").is_some() {
        return Err(CognitoError::invalid_parameter("User pool already has a domain configured."));
    }
    pool.description.insert("Domain".to_owned(), json!(domain));
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Describe {
    domain: String,
}

/// `DescribeUserPoolDomain`: of a domain that nobody has, an empty description.
pub(super) fn describe(cognito: &Cognito, input: &Describe) -> Value {
    let pools = cognito.pools();
    let found = pools.values().find(|pool| pool.text("Domain") == Some(&input.domain));
    let shown = found.map_or(Value::Object(Object::new()), |pool| {
        json!({
            "UserPoolId": pool.id, "AWSAccountId": ACCOUNT_ID, "Domain": input.domain, "Status": "ACTIVE",
        })
    });
    json!({ "DomainDescription": shown })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    user_pool_id: String,
    domain: String,
}

/// `DeleteUserPoolDomain`.
pub(super) fn delete(cognito: &Cognito, input: &Delete) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        if pool.text("Domain") != Some(&input.domain) {
            return Err(CognitoError::invalid_parameter("No such domain or user pool exists."));
        }
        pool.description.remove("Domain");
        Ok(json!({}))
    })
}
