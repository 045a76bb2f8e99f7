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

/// The end of what mends a setting of the pool or of an app client. No command is given for those: one with a setting alone
/// resets all others.
pub const RESETS: &str = "; keep all other settings.";

/// What changes a setting of an app client: `members`, such as `EnableTokenRevocation: true`.
fn of_client(members: impl std::fmt::Display) -> String {
    format!("In the app client (AWS::Cognito::UserPoolClient), set {members}{RESETS}")
}

/// What changes a setting of the pool.
fn of_pool(members: impl std::fmt::Display) -> String {
    format!("In the user pool (AWS::Cognito::UserPool), set {members}{RESETS}")
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
