//! The default password policy of a pool: 8 characters with upper case, lower case, a digit and a symbol.

use super::error::CognitoError;

/// Refuses a password that the policy does not admit, in Cognito's words.
pub(crate) fn check(password: &str) -> Result<(), CognitoError> {
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let fault = if password.chars().count() < 8 {
        "Password not long enough"
    } else if !has(|c| c.is_ascii_uppercase()) {
        "Password must have uppercase characters"
    } else if !has(|c| c.is_ascii_lowercase()) {
        "Password must have lowercase characters"
    } else if !has(|c| c.is_ascii_digit()) {
        "Password must have numeric characters"
    } else if !has(|c| !c.is_ascii_alphanumeric()) {
        "Password must have symbol characters"
    } else {
        return Ok(());
    };
    Err(CognitoError::new(
        "InvalidPasswordException",
        format!("Password did not conform with policy: {fault}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_of_the_policy_has_its_own_refusal() {
        let rows = [
            ("aA1-", Some("Password not long enough")),
            ("aaaaaa1-", Some("Password must have uppercase characters")),
            ("AAAAAA1-", Some("Password must have lowercase characters")),
            ("aaaaAAA-", Some("Password must have numeric characters")),
            ("aaaaAAA1", Some("Password must have symbol characters")),
            ("aaaaAA1-", None),
        ];

        for (password, fault) in rows {
            let refused = check(password).err().map(|error| error.message);
            let expected = fault.map(|fault| format!("Password did not conform with policy: {fault}"));
            assert_eq!(refused, expected, "{password}");
        }
    }
}
