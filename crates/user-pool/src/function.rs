//! What a function is set to, and which of the two triggers it is for.

use std::collections::HashMap;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// What Lambda says of a function's version.
pub type Configuration = GetFunctionConfigurationOutput;

/// Why Lambda could not give the variables of a function, such as a key that may not be used.
pub fn environment_error(settings: &Configuration) -> Option<&str> {
    let error = settings.environment()?.error()?;
    Some(error.message().or(error.error_code()).unwrap_or("no reason given"))
}

/// The names of a function's settings, in order.
pub fn setting_names(settings: &Configuration) -> Vec<&str> {
    let variables = settings.environment().and_then(|environment| environment.variables());
    let mut names: Vec<&str> = variables.into_iter().flat_map(HashMap::keys).map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A setting of a function, an environment variable that is not blank.
pub fn setting<'a>(settings: &'a Configuration, name: &str) -> Option<&'a str> {
    let variables: &HashMap<String, String> = settings.environment()?.variables()?;
    variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Settings that came in the version in which both token functions learned `pools` of a tenant. The template sets `REDEEM`
/// always.
const WITH_POOLS: [&str; 2] = ["POOL_TENANT", "REDEEM"];

/// Whether the function keeps a tenant to its `pools`, as far as its settings show: it has one that came with them. Code that
/// was uploaded without a change of the settings is not seen.
pub fn knows_pools(settings: &Configuration) -> bool {
    WITH_POOLS.iter().any(|name| setting(settings, name).is_some())
}

/// Settings that post-confirmation alone reads.
const OF_POST_CONFIRMATION: [&str; 1] = ["UNINVITED"];

/// Settings that pre-token-generation alone reads.
const OF_PRE_TOKEN_GENERATION: [&str; 9] = [
    "CLAIMS_ACCESS",
    "CLAIMS_ID",
    "CLAIM_BYTES_MAX",
    "CLAIM_TENANT_ID",
    "GROUP_FORMAT",
    "MARKER_SCOPE",
    "MODE",
    "TENANT_CACHE_SECONDS",
    "UNBOUND_MACHINE",
];

/// Whether the function called `function`, with the settings of these names, is for the other trigger than `trigger`
/// (`PostConfirmation` or `PreTokenGeneration`): by its name, or, when that says nothing, by settings that the other alone
/// reads. Attached to the wrong trigger, either function does nothing and says nothing.
pub fn is_for_the_other(trigger: &str, function: &str, settings: &[&str]) -> bool {
    let name: String =
        function.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let (is_post, is_pre) = (name.contains("postconfirm"), name.contains("pretoken"));
    if is_post != is_pre {
        return match trigger {
            "PostConfirmation" => is_pre,
            "PreTokenGeneration" => is_post,
            _ => false,
        };
    }
    let has = |names: &[&str]| settings.iter().any(|setting| names.contains(setting));
    matches!(
        (trigger, has(&OF_POST_CONFIRMATION), has(&OF_PRE_TOKEN_GENERATION)),
        ("PostConfirmation", false, true) | ("PreTokenGeneration", true, false)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_at_the_wrong_trigger_is_known_by_name_or_settings() {
        let rows: [(&str, &str, &[&str], bool); 10] = [
            ("PostConfirmation", "post-confirmation", &[], false),
            ("PostConfirmation", "prod-PreTokenGeneration-1X", &[], true),
            ("PreTokenGeneration", "stack-PostConfirmationFn-abc", &[], true),
            ("PreTokenGeneration", "pre_token", &["UNINVITED"], false),
            ("PreTokenGeneration", "tokens", &["UNINVITED"], true),
            ("PostConfirmation", "join", &["MODE"], true),
            ("PostConfirmation", "join", &["UNINVITED", "TENANCY_TABLE"], false),
            // A template that gives both functions all settings.
            ("PostConfirmation", "join", &["UNINVITED", "MODE"], false),
            ("PreTokenGeneration", "tokens", &["TENANCY_TABLE"], false),
            ("PreSignUp", "pre-token", &[], false),
        ];

        for (trigger, function, settings, is_other) in rows {
            assert_eq!(
                is_for_the_other(trigger, function, settings),
                is_other,
                "{trigger} {function} {settings:?}"
            );
        }
    }
}
