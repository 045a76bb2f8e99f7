//! The password policy of a pool.

use serde_json::Value;

use super::{error::CognitoError, pool::Pool};
use crate::json::member;

/// Refuses a password that the pool's policy does not admit, in Cognito's words.
pub(crate) fn check(pool: &Pool, password: &str) -> Result<(), CognitoError> {
    let setting = |name: &str| member(&pool.description, &["Policies", "PasswordPolicy", name]);
    let requires = |name: &str| setting(name).and_then(Value::as_bool).unwrap_or_default();
    let least = setting("MinimumLength").and_then(Value::as_u64).unwrap_or(8);
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let rules = [
        (password.chars().count() as u64 >= least, "Password not long enough"),
        (
            !requires("RequireUppercase") || has(|c| c.is_ascii_uppercase()),
            "Password must have uppercase characters",
        ),
        (
            !requires("RequireLowercase") || has(|c| c.is_ascii_lowercase()),
            "Password must have lowercase characters",
        ),
        (!requires("RequireNumbers") || has(|c| c.is_ascii_digit()), "Password must have numeric characters"),
        (
            !requires("RequireSymbols") || has(|c| !c.is_ascii_alphanumeric()),
            "Password must have symbol characters",
        ),
    ];
    match rules.into_iter().find(|(kept, _)| !kept) {
        None => Ok(()),
        Some((_, fault)) => Err(CognitoError::new(
            "InvalidPasswordException",
            format!("Password did not conform with policy: {fault}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::members;

    fn pool(policy: &Value) -> Pool {
        let description = members(json!({ "Policies": { "PasswordPolicy": policy } }));
        Pool::new("eu-west-1_a".to_owned(), "eu-west-1".to_owned(), String::new(), description)
    }

    #[test]
    fn each_rule_of_the_policy_has_its_own_refusal() {
        let all = pool(&json!({
            "MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
            "RequireSymbols": true,
        }));
        let rows = [
            ("aA1-", Some("Password not long enough")),
            ("aaaaaa1-", Some("Password must have uppercase characters")),
            ("AAAAAA1-", Some("Password must have lowercase characters")),
            ("aaaaAAA-", Some("Password must have numeric characters")),
            ("aaaaAAA1", Some("Password must have symbol characters")),
            ("aaaaAA1-", None),
        ];

        for (password, fault) in rows {
            let refused = check(&all, password).err().map(|error| error.message);
            let expected = fault.map(|fault| format!("Password did not conform with policy: {fault}"));
            assert_eq!(refused, expected, "{password}");
        }
        let long = pool(&json!({ "MinimumLength": 12 }));
        assert_eq!(check(&long, "aaaaaaaaaaaa"), Ok(()), "only what the policy requires");
        assert!(check(&long, "aA1-aA1-aA1").is_err());
    }
}
