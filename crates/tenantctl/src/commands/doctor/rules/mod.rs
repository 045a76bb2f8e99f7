//! The rules: one small function each, over what was read.

mod access;
mod attributes;
mod clients;
mod functions;
mod permissions;
mod pool;
mod providers;
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
        clients::RULES,
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

/// The end of what mends by a command that resets what it is not sent.
pub const RESETS: &str = " With all its other settings as well: what is left out is reset.";

/// The command that changes an app client, with `arguments`.
fn update_client(
    snapshot: &super::snapshot::Snapshot,
    client: &str,
    property: &str,
    arguments: &str,
) -> String {
    let pool = &snapshot.pool_id;
    format!(
        "{property} (AWS::Cognito::UserPoolClient); or aws cognito-idp update-user-pool-client --user-pool-id {pool} \
         --client-id {client} {arguments} ...{RESETS}"
    )
}

/// The command that changes the pool, with `arguments`.
fn update_pool(snapshot: &super::snapshot::Snapshot, property: &str, arguments: &str) -> String {
    let pool = &snapshot.pool_id;
    format!(
        "{property} (AWS::Cognito::UserPool); or aws cognito-idp update-user-pool --user-pool-id {pool} {arguments} ...{RESETS}"
    )
}
