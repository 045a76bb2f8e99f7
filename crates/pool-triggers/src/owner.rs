//! Who owns a pool: the tool whose next deployment would undo an update, as far as the pool's tags tell.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A tool that makes user pools from code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    CloudFormation,
    Cdk,
    Amplify,
    ServerlessFramework,
    Sst,
    Terraform,
    Pulumi,
    Crossplane,
    AwsControllersForKubernetes,
}

impl Tool {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "CloudFormation",
            Self::Cdk => "the AWS CDK",
            Self::Amplify => "Amplify",
            Self::ServerlessFramework => "the Serverless Framework",
            Self::Sst => "SST",
            Self::Terraform => "Terraform",
            Self::Pulumi => "Pulumi",
            Self::Crossplane => "Crossplane",
            Self::AwsControllersForKubernetes => "AWS Controllers for Kubernetes",
        }
    }
}

/// How sure it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The tool sets this tag itself.
    Certain,
    /// People set this tag with that meaning, or the tool names things so.
    Likely,
}

/// Who owns a pool, and what tells so.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Owner {
    pub tool: Tool,
    pub confidence: Confidence,
    /// The tag, as `key=value`.
    pub tag: String,
    /// The `CloudFormation` stack, if one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// What the pool is called in the stack's template.
    #[serde(rename = "logicalId", skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
}

const STACK: &str = "aws:cloudformation:stack-name";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";

/// Keys that the tools set themselves, or of which the first part is theirs alone.
const OWN_KEYS: &[(&str, Tool, Confidence)] = &[
    // docs.amplify.aws, "Tagging resources".
    ("amplify:", Tool::Amplify, Confidence::Certain),
    ("sst:", Tool::Sst, Confidence::Certain),
    // Amplify's command line (generation 1) writes both into tags.json.
    ("user:Application", Tool::Amplify, Confidence::Likely),
    ("pulumi:", Tool::Pulumi, Confidence::Likely),
    ("crossplane-", Tool::Crossplane, Confidence::Certain),
    ("services.k8s.aws/", Tool::AwsControllersForKubernetes, Confidence::Certain),
    ("aws-cdk:", Tool::Cdk, Confidence::Certain),
    // The Serverless Application Repository deploys stacks of CloudFormation; it is not the Serverless Framework.
    ("serverlessrepo:", Tool::CloudFormation, Confidence::Certain),
    ("serverless-repo:", Tool::CloudFormation, Confidence::Certain),
];

/// Keys, in lower case and without `-`, `_`, `:` and blanks, under which teams write what manages a thing.
const MANAGER_KEYS: &[&str] = &[
    "managedby",
    "createdby",
    "provisionedby",
    "provisioner",
    "deployedby",
    "iac",
    "iactool",
    "tool",
    "source",
];

/// Words in the value of such a key, and keys that stand for themselves (`terraform=true`).
const WORDS: &[(&str, Tool)] = &[
    ("amplify", Tool::Amplify),
    ("serverless", Tool::ServerlessFramework),
    ("terraform", Tool::Terraform),
    ("terragrunt", Tool::Terraform),
    ("opentofu", Tool::Terraform),
    ("pulumi", Tool::Pulumi),
    ("crossplane", Tool::Crossplane),
    ("cloudformation", Tool::CloudFormation),
    ("cdk", Tool::Cdk),
    ("sst", Tool::Sst),
];

/// Who owns the pool of this description.
pub fn owner(pool: &Value) -> Option<Owner> {
    let tags: BTreeMap<&str, &str> = pool
        .get("UserPoolTags")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect();
    let found = of_own_keys(&tags).or_else(|| of_stack(&tags)).or_else(|| of_custom(&tags));
    let (tool, confidence, key) = found?;
    let text = |key: &str| tags.get(key).map(|value| (*value).to_owned());
    Some(Owner {
        tool,
        confidence,
        tag: format!("{key}={}", tags.get(key).copied().unwrap_or_default()),
        stack: text(STACK),
        logical_id: text(LOGICAL_ID),
    })
}

type Found<'a> = Option<(Tool, Confidence, &'a str)>;

fn of_own_keys<'a>(tags: &BTreeMap<&'a str, &str>) -> Found<'a> {
    OWN_KEYS.iter().find_map(|(start, tool, confidence)| {
        let key = tags.keys().find(|key| key.starts_with(start))?;
        Some((*tool, *confidence, *key))
    })
}

/// A stack of `CloudFormation`, which several tools write: told apart by what else they leave.
fn of_stack<'a>(tags: &BTreeMap<&'a str, &str>) -> Found<'a> {
    let key = tags.keys().find(|key| key.starts_with("aws:cloudformation:"))?;
    let key = tags.get_key_value(STACK).map_or(*key, |(key, _)| *key);
    if tags.contains_key("STAGE") {
        // The Serverless Framework tags its stacks so.
        return Some((Tool::ServerlessFramework, Confidence::Likely, key));
    }
    let tail: Option<String> = tags
        .get(LOGICAL_ID)
        .map(|id| id.chars().rev().take(8).collect())
        .filter(|tail: &String| tail.len() == 8);
    // The CDK ends logical ids with eight hexadecimal digits.
    let is_hash = |tail: &String| {
        tail.chars().all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c))
            && tail.contains(|c: char| c.is_ascii_digit())
    };
    let tool = if tail.as_ref().is_some_and(is_hash) { Tool::Cdk } else { Tool::CloudFormation };
    Some((tool, Confidence::Certain, key))
}

/// A tag that people set: `ManagedBy=terraform`, `terraform=true`.
fn of_custom<'a>(tags: &BTreeMap<&'a str, &str>) -> Found<'a> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let tool_in = |text: &str| WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, tool)| *tool);
    tags.iter().find_map(|(key, value)| {
        let (name, value) = (plain(key), plain(value));
        let tool = if MANAGER_KEYS.contains(&name.as_str()) {
            tool_in(&value)?
        } else {
            // `terraform`, `Terraform`, `terraform:workspace`; not `terraform=false`.
            let names_it = WORDS.iter().find(|(word, _)| name.starts_with(word) && word.len() > 3)?;
            (value != "false" && value != "no").then_some(names_it.1)?
        };
        Some((tool, Confidence::Likely, *key))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tags_tell_who_owns_a_pool() {
        use Confidence::{Certain, Likely};
        for (tags, tool, confidence) in [
            (json!({ "aws:cloudformation:stack-name": "auth" }), Tool::CloudFormation, Certain),
            (
                json!({ "aws:cloudformation:stack-name": "auth", "aws:cloudformation:logical-id": "UserPool" }),
                Tool::CloudFormation,
                Certain,
            ),
            (
                json!({ "aws:cloudformation:stack-name": "auth", "aws:cloudformation:logical-id": "Pool6BA7E5F2" }),
                Tool::Cdk,
                Certain,
            ),
            (
                json!({ "aws:cloudformation:stack-name": "app-dev", "STAGE": "dev" }),
                Tool::ServerlessFramework,
                Likely,
            ),
            (
                json!({
                    "aws:cloudformation:stack-name": "amplify-x", "created-by": "amplify",
                    "amplify:deployment-type": "branch",
                }),
                Tool::Amplify,
                Certain,
            ),
            (json!({ "user:Application": "shop", "user:Stack": "dev" }), Tool::Amplify, Likely),
            (json!({ "sst:app": "shop", "sst:stage": "production" }), Tool::Sst, Certain),
            (json!({ "serverlessrepo:applicationId": "arn:x" }), Tool::CloudFormation, Certain),
            (json!({ "serverless-repo:applicationId": "arn:x" }), Tool::CloudFormation, Certain),
            (json!({ "ManagedBy": "Terraform" }), Tool::Terraform, Likely),
            (json!({ "managed-by": "terraform-cloud" }), Tool::Terraform, Likely),
            (json!({ "managed_by": "OpenTofu" }), Tool::Terraform, Likely),
            (json!({ "terraform": "true" }), Tool::Terraform, Likely),
            (json!({ "Terraform": "true" }), Tool::Terraform, Likely),
            (json!({ "pulumi:project": "auth" }), Tool::Pulumi, Likely),
            (json!({ "Created By": "pulumi" }), Tool::Pulumi, Likely),
            (json!({ "crossplane-kind": "userpool.cognitoidp" }), Tool::Crossplane, Certain),
            (json!({ "services.k8s.aws/namespace": "x" }), Tool::AwsControllersForKubernetes, Certain),
            (json!({ "iac": "cdk" }), Tool::Cdk, Likely),
        ] {
            let found = owner(&json!({ "UserPoolTags": tags })).map(|owner| (owner.tool, owner.confidence));

            assert_eq!(found, Some((tool, confidence)), "{tags}");
        }
    }

    #[test]
    fn tags_that_say_nothing_about_it_make_no_owner() {
        for tags in [
            json!({}),
            json!({ "team": "identity", "env": "production", "STAGE": "dev" }),
            json!({ "ManagedBy": "the platform team" }),
            json!({ "terraform": "false" }),
            json!({ "assistant": "sst" }),
        ] {
            assert_eq!(owner(&json!({ "UserPoolTags": tags })), None, "{tags}");
        }
        assert_eq!(owner(&json!({})), None);
    }

    #[test]
    fn the_stack_and_the_name_in_its_template_are_told() {
        let tags =
            json!({ "aws:cloudformation:stack-name": "auth", "aws:cloudformation:logical-id": "UserPool" });

        let owner = owner(&json!({ "UserPoolTags": tags })).unwrap();

        assert_eq!(owner.tag, "aws:cloudformation:stack-name=auth");
        assert_eq!((owner.stack.as_deref(), owner.logical_id.as_deref()), (Some("auth"), Some("UserPool")));
    }
}
