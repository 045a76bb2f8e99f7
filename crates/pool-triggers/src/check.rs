//! Whether Cognito may invoke a function for a pool. A function that it may not invoke locks every user out.

use aws_sdk_lambda::Client;
use serde::Serialize;

use crate::refused::Refused;
use user_pool::Trigger;
use user_pool::aws_error::{AwsError, Meaning};
use user_pool::function::{Configuration, environment_error, is_for_the_other, setting, setting_names};
use user_pool::function_name::{FunctionArn, InvalidFunctionArn};
use user_pool::policy::{self, Permission};

/// What is known of a function.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    pub trigger: &'static str,
    /// The function.
    pub arn: String,
    /// Whether it is there and Cognito may invoke it; null when that could not be found out.
    pub invocable: Option<bool>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What is worth knowing of it.
    pub note: Option<String>,
    /// Whether it is to be attached now.
    #[serde(skip)]
    pub is_new: bool,
    #[serde(skip)]
    pub lacks_permission: bool,
    /// The ids of the statements that its policy has.
    #[serde(skip)]
    pub statements: Vec<String>,
}

impl Checked {
    fn broken(self, problem: impl Into<String>) -> Self {
        Self { invocable: Some(false), problem: Some(problem.into()), ..self }
    }

    fn unknown(self, problem: impl Into<String>) -> Self {
        Self { invocable: None, problem: Some(problem.into()), ..self }
    }
}

/// What holds a trigger and is no function that Lambda can be asked about.
pub fn unreadable(slot: Trigger, arn: String, why: &InvalidFunctionArn) -> Checked {
    Checked { trigger: slot.name(), arn, ..Checked::default() }.unknown(why.to_string())
}

/// The setting without which neither function of this product starts.
const OWN_SETTING: &str = "TENANCY_TABLE";

/// Asks Lambda about a function.
pub async fn check(
    client: &Client,
    slot: Trigger,
    arn: &FunctionArn,
    pool_arn: &str,
    pool_id: &str,
) -> Result<Checked, Refused> {
    let checked = Checked { trigger: slot.name(), arn: arn.to_string(), ..Checked::default() };
    match configuration(client, arn).await {
        Ok(configuration) => invocation(client, checked, &configuration, arn, pool_arn, pool_id).await,
        Err(missing @ Missing) => Ok(checked.broken(missing.to_string())),
        Err(Unread(error)) => Ok(checked.unknown(denied("look at", arn, &error)?)),
    }
}

/// Whether Cognito may invoke a function that is there.
async fn invocation(
    client: &Client,
    mut checked: Checked,
    configuration: &Configuration,
    arn: &FunctionArn,
    pool_arn: &str,
    pool_id: &str,
) -> Result<Checked, Refused> {
    if let Some(fault) = fault(configuration, pool_id) {
        return Ok(checked.broken(fault));
    }
    if is_for_the_other(checked.trigger, arn.name(), &setting_names(configuration)) {
        return Ok(checked.broken(
            "its name or its settings show that it is for the other trigger; it would do nothing here",
        ));
    }
    let mut notes = Vec::new();
    if let Some(why) = environment_error(configuration) {
        notes.push(format!("Its settings cannot be read, so it may refuse this pool: {why}."));
    }
    match client.get_function_concurrency().function_name(arn.base()).send().await {
        Ok(found) if found.reserved_concurrent_executions() == Some(0) => {
            return Ok(checked.broken("its reserved concurrency is 0, so it never runs"));
        }
        Ok(_) => {}
        Err(error) => {
            let error = AwsError::of(&error);
            denied("read the reserved concurrency of", arn, &error)?;
            notes.push(format!("Could not check whether its reserved concurrency is 0: {error}."));
        }
    }
    // No permission can be given for $LATEST; whether the function's own counts for it is not documented.
    let is_latest = arn.qualifier() == Some("$LATEST");
    let mut policy = client.get_policy().function_name(arn.base());
    if let Some(qualifier) = arn.qualifier().filter(|_| !is_latest) {
        policy = policy.qualifier(qualifier);
    }
    let document = match policy.send().await {
        Ok(found) => found.policy,
        Err(error) => match AwsError::of(&error) {
            // A function without a policy.
            error if error.meaning() == Meaning::NotFound => None,
            error => return Ok(checked.unknown(denied("read the policy of", arn, &error)?)),
        },
    };
    let judged = document
        .map_or(Ok(Permission::default()), |document| policy::judge(&document, &arn.to_string(), pool_arn));
    let permission = match judged {
        Ok(permission) => permission,
        Err(why) => return Ok(checked.unknown(format!("its policy cannot be read: {why}"))),
    };
    checked.statements.clone_from(&permission.ids);
    if !permission.denied.is_empty() {
        return Ok(checked.broken("its policy denies Cognito the invocation"));
    }
    if !permission.admits_pool && !permission.unsure.is_empty() {
        return Ok(checked.unknown(
            "tenantctl cannot tell whether its policy lets Cognito invoke it for this pool: its conditions depend on more than \
             the pool",
        ));
    }
    if !permission.admits_pool {
        checked.lacks_permission = !is_latest;
        return Ok(checked.broken("its policy does not let Cognito invoke it for this pool"));
    }
    if is_latest {
        return Ok(checked.unknown(
            "Lambda has no permissions for the name $LATEST: give the function without $LATEST, or an alias",
        ));
    }
    checked.invocable = Some(true);
    notes.extend(width(&permission).map(str::to_owned));
    checked.note = Some(notes.join(" ")).filter(|note| !note.is_empty());
    Ok(checked)
}

/// What a call about a function that failed leaves unknown, in words.
fn denied(what: &str, arn: &FunctionArn, error: &AwsError) -> Result<String, Refused> {
    match error.meaning() {
        Meaning::Denied | Meaning::Unsupported => Ok(format!("could not {what} the function: {error}")),
        _ => Err(Refused::call(&format!("{what} the function {arn}"), error)),
    }
}

/// Who else may invoke a function that the pool may invoke, by the widest of its statements.
fn width(permission: &Permission) -> Option<&'static str> {
    if !permission.anybody.is_empty() {
        Some("Its policy lets anybody invoke it.")
    } else if !permission.any_pool.is_empty() {
        Some("Its policy lets Cognito invoke it for any user pool of any account.")
    } else if !permission.pools_of_account.is_empty() {
        Some("Its policy lets Cognito invoke it for every user pool of the account.")
    } else {
        None
    }
}

/// Why nothing says that a function is of this product: it has no such setting, it is not there, or Lambda denies a look
/// at it. `None` when it is of this product.
pub async fn not_ours(client: &Client, arn: &str) -> Result<Option<String>, Refused> {
    let arn: FunctionArn = match arn.parse() {
        Ok(arn) => arn,
        Err(error) => return Ok(Some(InvalidFunctionArn::to_string(&error))),
    };
    let found = match configuration(client, &arn).await {
        Ok(found) => found,
        Err(missing @ Missing) => return Ok(Some(missing.to_string())),
        Err(Unread(error)) => return denied("look at", &arn, &error).map(Some),
    };
    Ok(match environment_error(&found) {
        Some(why) => Some(format!("its settings cannot be read: {why}")),
        None if setting(&found, OWN_SETTING).is_some() => None,
        None => Some(format!("it has no {OWN_SETTING} among its settings")),
    })
}

use Unlooked::{Missing, Unread};

/// Why there is no configuration of a function.
#[derive(Debug, thiserror::Error)]
enum Unlooked {
    #[error("there is no such function, or no such version or alias of it")]
    Missing,
    #[error(transparent)]
    Unread(AwsError),
}

async fn configuration(client: &Client, arn: &FunctionArn) -> Result<Configuration, Unlooked> {
    let mut call = client.get_function_configuration().function_name(arn.base());
    if let Some(qualifier) = arn.qualifier() {
        call = call.qualifier(qualifier);
    }
    call.send().await.map_err(|error| match AwsError::of(&error) {
        error if error.meaning() == Meaning::NotFound => Missing,
        error => Unread(error),
    })
}

/// Why a function with this configuration does not serve the pool, if it does not.
fn fault(found: &Configuration, pool_id: &str) -> Option<String> {
    let state = found.state().map(aws_sdk_lambda::types::State::as_str).unwrap_or_default();
    if matches!(state, "Pending" | "Failed" | "Inactive") {
        let why = found.state_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let wake = if state == "Inactive" { "; invoke it once, and wait until it is Active" } else { "" };
        return Some(format!("its state is {state}{why}{wake}"));
    }
    // The setting is of this product alone.
    setting(found, OWN_SETTING)?;
    let pools = setting(found, "USER_POOL_IDS")?;
    let is_admitted = pools.split(',').any(|pool| pool.trim() == pool_id);
    (!is_admitted).then(|| format!("it refuses this pool: its USER_POOL_IDS is {pools}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_does_not_serve_the_pool_is_at_fault() {
        use aws_sdk_lambda::types::{EnvironmentResponse, State};
        let id = "eu-west-1_AbCdEf123";
        for (state, pools, wanted) in [
            ("Active", None, None),
            ("Active", Some(" "), None),
            ("Active", Some("eu-west-1_Other, eu-west-1_AbCdEf123"), None),
            ("Active", Some("eu-west-1_Other"), Some("it refuses this pool")),
            ("Active", Some("eu-west-1_AbCdEf1234"), Some("it refuses this pool")),
            ("Inactive", None, Some("its state is Inactive; invoke it once")),
            ("Pending", None, Some("its state is Pending")),
            ("Failed", None, Some("its state is Failed")),
        ] {
            let found = |own: &str| {
                let environment = EnvironmentResponse::builder()
                    .set_variables(Some(
                        [(own, "tenancy")]
                            .into_iter()
                            .chain(pools.map(|pools| ("USER_POOL_IDS", pools)))
                            .map(|(name, value)| (name.to_owned(), value.to_owned()))
                            .collect(),
                    ))
                    .build();
                Configuration::builder().state(State::from(state)).environment(environment).build()
            };

            let (own, other) = (fault(&found(OWN_SETTING), id), fault(&found("OTHER"), id));

            assert_eq!(own.is_some(), wanted.is_some(), "{state} {pools:?}: {own:?}");
            assert!(own.unwrap_or_default().contains(wanted.unwrap_or_default()), "{state} {pools:?}");
            assert_eq!(other.is_some(), state != "Active", "the pools of another product: {other:?}");
        }
    }
}
