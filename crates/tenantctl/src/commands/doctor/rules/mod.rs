//! The rules: one small function each, over what was read.

mod access;
mod attributes;
mod clients;
mod functions;
mod marker;
mod permissions;
mod pool;
mod providers;
mod registration;
mod replicas;
mod settings;
mod table;
mod tokens;
mod triggers;

use super::finding::Rule;

/// Every rule, in the order in which they are published.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        access::RULES,
        attributes::RULES,
        triggers::RULES,
        functions::RULES,
        permissions::RULES,
        settings::RULES,
        pool::RULES,
        registration::RULES,
        replicas::RULES,
        clients::RULES,
        marker::RULES,
        tokens::RULES,
        providers::RULES,
        table::RULES,
    ]
    .into_iter()
    .flatten()
}

/// `name` in a list of texts, with `and` before the last.
fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// `text` as one word of a shell: as it is where that is safe, in quotes elsewhere.
fn word(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_.:/@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The end of what mends a setting of the pool or of an app client. No command is given for those: one with a setting alone
/// resets all others.
pub const RESETS: &str = "; everything else as it is.";

/// What changes a setting of an app client: `members`, such as `EnableTokenRevocation: true`.
fn of_client(members: impl std::fmt::Display) -> String {
    format!("In the app client (AWS::Cognito::UserPoolClient) {members}{RESETS}")
}

/// What changes a setting of the pool.
fn of_pool(members: impl std::fmt::Display) -> String {
    format!("In the user pool (AWS::Cognito::UserPool) {members}{RESETS}")
}

/// A list as templates have it.
fn bracketed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    format!("[{}]", names.join(", "))
}

/// What a list becomes with one member more, unless it has it.
fn with<'a>(list: impl IntoIterator<Item = &'a str>, one: &'a str) -> String {
    let mut names: Vec<&str> = list.into_iter().collect();
    if !names.contains(&one) {
        names.push(one);
    }
    bracketed(names)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_a_shell_would_take_apart_is_put_in_quotes() {
        let rows = [
            ("tenantId", "tenantId"),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f",
                "arn:aws:lambda:eu-west-1:123456789012:function:f",
            ),
            ("", "''"),
            ("a b", "'a b'"),
            ("{a,b}", "'{a,b}'"),
            ("$LATEST", "'$LATEST'"),
            ("it's", r"'it'\''s'"),
        ];

        for (text, expected) in rows {
            assert_eq!(word(text), expected, "{text}");
        }
    }
}
