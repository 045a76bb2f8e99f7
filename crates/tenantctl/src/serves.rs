//! Which of the two triggers a function is for. Attached to the other one, either does nothing and says nothing: sources that
//! are not its own are none of its business.

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
/// reads.
#[must_use]
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
