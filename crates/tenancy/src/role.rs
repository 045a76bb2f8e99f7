//! Roles of a membership, and the groups that a token carries for them.

use crate::text::{bytes_fit, text_type};

text_type! {
    /// A member's role in a tenant, such as `admin`: 1 to 64 of `A-Z a-z 0-9 : _ . -`.
    Role, "role", "1 to 64 of A-Z a-z 0-9 : _ . -", |raw| bytes_fit(raw, 1, 64, is_name_byte)
}

text_type! {
    /// A group name in `cognito:groups`: 1 to 64 of `A-Z a-z 0-9 : _ . -`. Blanks, commas and brackets are not allowed,
    /// because API Gateway passes the list on as flat text that back ends split.
    Group, "group", "1 to 64 of A-Z a-z 0-9 : _ . -", |raw| bytes_fit(raw, 1, 64, is_name_byte)
}

/// `roles`, followed by those of `more` that it lacks, in their order.
#[must_use]
pub fn union(roles: &[Role], more: &[Role]) -> Vec<Role> {
    let mut all: Vec<Role> = Vec::with_capacity(roles.len().saturating_add(more.len()));
    for role in roles.iter().chain(more) {
        if !all.contains(role) {
            all.push(role.clone());
        }
    }
    all
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'.' | b'-')
}
