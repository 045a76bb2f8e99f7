//! Looks at every write while a schedule runs: what no moment may show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schedule::{BEGIN, Call, HERE, LENGTH, Schedule, sub};
use super::table::{Table, number, serves, text};

/// Who writes.
#[derive(Clone, Debug)]
struct Writer {
    /// `None`: an operator.
    user: Option<String>,
    now: u64,
}

/// The key of an item, and the item after a write. `None`: it was deleted.
pub(crate) type Written = ((String, String), Option<Value>);

#[derive(Debug)]
pub(crate) struct Watch {
    writers: Vec<Writer>,
    table: Table,
    /// Moments from which a tenant served, or a membership was active; and from which it no longer did.
    good: BTreeMap<String, Vec<(u64, bool)>>,
    pub(crate) faults: Vec<String>,
}

impl Watch {
    pub(crate) fn of(schedule: &Schedule, table: &Table) -> Self {
        let writer = |call: &Call| Writer {
            user: call.act.attempt().map(|attempt| sub(attempt.user)),
            now: BEGIN + call.at,
        };
        // After the calls, every user is a writer once more.
        let once_more = |user| Writer { user: Some(sub(user)), now: BEGIN + LENGTH };
        let writers = schedule.calls.iter().map(writer).chain((0..schedule.users).map(once_more)).collect();
        let mut watch = Self { writers, table: table.clone(), good: BTreeMap::new(), faults: Vec::new() };
        for ((pk, sk), item) in table {
            watch.note_good(pk, sk, Some(item), 0);
        }
        watch
    }

    /// Notes the items of one transaction.
    pub(crate) fn wrote(&mut self, actor: usize, tick: u64, written: Vec<Written>) {
        let Some(writer) = self.writers.get(actor).cloned() else { return };
        let mut uses = BTreeSet::new();
        for ((pk, sk), _) in written.iter().filter(|((_, sk), _)| sk.starts_with("USE#")) {
            if self.table.contains_key(&(pk.clone(), sk.clone())) {
                self.faults.push(format!("a second use of one invite by one user: {sk}"));
            }
            uses.insert(pk.clone());
        }
        for ((pk, sk), item) in written {
            let before = self.table.get(&(pk.clone(), sk.clone()));
            if pk.starts_with("USER#") && sk.starts_with("TENANT#") {
                let fault = membership_fault(&writer, &pk, before, item.as_ref());
                self.faults.extend(fault.map(|fault| format!("{pk} / {sk}: {fault}")));
            }
            if pk.starts_with("INVITE#") && sk == "META" {
                let fault = invite_fault(&writer, before, item.as_ref(), uses.remove(&pk));
                self.faults.extend(fault.map(|fault| format!("an invite of {}: {fault}", text_of(before))));
            }
            self.note_good(&pk, &sk, item.as_ref(), tick);
            match item {
                Some(item) => drop(self.table.insert((pk, sk), item)),
                None => drop(self.table.remove(&(pk, sk))),
            }
        }
        if !uses.is_empty() {
            self.faults.push("a use of an invite that the invite does not count".to_owned());
        }
    }

    fn note_good(&mut self, pk: &str, sk: &str, item: Option<&Value>, tick: u64) {
        let is_good = match item {
            Some(item) if pk.starts_with("USER#") && sk.starts_with("TENANT#") => {
                text(item, "status") == "active"
            }
            Some(item) if pk.starts_with("TENANT#") && sk == "META" => serves(item),
            Some(_) => return,
            None => false,
        };
        self.good.entry(format!("{pk} {sk}")).or_default().push((tick, is_good));
    }

    fn was_good(&self, key: &str, from: u64, until: u64) -> bool {
        let history = self.good.get(key).map(Vec::as_slice).unwrap_or_default();
        let at_begin = history.iter().rev().find(|(tick, _)| *tick <= from).is_some_and(|(_, good)| *good);
        at_begin || history.iter().any(|(tick, good)| (from..=until).contains(tick) && *good)
    }

    /// Whether a call from tick to tick may give a token of `tenant` to a user, or make the user a member of it.
    pub(crate) fn token_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        if !self.was_good(&format!("USER#{HERE}#{sub} TENANT#{tenant}"), from, until) {
            return Some(format!("{sub} got a token of {tenant} without an active membership"));
        }
        self.join_fault(sub, tenant, from, until)
    }

    pub(crate) fn join_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        (!self.was_good(&format!("TENANT#{tenant} META"), from, until)).then(|| {
            format!("{sub} got into {tenant}, which was not active in this pool at any moment of the call")
        })
    }
}

fn text_of(item: Option<&Value>) -> &str {
    item.map(|item| text(item, "tid")).unwrap_or_default()
}

fn membership_fault(
    writer: &Writer,
    pk: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<String> {
    let sub = writer.user.as_ref()?;
    if pk != format!("USER#{HERE}#{sub}") {
        return Some(format!("written by {sub}"));
    }
    let Some(after) = after else { return Some("deleted by a sign-in".to_owned()) };
    let (was, is) = (before.map(|item| text(item, "status")), text(after, "status"));
    match was {
        None | Some("active") if is == "active" => None,
        // The note of a stamp, which changes nothing else.
        Some(was) if was == is => (before.and_then(|item| item.get("roles")) != after.get("roles"))
            .then(|| format!("roles, while {is}")),
        was => Some(format!("{} -> {is} without an operator", was.unwrap_or("nothing"))),
    }
}

fn invite_fault(
    writer: &Writer,
    before: Option<&Value>,
    after: Option<&Value>,
    is_used: bool,
) -> Option<String> {
    let Some(after) = after else { return Some("deleted".to_owned()) };
    let (was, is) = (before.map_or(0, |item| number(item, "uses")), number(after, "uses"));
    if is == was {
        return is_used.then(|| "a use that is not counted".to_owned());
    }
    let before = before.unwrap_or(&Value::Null);
    if is != was + 1 || !is_used {
        Some(format!("uses {was} -> {is}"))
    } else if is > number(after, "maxUses") {
        Some("used more often than it allows".to_owned())
    } else if text(before, "status") != "open" {
        Some("used after it was revoked".to_owned())
    } else if writer.now >= number(before, "expiresAt") {
        Some("used after it has expired".to_owned())
    } else if writer.user.is_none() {
        Some("used by an operator".to_owned())
    } else {
        None
    }
}
