//! The changes of operators, as functions of records that were read. Each function returns the change, or the [`Rule`] that
//! forbids it. `tenancy-aws` reads the records and writes the change.
#![expect(clippy::missing_errors_doc, reason = "each variant of `Rule` says what it forbids")]

pub mod bindings;
pub mod cells;
pub mod domains;
pub mod invites;
pub mod members;
mod rule;
pub mod tenants;

pub use rule::Rule;

use crate::Role;

/// Roles, as the audit shows them.
#[must_use]
pub fn roles_in_words(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "no roles".to_owned();
    }
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")
}
