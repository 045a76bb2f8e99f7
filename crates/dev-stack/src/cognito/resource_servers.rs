//! The operations on resource servers: the scopes that machines can ask for.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    pool::Pool,
    pool_shape::POOL_ID,
    service::Cognito,
    shape::{
        self, Members, Object,
        Shape::{List, Structure, Text},
        take_text,
    },
    token::API_SCOPE,
    wire::Answer,
};

const MEMBERS: Members = &[
    ("UserPoolId", POOL_ID),
    ("Identifier", Text(1, 256)),
    ("Name", Text(1, 256)),
    ("Scopes", List(&Structure(&[("ScopeName", Text(1, 256)), ("ScopeDescription", Text(1, 256))]), 100)),
];

/// Scopes that every pool has.
const STANDARD: [&str; 5] = ["openid", "email", "phone", "profile", API_SCOPE];

/// `CreateResourceServer`.
pub(super) fn create(cognito: &Cognito, input: Object) -> Answer {
    let mut sent = shape::checked(MEMBERS, input)?;
    let pool_id = take_text(&mut sent, "UserPoolId")?;
    let identifier = take_text(&mut sent, "Identifier")?;
    let name = take_text(&mut sent, "Name")?;
    cognito.with_pool(&pool_id, |pool| {
        if pool.resource_servers.contains_key(&identifier) {
            let message = format!("{identifier} already exists in user pool {}.", pool.id);
            return Err(CognitoError::invalid_parameter(message));
        }
        let server = json!({
            "UserPoolId": pool.id, "Identifier": identifier, "Name": name,
            "Scopes": sent.remove("Scopes").unwrap_or_else(|| json!([])),
        });
        pool.resource_servers.insert(identifier, server.clone());
        Ok(json!({ "ResourceServer": server }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfServer {
    user_pool_id: String,
    identifier: String,
}

/// `DescribeResourceServer`.
pub(super) fn describe(cognito: &Cognito, input: &OfServer) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let server = pool.resource_servers.get(&input.identifier);
        Ok(json!({ "ResourceServer": server.ok_or_else(|| unknown(&input.identifier))? }))
    })
}

/// `DeleteResourceServer`.
pub(super) fn delete(cognito: &Cognito, input: &OfServer) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        pool.resource_servers.remove(&input.identifier).ok_or_else(|| unknown(&input.identifier))?;
        Ok(json!({}))
    })
}

/// Refuses a scope that neither every pool nor a resource server of this one has.
pub(super) fn check_scopes(pool: &Pool, scopes: &[&str]) -> Result<(), CognitoError> {
    let known = |scope: &str| {
        STANDARD.contains(&scope)
            || pool.resource_servers.iter().any(|(identifier, server)| {
                scope.strip_prefix(identifier.as_str()).and_then(|rest| rest.strip_prefix('/')).is_some_and(
                    |name| {
                        let scopes = server.get("Scopes").and_then(Value::as_array);
                        scopes.is_some_and(|scopes| {
                            scopes.iter().any(|scope| scope.get("ScopeName") == Some(&json!(name)))
                        })
                    },
                )
            })
    };
    match scopes.iter().find(|scope| !known(scope)) {
        None => Ok(()),
        Some(scope) => {
            let message = format!("Invalid scope requested: {scope}");
            Err(CognitoError::new("ScopeDoesNotExistException", message))
        }
    }
}

fn unknown(identifier: &str) -> CognitoError {
    CognitoError::not_found(format!("Resource server {identifier} does not exist."))
}
