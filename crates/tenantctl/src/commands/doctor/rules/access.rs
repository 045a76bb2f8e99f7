//! What the audit itself could not see of the pool.

use std::collections::BTreeMap;

use super::super::finding::{Check, Finding, Look, Rule, Severity};
use super::super::snapshot::{Listed, Snapshot};
use super::super::unread::{No, Read, Unread};
use super::listed;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "not-checked",
    severity: Severity::Medium,
    looks_for: "App clients or identity providers that could not be listed or described.",
    why: "The audit rests on them: one client that was not seen may be the one that can write the tenant attribute.",
    check: Check::Any(not_checked),
}];

#[expect(clippy::unnecessary_wraps, reason = "the form of every rule that looks at several parts")]
fn not_checked(snapshot: &Snapshot) -> Look {
    let mut findings = gaps("app clients", &snapshot.clients);
    findings.extend(gaps("identity providers", &snapshot.providers));
    Ok(findings)
}

/// One finding for each reason, however many were hidden by it.
fn gaps<T>(what: &str, list: &Read<Vec<Listed<T>>>) -> Vec<Finding> {
    let list = match list {
        Ok(list) => list,
        Err(unread) => return vec![gap(what, &format!("The {what} could not be listed"), unread)],
    };
    let mut hidden: BTreeMap<&str, (&Unread, Vec<&str>)> = BTreeMap::new();
    for one in list {
        if let Err(unread) = &one.described {
            hidden.entry(&unread.reason).or_insert_with(|| (unread, Vec::new())).1.push(&one.id);
        }
    }
    hidden
        .into_values()
        .map(|(unread, ids)| {
            let found =
                format!("{} of {} {what} could not be described ({})", ids.len(), list.len(), listed(&ids));
            gap(what, &found, unread)
        })
        .collect()
}

fn gap(what: &str, found: &str, unread: &Unread) -> Finding {
    Finding::new(
        what,
        format!("{found}: {unread}."),
        match unread.kind {
            No::Denied => format!(
                "Allow {} on the user pool to whoever runs the audit, and run it again.",
                unread.action
            ),
            _ => format!("Run it again where {} is answered.", unread.action),
        },
    )
}
