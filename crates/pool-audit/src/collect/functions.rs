//! The functions of the triggers.

use aws_sdk_cognitoidentityprovider::types::LambdaConfigType;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_alias::GetAliasOutput;

use super::{Clients, for_each};
use crate::functions::{Function, POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use crate::unread::{No, Read, Unread};
use user_pool::FunctionName;

/// Reads each function that is attached. An ARN that is none is kept as a function that could not be read.
pub(super) async fn read(
    clients: &Clients,
    pool_arn: Option<&str>,
    triggers: &LambdaConfigType,
) -> Vec<Function> {
    let attached = attached(triggers);
    let lambda = match &clients.lambda {
        Ok(lambda) => lambda,
        Err(why) => {
            let unasked = |(trigger, arn): (&'static str, String)| {
                let name = FunctionName::bare(arn.clone());
                unread(trigger, arn, name, why)
            };
            return attached.into_iter().map(unasked).collect();
        }
    };
    let account = pool_arn.and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
    for_each(&*clients.watch, "functions", attached, |(trigger, arn)| {
        let (lambda, account) = (lambda.clone(), account.clone());
        async move { function(&lambda, account.as_deref(), trigger, arn).await }
    })
    .await
}

fn attached(triggers: &LambdaConfigType) -> Vec<(&'static str, String)> {
    let current = triggers
        .pre_token_generation_config()
        .map(aws_sdk_cognitoidentityprovider::types::PreTokenGenerationVersionConfigType::lambda_arn);
    let pre_token_generation = current.filter(|arn| !arn.is_empty()).or(triggers.pre_token_generation());
    let all = [
        ("PreSignUp", triggers.pre_sign_up()),
        (POST_CONFIRMATION, triggers.post_confirmation()),
        ("PreAuthentication", triggers.pre_authentication()),
        ("PostAuthentication", triggers.post_authentication()),
        (PRE_TOKEN_GENERATION, pre_token_generation),
        ("CustomMessage", triggers.custom_message()),
        ("DefineAuthChallenge", triggers.define_auth_challenge()),
        ("CreateAuthChallenge", triggers.create_auth_challenge()),
        ("VerifyAuthChallengeResponse", triggers.verify_auth_challenge_response()),
        ("UserMigration", triggers.user_migration()),
        (
            "InboundFederation",
            triggers
                .inbound_federation()
                .map(aws_sdk_cognitoidentityprovider::types::InboundFederationLambdaType::lambda_arn),
        ),
        (
            "CustomSMSSender",
            triggers
                .custom_sms_sender()
                .map(aws_sdk_cognitoidentityprovider::types::CustomSmsLambdaVersionConfigType::lambda_arn),
        ),
        (
            "CustomEmailSender",
            triggers
                .custom_email_sender()
                .map(aws_sdk_cognitoidentityprovider::types::CustomEmailLambdaVersionConfigType::lambda_arn),
        ),
    ];
    all.into_iter()
        .filter_map(|(trigger, arn)| Some((trigger, arn.filter(|arn| !arn.is_empty())?.to_owned())))
        .collect()
}

async fn function(lambda: &Client, account: Option<&str>, trigger: &'static str, arn: String) -> Function {
    let name: FunctionName = match arn.parse() {
        Ok(name) => name,
        Err(problem) => {
            let name = FunctionName::bare(arn.clone());
            return unread(trigger, arn, name, &format!("it is {problem}"));
        }
    };
    let called = name.called_from(account);
    let qualifier = name.qualifier.clone();
    let (configuration, alias, policy, concurrency) = tokio::join!(
        lambda.get_function_configuration().function_name(&called).set_qualifier(qualifier.clone()).send(),
        alias(lambda, &called, name.alias()),
        // Lambda keeps no policy for `$LATEST`: that of the function goes for it.
        policy(lambda, &called, qualifier.clone().filter(|qualifier| qualifier != "$LATEST")),
        lambda.get_function_concurrency().function_name(&called).send(),
    );
    let configuration = configuration.map_err(|error| Unread::of("lambda:GetFunctionConfiguration", &error));
    let reserved_concurrency = match concurrency {
        Ok(answer) => Ok(answer.reserved_concurrent_executions),
        Err(error) => match Unread::of("lambda:GetFunctionConcurrency", &error) {
            // The function is missing, which another rule says.
            Unread { kind: No::Missing, .. } => Ok(None),
            unread => Err(unread),
        },
    };
    Function { trigger, arn, name, configuration, alias, policy, reserved_concurrency }
}

/// The alias by which the function is called, if it is called by one.
async fn alias(lambda: &Client, function: &str, name: Option<&str>) -> Option<Read<GetAliasOutput>> {
    let answer = lambda.get_alias().function_name(function).name(name?).send().await;
    Some(answer.map_err(|error| Unread::of("lambda:GetAlias", &error)))
}

/// The policy; Lambda says that there is no such resource when a function has none.
async fn policy(lambda: &Client, function: &str, qualifier: Option<String>) -> Read<Option<String>> {
    match lambda.get_policy().function_name(function).set_qualifier(qualifier).send().await {
        Ok(answer) => Ok(answer.policy.filter(|policy| !policy.is_empty())),
        Err(error) => match Unread::of("lambda:GetPolicy", &error) {
            Unread { kind: No::Missing, .. } => Ok(None),
            unread => Err(unread),
        },
    }
}

fn unread(trigger: &'static str, arn: String, name: FunctionName, reason: &str) -> Function {
    let unread =
        Unread { kind: No::Failed, reason: reason.to_owned(), action: "lambda:GetFunctionConfiguration" };
    Function {
        trigger,
        arn,
        name,
        configuration: Err(unread.clone()),
        alias: None,
        policy: Err(unread.clone()),
        reserved_concurrency: Err(unread),
    }
}
