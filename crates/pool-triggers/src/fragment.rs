//! What the owner of a pool writes into its own code, in the place of an update by this tool.

use std::fmt::Write as _;

use crate::owner::{Owner, Tool};
use crate::slots::Wanted;
use user_pool::FunctionArn;
use user_pool::{EventVersion, Trigger};

/// Adds to a text.
macro_rules! put {
    ($text:ident, $($arguments:tt)*) => {{
        // A `String` takes everything.
        let _ = write!($text, $($arguments)*);
    }};
}

/// One change of a slot.
pub type Change = (Trigger, Wanted);

/// The lines to be written into the owner's code.
pub fn fragment(owner: &Owner, pool_arn: &str, changes: &[Change]) -> String {
    let attached: Vec<(Trigger, &FunctionArn, EventVersion)> = changes
        .iter()
        .filter_map(|(slot, wanted)| match wanted {
            Wanted::Function(arn, version) => Some((*slot, arn, *version)),
            Wanted::Empty => None,
        })
        .collect();
    if attached.is_empty() {
        return removal(owner.tool, changes);
    }
    match owner.tool {
        Tool::CloudFormation | Tool::ServerlessFramework => template(owner, pool_arn, &attached),
        Tool::Cdk => cdk(pool_arn, &attached),
        Tool::Terraform => terraform(pool_arn, &attached),
        Tool::Amplify | Tool::Pulumi | Tool::Sst | Tool::Crossplane | Tool::AwsControllersForKubernetes => {
            values(owner.tool, pool_arn, &attached)
        }
    }
}

type Attached<'a> = (Trigger, &'a FunctionArn, EventVersion);

fn removal(tool: Tool, changes: &[Change]) -> String {
    let keys = |slot: Trigger| match (tool, slot) {
        (Tool::Terraform, Trigger::PostConfirmation) => "lambda_config.post_confirmation",
        (Tool::Terraform, Trigger::PreTokenGeneration) => {
            "lambda_config.pre_token_generation and .pre_token_generation_config"
        }
        (Tool::Cdk, Trigger::PostConfirmation) => "addTrigger(UserPoolOperation.POST_CONFIRMATION, ..)",
        (Tool::Cdk, Trigger::PreTokenGeneration) => {
            "addTrigger(UserPoolOperation.PRE_TOKEN_GENERATION.., ..)"
        }
        (_, Trigger::PostConfirmation) => "LambdaConfig.PostConfirmation",
        (_, Trigger::PreTokenGeneration) => "LambdaConfig.PreTokenGeneration and .PreTokenGenerationConfig",
    };
    let lines: Vec<String> = changes.iter().map(|(slot, _)| format!("- {}", keys(*slot))).collect();
    format!("Take out of the user pool, and keep its other triggers:\n{}\n", lines.join("\n"))
}

fn template(owner: &Owner, pool_arn: &str, attached: &[Attached<'_>]) -> String {
    let indent = if owner.tool == Tool::ServerlessFramework { "    " } else { "" };
    let mut lines = vec!["Resources:".to_owned()];
    lines.push(format!("  {}:", owner.logical_id.as_deref().unwrap_or("YourUserPool")));
    lines.push("    DependsOn: # or users are locked out until the permissions are there".to_owned());
    lines.extend(attached.iter().map(|(slot, ..)| format!("      - {}Permission", slot.name())));
    lines.push("    Properties:".to_owned());
    lines.push("      LambdaConfig: # keep its other keys".to_owned());
    for (slot, arn, version) in attached {
        match slot {
            Trigger::PostConfirmation => lines.push(format!("        PostConfirmation: {arn}")),
            Trigger::PreTokenGeneration => lines.extend([
                "        PreTokenGenerationConfig:".to_owned(),
                format!("          LambdaArn: {arn}"),
                format!("          LambdaVersion: {}", version.as_str()),
            ]),
        }
    }
    for (slot, arn, _) in attached {
        lines.extend([
            format!("  {}Permission:", slot.name()),
            "    Type: AWS::Lambda::Permission".to_owned(),
            "    Properties:".to_owned(),
            "      Action: lambda:InvokeFunction".to_owned(),
            format!("      FunctionName: {arn}"),
            "      Principal: cognito-idp.amazonaws.com".to_owned(),
            "      SourceAccount: !Ref AWS::AccountId".to_owned(),
            format!("      SourceArn: {pool_arn}"),
        ]);
    }
    let mut text = if indent.is_empty() { String::new() } else { "resources:\n".to_owned() };
    for line in lines {
        put!(text, "{indent}{line}\n");
    }
    text
}

fn account(pool_arn: &str) -> &str {
    pool_arn.split(':').nth(4).unwrap_or_default()
}

fn cdk(pool_arn: &str, attached: &[Attached<'_>]) -> String {
    let mut text = String::new();
    for (slot, arn, version) in attached {
        let (name, account) = (slot.name(), account(pool_arn));
        let operation = match (slot, version) {
            (Trigger::PostConfirmation, _) => "POST_CONFIRMATION",
            (Trigger::PreTokenGeneration, EventVersion::V1) => "PRE_TOKEN_GENERATION",
            (Trigger::PreTokenGeneration, _) => "PRE_TOKEN_GENERATION_CONFIG",
        };
        let version = match (slot, version) {
            (Trigger::PreTokenGeneration, EventVersion::V2 | EventVersion::V3) => {
                format!(", cognito.LambdaVersion.{}", version.as_str())
            }
            _ => String::new(),
        };
        put!(
            text,
            "userPool.addTrigger(cognito.UserPoolOperation.{operation},\n  \
             lambda.Function.fromFunctionAttributes(this, '{name}', {{\n    functionArn: '{arn}',\n    \
             skipPermissions: true, // the permission is below\n  }}){version});\n\
             // Before the trigger, or users are locked out until it is there.\n\
             userPool.node.addDependency(new lambda.CfnPermission(this, '{name}Permission', {{\n  \
             action: 'lambda:InvokeFunction',\n  functionName: '{arn}',\n  \
             principal: 'cognito-idp.amazonaws.com',\n  sourceAccount: '{account}',\n  \
             sourceArn: '{pool_arn}',\n}}));\n"
        );
    }
    text
}

fn terraform(pool_arn: &str, attached: &[Attached<'_>]) -> String {
    let mut text =
        "# in resource \"aws_cognito_user_pool\":\n  lambda_config { # keep its other arguments\n".to_owned();
    for (slot, arn, version) in attached {
        match slot {
            Trigger::PostConfirmation => put!(text, "    post_confirmation = \"{arn}\"\n"),
            Trigger::PreTokenGeneration => put!(
                text,
                "    pre_token_generation_config {{\n      lambda_arn     = \"{arn}\"\n      lambda_version = \"{}\"\n    }}\n",
                version.as_str()
            ),
        }
    }
    let name_of = |slot: Trigger| match slot {
        Trigger::PostConfirmation => "post_confirmation",
        Trigger::PreTokenGeneration => "pre_token_generation",
    };
    text.push_str("  }\n  depends_on = [ # or users are locked out until the permissions are there\n");
    for (slot, ..) in attached {
        put!(text, "    aws_lambda_permission.cognito_{},\n", name_of(*slot));
    }
    text.push_str("  ]\n");
    for (slot, arn, _) in attached {
        let name = name_of(*slot);
        let qualifier = arn.qualifier().map(|q| format!("  qualifier      = \"{q}\"\n")).unwrap_or_default();
        put!(
            text,
            "\nresource \"aws_lambda_permission\" \"cognito_{name}\" {{\n  action         = \"lambda:InvokeFunction\"\n  \
             function_name  = \"{}\"\n{qualifier}  principal      = \"cognito-idp.amazonaws.com\"\n  \
             source_account = \"{}\"\n  source_arn     = \"{pool_arn}\"\n}}\n",
            arn.base(),
            account(pool_arn)
        );
    }
    text
}

/// The values to set, by their names in the API.
fn values(tool: Tool, pool_arn: &str, attached: &[Attached<'_>]) -> String {
    let mut text =
        format!("{} owns the user pool. Set in its code, and keep the other triggers:\n", tool.name());
    for (slot, arn, version) in attached {
        match slot {
            Trigger::PostConfirmation => put!(text, "- LambdaConfig.PostConfirmation: {arn}\n"),
            Trigger::PreTokenGeneration => put!(
                text,
                "- LambdaConfig.PreTokenGenerationConfig: LambdaArn {arn}, LambdaVersion {}\n",
                version.as_str()
            ),
        }
    }
    text.push_str("But first let Cognito invoke each function, or users are locked out:\n");
    for (_, arn, _) in attached {
        put!(text, "{}\n", add_permission(arn, pool_arn, &[]).unwrap_or_default());
    }
    text
}

/// The command that lets Cognito invoke a function for one pool, under an id that none of `statements` has; `None` when the
/// pool has no ARN.
pub fn add_permission(arn: &FunctionArn, pool_arn: &str, statements: &[String]) -> Option<String> {
    let qualifier =
        arn.qualifier().map(|qualifier| format!(" --qualifier '{qualifier}'")).unwrap_or_default();
    let account = account(pool_arn);
    let pool = pool_arn.rsplit('/').next().unwrap_or_default();
    if account.is_empty() || pool.is_empty() {
        return None;
    }
    let ids = (1..).map(|n| if n == 1 { format!("cognito-{pool}") } else { format!("cognito-{pool}-{n}") });
    let id = ids.take(statements.len() + 1).find(|id| !statements.contains(id))?;
    Some(format!(
        "aws lambda add-permission{qualifier} \\\n  --function-name {} \\\n  --statement-id {id} \
         --action lambda:InvokeFunction \\\n  --principal cognito-idp.amazonaws.com --source-account {account} \\\n  \
         --source-arn {pool_arn} \\\n  --region {}",
        arn.base(),
        arn.region()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_gets_an_id_that_the_policy_does_not_have() {
        let arn: FunctionArn = "arn:aws:lambda:eu-west-1:111122223333:function:f:live".parse().unwrap();
        let pool = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_A";
        let id = |taken: &[&str]| {
            let taken: Vec<String> = taken.iter().map(|id| (*id).to_owned()).collect();
            let command = add_permission(&arn, pool, &taken).unwrap();
            command.split("--statement-id ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
        };

        assert_eq!(id(&[]), "cognito-eu-west-1_A");
        assert_eq!(id(&["other"]), "cognito-eu-west-1_A");
        assert_eq!(id(&["cognito-eu-west-1_A"]), "cognito-eu-west-1_A-2");
        assert_eq!(id(&["cognito-eu-west-1_A-2", "cognito-eu-west-1_A"]), "cognito-eu-west-1_A-3");
        assert_eq!(add_permission(&arn, "", &[]), None);
    }
}
