//! Every rule over what was read: what was found, what is well, and what could not be looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Check, Finding, Rule, Severity};
use crate::functions::Function;
use crate::rules;
use crate::snapshot::{Listed, Snapshot};
use crate::unread::{No, Read, Unread};
use user_pool::function::environment_error;

/// What the rules came to.
#[derive(Default)]
pub struct Judgement {
    /// What is not as it should be, with its rule; the gravest first.
    pub findings: Vec<(&'static Rule, Finding)>,
    /// Rules that looked at everything and found nothing.
    pub passed: Vec<&'static Rule>,
    /// What could not be looked at.
    pub not_checked: Vec<Gap>,
}

/// Something that could not be looked at, for one reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gap {
    /// What it is, such as "the table".
    pub what: &'static str,
    /// Why not.
    pub reason: String,
    /// The rules that had nothing to go by.
    pub rules: Vec<&'static str>,
}

/// How much a finding of a rule matters.
pub fn severity(rule: &Rule, finding: &Finding) -> Severity {
    finding.severity.unwrap_or(rule.severity)
}

/// Judges by every rule.
pub fn judge(snapshot: &Snapshot) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in rules::all() {
        let mut looked = look(rule, snapshot);
        // A rule that found something has been of use, and what hid the rest has a finding of its own.
        if looked.findings.is_empty() && looked.gaps.is_empty() {
            judgement.passed.push(rule);
        } else if looked.findings.is_empty() {
            for reason in std::mem::take(&mut looked.gaps) {
                judgement.leave_out(rule, reason);
            }
        }
        judgement.findings.extend(looked.findings.into_iter().map(|finding| (rule, finding)));
    }
    // Stable: rules of one severity stay in the order in which they are published.
    judgement.findings.sort_by_key(|(rule, finding)| std::cmp::Reverse(severity(rule, finding)));
    judgement
}

/// What one rule came to: findings, and reasons why it did not see everything.
#[derive(Default)]
struct Looked {
    findings: Vec<Finding>,
    gaps: BTreeSet<String>,
}

fn look(rule: &Rule, snapshot: &Snapshot) -> Looked {
    match rule.check {
        Check::Pool(check) => Looked { findings: check(snapshot), ..Looked::default() },
        Check::Client(check) => Looked {
            findings: snapshot.described_clients().filter_map(|client| check(snapshot, &client)).collect(),
            gaps: hidden(&snapshot.clients, snapshot.unlisted_clients.as_ref()),
        },
        Check::Secret(check) => {
            let mut looked = Looked {
                findings: Vec::new(),
                gaps: hidden(&snapshot.clients, snapshot.unlisted_clients.as_ref()),
            };
            for client in snapshot.described_clients() {
                match check(snapshot, &client) {
                    Ok(finding) => looked.findings.extend(finding),
                    Err(reason) => {
                        looked.gaps.insert(format!("{}: {reason}", client.subject()));
                    }
                }
            }
            looked
        }
        Check::Provider(check) => Looked {
            findings: snapshot
                .described_providers()
                .flat_map(|provider| check(snapshot, &provider))
                .collect(),
            gaps: hidden(&snapshot.providers, snapshot.unlisted_providers.as_ref()),
        },
        Check::BoundProvider(check) => {
            let mut gaps = hidden(&snapshot.providers, snapshot.unlisted_providers.as_ref());
            gaps.extend(hidden(&snapshot.clients, snapshot.unlisted_clients.as_ref()));
            gaps.extend(snapshot.bindings.as_ref().err().map(ToString::to_string));
            let findings = if snapshot.bindings.is_ok() {
                snapshot.described_providers().flat_map(|provider| check(snapshot, &provider)).collect()
            } else {
                Vec::new()
            };
            Looked { findings, gaps }
        }
        Check::Function(check) => of_functions(&snapshot.functions, |function| check(snapshot, function)),
        Check::Own(check) => of_own_functions(snapshot, check),
        Check::Table(check) => match &snapshot.table {
            Err(unread) => Looked::nothing(unread.to_string()),
            Ok(None) => Looked::nothing("there is no such table".to_owned()),
            Ok(Some(table)) => {
                let name = snapshot.expected.table.as_deref().unwrap_or_default();
                Looked { findings: check(name, table).into_iter().collect(), ..Looked::default() }
            }
        },
        Check::Bindings(check) => match &snapshot.bindings {
            Err(unread) => Looked::nothing(unread.to_string()),
            Ok(bindings) => Looked { findings: check(snapshot, bindings), ..Looked::default() },
        },
        Check::Any(check) => match check(snapshot) {
            Ok(findings) => Looked { findings, ..Looked::default() },
            Err(reason) => Looked::nothing(reason),
        },
    }
}

impl Looked {
    fn nothing(reason: String) -> Self {
        Self { findings: Vec::new(), gaps: BTreeSet::from([reason]) }
    }
}

/// Why some of a list, or all of it, was not seen. What is gone by now hides nothing.
fn hidden<T>(list: &Read<Vec<Listed<T>>>, unlisted: Option<&Unread>) -> BTreeSet<String> {
    let mut reasons = match list {
        Err(unread) => BTreeSet::from([unread.to_string()]),
        Ok(list) => {
            let unread = list.iter().filter_map(|one| one.described.as_ref().err());
            unread.filter(|unread| unread.kind != No::Missing).map(ToString::to_string).collect()
        }
    };
    reasons.extend(unlisted.map(ToString::to_string));
    reasons
}

fn of_functions<'a>(
    functions: impl IntoIterator<Item = &'a Function>,
    check: impl Fn(&Function) -> Result<Option<Finding>, String>,
) -> Looked {
    let mut looked = Looked::default();
    let mut hidden: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for function in functions {
        count += 1;
        match check(function) {
            Ok(finding) => looked.findings.extend(finding),
            Err(reason) => hidden.entry(reason).or_default().push(function.name.to_string()),
        }
    }
    if count == 0 {
        return Looked::nothing("no function is attached".to_owned());
    }
    looked.gaps = hidden
        .into_iter()
        // What is so of all of them needs no names.
        .map(
            |(reason, names)| {
                if names.len() == count { reason } else { format!("{}: {reason}", names.join(", ")) }
            },
        )
        .collect();
    looked
}

fn of_own_functions(
    snapshot: &Snapshot,
    check: fn(&Snapshot, &Function, &user_pool::function::Configuration) -> Option<Finding>,
) -> Looked {
    let at_own_triggers = snapshot.functions.iter().filter(|function| function.is_at_own_trigger());
    let own: Vec<&Function> =
        at_own_triggers.filter(|function| function.belongs(&snapshot.expected) != Some(false)).collect();
    if own.is_empty() {
        return Looked::nothing("no function of this product is attached".to_owned());
    }
    of_functions(own, |function| {
        let Some(settings) = function.settings()? else { return Err("it is not there".to_owned()) };
        if let Some(said) = environment_error(settings) {
            return Err(format!("its environment variables could not be read: {said}"));
        }
        Ok(check(snapshot, function, settings))
    })
}

impl Judgement {
    fn leave_out(&mut self, rule: &'static Rule, reason: String) {
        let what = subject(rule);
        match self.not_checked.iter_mut().find(|gap| gap.what == what && gap.reason == reason) {
            Some(gap) => gap.rules.push(rule.id),
            None => self.not_checked.push(Gap { what, reason, rules: vec![rule.id] }),
        }
    }
}

/// What a rule looks at, by the beginning of its name: rules that look at several parts have names as well.
fn subject(rule: &Rule) -> &'static str {
    match (rule.check, rule.id.split('-').next().unwrap_or_default()) {
        (Check::Client(_) | Check::Secret(_), _) => "app clients",
        (Check::BoundProvider(_) | Check::Bindings(_), _) | (_, "binding") => "what is bound to tenants",
        (Check::Provider(_), _) | (_, "provider") => "identity providers",
        (Check::Function(_), "permission") => "who may call the functions",
        (Check::Function(_), _) => "the functions of the triggers",
        (Check::Own(_), _) => "the settings of the functions",
        (Check::Table(_), _) | (_, "table") => "the table",
        (_, "event") => "the event version",
        (_, "marker") => "the marker scope",
        (_, "plan") => "the plan",
        (_, "replica") => "the pool in other Regions",
        _ => "the user pool",
    }
}
