//! What the audit itself could not see of the pool.

use std::collections::BTreeMap;

use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::functions::Function;
use crate::snapshot::{Listed, Snapshot};
use crate::unread::{No, Read, Unread};
use user_pool::function::environment_error;
use user_pool::words::listed;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "not-checked",
    severity: Severity::Medium,
    looks_for: "App clients or identity providers that could not be listed or described, or functions of the two triggers that \
                could not be read. Severity low for functions of other triggers, info for resources deleted during the audit.",
    why: "Other rules depend on them. An app client that was not read may be able to write the tenant attribute. A function \
          that the pool may not call locks users out.",
    check: Check::Any(not_checked),
}];

#[expect(clippy::unnecessary_wraps, reason = "the form of every rule that looks at several parts")]
fn not_checked(snapshot: &Snapshot) -> Look {
    let mut findings = gaps("app clients", &snapshot.clients, snapshot.unlisted_clients.as_ref());
    findings.extend(gaps("identity providers", &snapshot.providers, snapshot.unlisted_providers.as_ref()));
    findings.extend(functions(snapshot));
    Ok(findings)
}

/// One finding for each reason, however many were hidden by it.
fn gaps<T>(what: &str, list: &Read<Vec<Listed<T>>>, unlisted: Option<&Unread>) -> Vec<Finding> {
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
    let of_described = hidden.into_values().map(|(unread, ids)| {
        if unread.kind == No::Missing {
            let found = format!("Deleted between listing and description: {}.", listed(&ids));
            return Finding::new(
                what,
                found,
                "If somebody has just deleted them, nothing; run doctor again.",
            )
            .at(Severity::Info);
        }
        let found =
            format!("{} of {} {what} could not be described ({})", ids.len(), list.len(), listed(&ids));
        gap(what, &found, unread)
    });
    let rest = unlisted
        .map(|unread| gap(what, &format!("Only the first {} {what} could be listed", list.len()), unread));
    rest.into_iter().chain(of_described).collect()
}

fn gap(what: &str, found: &str, unread: &Unread) -> Finding {
    let mend = match unread.kind {
        No::Denied => {
            format!("Allow {} on the user pool for these credentials, and run doctor again.", unread.action)
        }
        _ => format!("Run doctor again when {} works.", unread.action),
    };
    Finding::new(what, format!("{found}: {unread}."), mend)
}

/// One finding for each reason why functions were not seen.
fn functions(snapshot: &Snapshot) -> Vec<Finding> {
    let mut hidden: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
    for function in &snapshot.functions {
        for reason in unseen(function) {
            hidden.entry((!function.is_at_own_trigger(), reason)).or_default().push(function.subject());
        }
    }
    hidden
        .into_iter()
        .map(|((is_other, reason), subjects)| {
            let finding = Finding::new(
                "functions",
                format!("Could not read everything about {}: {reason}.", listed(subjects)),
                "Run doctor again with credentials that can read the functions; tenantctl doctor --help lists the permissions.",
            );
            if is_other { finding.at(Severity::Low) } else { finding }
        })
        .collect()
}

/// Why something of a function was not seen. A server that does not know reserved concurrency has none.
fn unseen(function: &Function) -> Vec<String> {
    let configuration = function.configuration.as_ref();
    let unread = configuration.err().filter(|unread| unread.kind != No::Missing);
    let concurrency = function.reserved_concurrency.as_ref().err();
    let reads =
        [unread, function.policy.as_ref().err(), concurrency.filter(|unread| unread.kind != No::Unsupported)];
    let mut reasons: Vec<String> = reads.into_iter().flatten().map(ToString::to_string).collect();
    if let Some(said) = configuration.ok().and_then(environment_error) {
        reasons.push(format!("its environment variables could not be read: {said}"));
    }
    if let Ok(Some(policy)) = &function.policy
        && let Err(problem) = user_pool::policy::judge(policy, &function.arn, "")
    {
        reasons.push(problem);
    }
    reasons.dedup();
    reasons
}
