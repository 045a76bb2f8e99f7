//! The operations on the tags of a pool.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError, pool::Pool, rules::check_tag_keys, service::Cognito, shape::Object, wire::Answer,
};
use crate::json::merge;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    resource_arn: String,
    tags: Object,
}

/// `TagResource`.
pub(super) fn tag(cognito: &Cognito, input: Tag) -> Answer {
    let tags = Value::Object(input.tags);
    check_tag_keys(Some(&tags))?;
    with_arn(cognito, &input.resource_arn, |pool| {
        merge(pool.description.entry("UserPoolTags").or_insert_with(|| json!({})), tags);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Untag {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `UntagResource`.
pub(super) fn untag(cognito: &Cognito, input: &Untag) -> Answer {
    let keys: Object = input.tag_keys.iter().map(|key| (key.clone(), Value::Null)).collect();
    let keys = Value::Object(keys);
    check_tag_keys(Some(&keys))?;
    with_arn(cognito, &input.resource_arn, |pool| {
        merge(pool.description.entry("UserPoolTags").or_insert_with(|| json!({})), keys);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfResource {
    resource_arn: String,
}

/// `ListTagsForResource`.
pub(super) fn list(cognito: &Cognito, input: &OfResource) -> Answer {
    with_arn(cognito, &input.resource_arn, |pool| {
        Ok(json!({ "Tags": pool.description.get("UserPoolTags").cloned().unwrap_or_else(|| json!({})) }))
    })
}

fn with_arn(cognito: &Cognito, arn: &str, action: impl FnOnce(&mut Pool) -> Answer) -> Answer {
    let pool_id = arn.rsplit_once("userpool/").map(|(_, id)| id);
    let pool_id = pool_id.ok_or_else(|| CognitoError::invalid_parameter(format!("Invalid ARN: {arn}")))?;
    cognito.with_pool(pool_id, action)
}
