//! The operations on identity providers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    page,
    pool_shape::POOL_ID,
    service::Cognito,
    shape::{
        self, Members, Object,
        Shape::{Choice, List as ListOf, Map, Text},
        take_text,
    },
    wire::Answer,
};
use crate::{clock, json::put};

const MEMBERS: Members = &[
    ("UserPoolId", POOL_ID),
    ("ProviderName", Text(1, 32)),
    ("ProviderType", Choice(&["SAML", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple", "OIDC"])),
    ("ProviderDetails", Map(&Text(0, 131_072))),
    ("AttributeMapping", Map(&Text(0, 131_072))),
    ("IdpIdentifiers", ListOf(&Text(1, 40), 50)),
    ("AcrMapping", Map(&Text(1, 2_048))),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfProvider {
    user_pool_id: String,
    provider_name: String,
}

/// `CreateIdentityProvider`.
pub(super) fn create(cognito: &Cognito, input: Object) -> Answer {
    let mut sent = shape::checked(MEMBERS, input)?;
    let pool_id = take_text(&mut sent, "UserPoolId")?;
    let name = take_text(&mut sent, "ProviderName")?;
    let kind = take_text(&mut sent, "ProviderType")?;
    if !sent.contains_key("ProviderDetails") {
        return Err(CognitoError::invalid_parameter("ProviderDetails are required"));
    }
    cognito.with_pool(&pool_id, |pool| {
        if pool.providers.contains_key(&name) {
            let message = format!("A provider with the name {name} already exists for this user pool.");
            return Err(CognitoError::new("DuplicateProviderException", message));
        }
        let now = clock::now_seconds();
        if kind == "OIDC" {
            sent.entry("AttributeMapping").or_insert_with(|| json!({ "username": "sub" }));
        }
        sent.entry("AttributeMapping").or_insert_with(|| json!({}));
        sent.insert("ProviderName".to_owned(), json!(name));
        sent.insert("ProviderType".to_owned(), json!(kind));
        sent.insert("CreationDate".to_owned(), json!(now));
        sent.insert("LastModifiedDate".to_owned(), json!(now));
        let answer = json!({ "IdentityProvider": shown(&sent, &pool.id) });
        pool.providers.insert(name, sent);
        Ok(answer)
    })
}

/// `UpdateIdentityProvider`: changes what is sent.
pub(super) fn update(cognito: &Cognito, input: Object) -> Answer {
    let mut sent = shape::checked(MEMBERS, input)?;
    let pool_id = take_text(&mut sent, "UserPoolId")?;
    let name = take_text(&mut sent, "ProviderName")?;
    cognito.with_pool(&pool_id, |pool| {
        let provider = pool.providers.get_mut(&name).ok_or_else(|| unknown(&name))?;
        provider.extend(sent);
        provider.insert("LastModifiedDate".to_owned(), json!(clock::now_seconds()));
        Ok(json!({ "IdentityProvider": shown(provider, &pool.id) }))
    })
}

/// `DescribeIdentityProvider`.
pub(super) fn describe(cognito: &Cognito, input: &OfProvider) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let provider =
            pool.providers.get(&input.provider_name).ok_or_else(|| unknown(&input.provider_name))?;
        Ok(json!({ "IdentityProvider": shown(provider, &pool.id) }))
    })
}

/// `DeleteIdentityProvider`.
pub(super) fn delete(cognito: &Cognito, input: &OfProvider) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        pool.providers.remove(&input.provider_name).ok_or_else(|| unknown(&input.provider_name))?;
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `ListIdentityProviders`: names and types, by name.
pub(super) fn list(cognito: &Cognito, input: &List) -> Answer {
    let size = page::size(input.max_results, 0, 60)?;
    cognito.with_pool(&input.user_pool_id, |pool| {
        let page = page::page(pool.providers.iter(), input.next_token.as_deref(), size, |provider| {
            let members = ["ProviderName", "ProviderType", "CreationDate", "LastModifiedDate"];
            let shown = members
                .into_iter()
                .filter_map(|name| provider.get(name).map(|value| (name.to_owned(), value.clone())));
            Value::Object(shown.collect())
        })?;
        let mut answer = json!({ "Providers": page.items });
        if let Some(next) = page.next {
            put(&mut answer, "NextToken", json!(next));
        }
        Ok(answer)
    })
}

fn shown(provider: &Object, pool_id: &str) -> Value {
    let mut shown = provider.clone();
    shown.insert("UserPoolId".to_owned(), json!(pool_id));
    Value::Object(shown)
}

fn unknown(name: &str) -> CognitoError {
    CognitoError::not_found(format!("Identity provider {name} does not exist."))
}
