//! What could not be read and lets no audit pass: everything after the credentials have ended, and what tells that the
//! product is installed.

use crate::functions::Function;
use crate::snapshot::{Listed, Snapshot};
use crate::unread::{No, Read, Unread};
use user_pool::aws_error::Meaning;
use user_pool::function::environment_error;

/// What could not be read because the credentials or the clock were at fault in the middle of the audit.
pub fn ended(snapshot: &Snapshot) -> Option<(&Unread, Meaning)> {
    all(snapshot).find_map(|unread| Some((unread, of_caller(unread)?)))
}

fn of_caller(unread: &Unread) -> Option<Meaning> {
    match unread.kind {
        No::Caller(meaning) => Some(meaning),
        No::Denied | No::Unsupported | No::Missing | No::Failed => None,
    }
}

/// Everything that was not read.
fn all(snapshot: &Snapshot) -> impl Iterator<Item = &Unread> {
    let lists = described(&snapshot.clients)
        .chain(&snapshot.unlisted_clients)
        .chain(snapshot.unread_secrets.values())
        .chain(described(&snapshot.providers))
        .chain(&snapshot.unlisted_providers);
    let replicas = snapshot.replicas.as_ref().err().into_iter();
    let replicas = replicas
        .chain(snapshot.replicas.iter().flatten().filter_map(|replica| replica.triggers.as_ref().err()));
    let table = snapshot.table.as_ref().err().into_iter().chain(snapshot.bindings.as_ref().err());
    lists
        .chain(replicas)
        .chain(snapshot.functions.iter().flat_map(of_function))
        .chain(table)
        .chain(snapshot.bindings.iter().filter_map(|bindings| bindings.has_members.as_ref().err()))
}

fn described<T>(list: &Read<Vec<Listed<T>>>) -> impl Iterator<Item = &Unread> {
    list.as_ref()
        .err()
        .into_iter()
        .chain(list.iter().flatten().filter_map(|one| one.described.as_ref().err()))
}

fn of_function(function: &Function) -> impl Iterator<Item = &Unread> {
    let alias = function.alias.as_ref().and_then(|alias| alias.as_ref().err());
    let reads = [
        function.configuration.as_ref().err(),
        alias,
        function.policy.as_ref().err(),
        function.reserved_concurrency.as_ref().err(),
    ];
    reads.into_iter().flatten()
}

/// Why it is not verified that the product is installed: the two functions, their policies or the table could not be
/// read. What is missing is not unread: rules find that.
pub fn unverified(snapshot: &Snapshot) -> Vec<String> {
    let functions = snapshot.functions.iter().filter(|function| function.is_at_own_trigger());
    let mut unverified: Vec<String> = functions
        .flat_map(|function| {
            let subject = function.subject();
            hidden(function).into_iter().map(move |(what, why)| format!("{what} of the {subject}: {why}"))
        })
        .collect();
    if let (Some(name), Err(unread)) = (&snapshot.expected.table, &snapshot.table) {
        unverified.push(format!("table {name}: {unread}"));
    }
    unverified
}

fn hidden(function: &Function) -> Vec<(&'static str, String)> {
    let settings = match &function.configuration {
        Ok(settings) => environment_error(settings).map(str::to_owned),
        Err(Unread { kind: No::Missing, .. }) => None,
        Err(unread) => Some(unread.to_string()),
    };
    let policy = function.policy.as_ref().err().map(ToString::to_string);
    let all = [settings.map(|why| ("settings", why)), policy.map(|why| ("policy", why))];
    all.into_iter().flatten().collect()
}
