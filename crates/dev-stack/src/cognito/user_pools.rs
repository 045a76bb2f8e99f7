//! The operations on user pools themselves.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    description::{self},
    error::CognitoError,
    page,
    pool::Pool,
    pool_shape::{CREATE_ALONE, KEPT, POOL_ID, SCHEMA_ATTRIBUTE, UPDATABLE, UPDATE_ALONE},
    rules::Before,
    schema,
    service::Cognito,
    shape::{self, Members, Object, Shape, take_text},
    unknowns,
    wire::Answer,
};
use crate::json::{member, put};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfPool {
    user_pool_id: String,
}

/// `CreateUserPool`.
pub(super) fn create(cognito: &Cognito, input: Object) -> Answer {
    let (mut fixed, sent) = split(CREATE_ALONE, input)?;
    let name = take_text(&mut fixed, "PoolName")?;
    let temporary_days_set = sets_temporary_days(&sent);
    let mut settled = description::settle(sent, Before::default())?;
    let mut attributes = schema::standard();
    if let Some(Value::Array(listed)) = fixed.remove("Schema") {
        schema::extend(&mut attributes, listed)?;
    }
    if fixed.contains_key("AliasAttributes") && fixed.contains_key("UsernameAttributes") {
        let message = "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.";
        return Err(CognitoError::invalid_parameter(message));
    }
    settled.extend(fixed);
    settled.insert("SchemaAttributes".to_owned(), json!(attributes));
    description::set_creation_members(&mut settled, &name);
    let id = cognito.new_pool_id();
    let mut pool = Pool::new(id.clone(), cognito.region().to_owned(), cognito.issuer(&id), settled);
    pool.temporary_days_set = temporary_days_set;
    let answer = json!({ "UserPool": pool.describe() });
    cognito.pools().insert(id, pool);
    Ok(answer)
}

/// `UpdateUserPool`: what is not sent is reset, but for what is [`KEPT`].
pub(super) fn update(cognito: &Cognito, input: Object) -> Answer {
    let (mut alone, sent) = split(UPDATE_ALONE, input)?;
    let pool_id = take_text(&mut alone, "UserPoolId")?;
    cognito.with_pool(&pool_id, |pool| {
        let before =
            Before { temporary_days_set: pool.temporary_days_set, other_mfa: pool.has_mfa_besides_sms() };
        let temporary_days_set = sets_temporary_days(&sent);
        let mut settled = description::settle(sent, before)?;
        keep_system_tags(&pool.description, &mut settled);
        for (name, _) in UPDATABLE {
            pool.description.remove(*name);
        }
        pool.description.extend(settled);
        for (name, _) in KEPT {
            pool.description.extend(alone.remove(*name).map(|value| ((*name).to_owned(), value)));
        }
        if !unknowns::MFA_METHODS_SURVIVE_UPDATE {
            pool.mfa.clear();
        }
        let name = take_text(&mut alone, "PoolName");
        let name = name.ok().or_else(|| unknowns::name_when_left_out(&pool.id));
        if let Some(name) = name {
            pool.description.insert("Name".to_owned(), json!(name));
        }
        pool.temporary_days_set |= temporary_days_set;
        pool.touch();
        Ok(json!({}))
    })
}

/// `DescribeUserPool`.
pub(super) fn describe(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| Ok(json!({ "UserPool": pool.describe() })))
}

/// `ListUserPoolReplicas`: the local stack has one Region.
pub(super) fn list_replicas(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |_| Ok(json!({ "UserPoolReplicas": [] })))
}

/// `DeleteUserPool`, unless it is protected.
pub(super) fn delete(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        if pool.text("DeletionProtection") == Some("ACTIVE") {
            let message = "The user pool cannot be deleted because deletion protection is activated. \
                           Deletion protection must be inactivated first.";
            return Err(CognitoError::invalid_parameter(message));
        }
        if pool.text("Domain").or(pool.text("CustomDomain")).is_some() {
            let message =
                "User pool cannot be deleted. It has a domain configured that should be deleted first.";
            return Err(CognitoError::invalid_parameter(message));
        }
        Ok(())
    })?;
    cognito.pools().remove(&input.user_pool_id);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    max_results: i64,
    next_token: Option<String>,
}

/// `ListUserPools`: names and triggers, by id.
pub(super) fn list(cognito: &Cognito, input: &List) -> Answer {
    let size = page::size(Some(input.max_results), 1, 60)?;
    let pools = cognito.pools();
    let page = page::page(pools.iter(), input.next_token.as_deref(), size, |pool| {
        let mut shown = Object::new();
        for name in ["Name", "LambdaConfig", "CreationDate", "LastModifiedDate"] {
            shown.extend(pool.description.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        shown.insert("Id".to_owned(), json!(pool.id));
        Value::Object(shown)
    })?;
    let mut answer = json!({ "UserPools": page.items });
    if let Some(next) = page.next {
        put(&mut answer, "NextToken", json!(next));
    }
    Ok(answer)
}

const ADD_CUSTOM_ATTRIBUTES: Members =
    &[("UserPoolId", POOL_ID), ("CustomAttributes", Shape::List(&SCHEMA_ATTRIBUTE, 25))];

/// `AddCustomAttributes`. They can never be changed or taken away.
pub(super) fn add_custom_attributes(cognito: &Cognito, input: Object) -> Answer {
    let mut input = shape::checked(ADD_CUSTOM_ATTRIBUTES, input)?;
    let pool_id = take_text(&mut input, "UserPoolId")?;
    let Some(Value::Array(listed)) = input.remove("CustomAttributes").filter(|listed| listed != &json!([]))
    else {
        return Err(CognitoError::invalid_parameter("CustomAttributes must have at least one attribute"));
    };
    cognito.with_pool(&pool_id, |pool| {
        let mut attributes = pool.schema().to_vec();
        schema::add_custom(&mut attributes, listed)?;
        pool.description.insert("SchemaAttributes".to_owned(), json!(attributes));
        pool.touch();
        Ok(json!({}))
    })
}

/// Checks a request of `alone`, what is [`KEPT`] and the updatable members, and takes the last of them apart.
fn split(alone: Members, input: Object) -> Result<(Object, Object), CognitoError> {
    let is_of = |members: Members, name: &str| members.iter().any(|(known, _)| *known == name);
    let (own, rest): (Object, Object) = input.into_iter().partition(|(name, _)| is_of(alone, name));
    let (kept, rest): (Object, Object) = rest.into_iter().partition(|(name, _)| is_of(KEPT, name));
    let (mut own, mut kept) = (shape::checked(alone, own)?, shape::checked(KEPT, kept)?);
    // Without the member, registration is open for the code grant; an empty list closes it.
    if let Some(Value::Object(registration)) = kept.get_mut("DcrConfiguration") {
        registration.entry("OpenDcrGrantTypes").or_insert_with(|| json!(["code"]));
    }
    own.extend(kept);
    Ok((own, shape::checked(UPDATABLE, rest)?))
}

fn sets_temporary_days(sent: &Object) -> bool {
    let days = member(sent, &["Policies", "PasswordPolicy", "TemporaryPasswordValidityDays"]);
    days.and_then(Value::as_u64).is_some_and(|days| days > 0)
}

/// Tags of the system, as `CloudFormation` sets them, are nobody's to take away.
fn keep_system_tags(old: &Object, settled: &mut Object) {
    let tags = old.get("UserPoolTags").and_then(Value::as_object).cloned().unwrap_or_default();
    let kept = tags.into_iter().filter(|(key, _)| key.starts_with("aws:"));
    if let Some(Value::Object(settled)) = settled.get_mut("UserPoolTags") {
        settled.extend(kept);
    }
}
