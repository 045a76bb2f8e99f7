//! The functions that are attached: that they are there and can run.

use aws_sdk_lambda::types::{LastUpdateStatus, State};

use super::of_pool;
use crate::finding::{Check, Finding, Rule, Severity};
use crate::functions::{Function, POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use crate::snapshot::Snapshot;
use user_pool::function::is_for_the_other;
use user_pool::function::{Configuration, setting_names};
use user_pool::words::{listed, shell_word};

/// How long Cognito waits for a trigger, in seconds (developer guide, "Customizing user pool workflows").
const COGNITO_WAITS_S: i32 = 5;
/// What a call of either function needs at most, in whole seconds: it ends by itself after 3.5.
const NEEDED_S: i32 = 4;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "function-missing",
        severity: Severity::Critical,
        looks_for: "A trigger calls a function, or an alias of it, that is not there.",
        why: "Every operation that the trigger belongs to fails: sign-ups, or all sign-ins and refreshes.",
        check: Check::Function(missing),
    },
    Rule {
        id: "function-state",
        severity: Severity::High,
        looks_for: "A trigger's function is not active, or its last update failed.",
        why: "Calls fail, or wait for the function longer than Cognito does.",
        check: Check::Function(state),
    },
    Rule {
        id: "function-concurrency",
        severity: Severity::Critical,
        looks_for: "The reserved concurrency of a trigger's function is 0.",
        why: "Lambda refuses every call, so every operation that the trigger belongs to fails.",
        check: Check::Function(concurrency),
    },
    Rule {
        id: "function-swapped",
        severity: Severity::Critical,
        looks_for: "The function for the other trigger: post-confirmation at pre-token-generation, or the other way round.",
        why: "Each function returns the other trigger's events unchanged: tokens carry no tenant, users without a tenant get \
              tokens, and nobody joins.",
        check: Check::Function(swapped),
    },
    Rule {
        id: "function-timeout-long",
        severity: Severity::Low,
        looks_for: "A trigger's function may run for more than 5 seconds.",
        why: "Cognito waits 5 seconds and then calls again, up to three times, so attempts run in parallel.",
        check: Check::Function(timeout_long),
    },
    Rule {
        id: "function-timeout-short",
        severity: Severity::Medium,
        looks_for: "One of this product's functions may run for less than 4 seconds.",
        why: "Each function stops by itself after 3.5 seconds, with an error that users understand. With a shorter timeout, \
              Lambda stops it first, possibly during a redemption.",
        check: Check::Own(timeout_short),
    },
    Rule {
        id: "function-alias-split",
        severity: Severity::Info,
        looks_for: "A trigger calls an alias that shares its calls between two versions.",
        why: "This is fine during a trial. doctor checked the settings of the first version only.",
        check: Check::Function(alias_split),
    },
];

fn missing(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    if function.settings()?.is_some() {
        return Ok(None);
    }
    Ok(Some(Finding::new(
        function.subject(),
        format!("{} is attached, and Lambda has no such function, version or alias.", function.arn),
        match function.trigger {
            POST_CONFIRMATION | PRE_TOKEN_GENERATION => format!(
                "Deploy it, or take it off the trigger: tenantctl pool detach --user-pool-id {} --{} {} --apply, which keeps all other \
                 settings of the pool.",
                snapshot.pool_id,
                if function.trigger == POST_CONFIRMATION {
                    "post-confirmation"
                } else {
                    "pre-token-generation"
                },
                shell_word(&function.arn)
            ),
            trigger => format!(
                "Deploy it, or: {}",
                of_pool(format_args!("LambdaConfig without {trigger}, with all others"))
            ),
        },
    )))
}

fn state(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(settings) = function.settings()? else { return Ok(None) };
    let has_failed = settings.last_update_status() == Some(&LastUpdateStatus::Failed);
    let state = settings.state().filter(|state| !matches!(state, State::Active));
    let (found, severity) = match (state, has_failed) {
        (None, false) => return Ok(None),
        (None, true) => ("its last update failed".to_owned(), Severity::Medium),
        (Some(State::Failed), _) => ("it is in the state Failed".to_owned(), Severity::Critical),
        (Some(state), _) => (format!("it is in the state {}", state.as_str()), Severity::High),
    };
    let reason =
        settings.state_reason().or(settings.last_update_status_reason()).unwrap_or("no reason given");
    Ok(Some(
        Finding::new(
            function.subject(),
            format!("Lambda says that {found}: {reason}."),
            format!(
                "aws lambda get-function-configuration --function-name {} says more; deploy it anew.",
                function.arn
            ),
        )
        .at(severity),
    ))
}

fn concurrency(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let reserved = function.reserved_concurrency.as_ref().map_err(ToString::to_string)?;
    Ok((*reserved == Some(0)).then(|| {
        Finding::new(
            function.subject(),
            "Its reserved concurrency is 0.",
            format!("aws lambda delete-function-concurrency --function-name {}", function.name.name),
        )
    }))
}

fn swapped(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let is_other = |names: &[&str]| is_for_the_other(function.trigger, &function.name.name, names);
    // The name alone may tell.
    let is_swapped = is_other(&[])
        || match function.settings()? {
            Some(settings) => is_other(&setting_names(settings)),
            None => false,
        };
    Ok(is_swapped.then(|| {
        Finding::new(
            function.subject(),
            format!("Its name or its settings show that it is not for {}.", function.trigger),
            "Attach each function to its own trigger: tenantctl pool attach with --replace.",
        )
    }))
}

fn timeout_long(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(settings) = function.settings()? else { return Ok(None) };
    Ok(settings
        .timeout()
        .filter(|seconds| *seconds > COGNITO_WAITS_S)
        .map(|seconds| timeout(function, seconds)))
}

fn timeout_short(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    settings.timeout().filter(|seconds| *seconds < NEEDED_S).map(|seconds| timeout(function, seconds))
}

fn timeout(function: &Function, seconds: i32) -> Finding {
    Finding::new(
        function.subject(),
        format!("Its timeout is {seconds} s."),
        format!(
            "Timeout: 5 in the template; or aws lambda update-function-configuration --function-name {} --timeout 5, and a new \
             version for the alias.",
            function.name.name
        ),
    )
}

fn alias_split(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(alias) = &function.alias else { return Ok(None) };
    let alias = match alias {
        Ok(alias) => alias,
        Err(unread) if function.settings()?.is_none() && unread.kind == crate::unread::No::Missing => {
            return Ok(None);
        }
        Err(unread) => return Err(unread.to_string()),
    };
    let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
    let others: Vec<&String> = weights.into_iter().flat_map(std::collections::HashMap::keys).collect();
    Ok((!others.is_empty()).then(|| {
        Finding::new(
            function.subject(),
            format!(
                "The alias calls version {} and, at times, {}.",
                alias.function_version().unwrap_or("(unknown)"),
                listed(others)
            ),
            "Take the weights off the alias once the new version has proven itself.",
        )
    }))
}
