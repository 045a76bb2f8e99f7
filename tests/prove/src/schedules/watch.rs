//! Looks at every write while a schedule runs: what no moment may show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schedule::{BEGIN, Call, HERE, LENGTH, Schedule, sub};
use super::table::{Table, member_key, number, serves, tenant_key, text};

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    /// `None`: an operator.
    pub(crate) user: Option<String>,
    pub(crate) now: u64,
}

/// The key of an item, and the item after a write. `None`: it was deleted.
pub(crate) type Written = ((String, String), Option<Value>);

/// What an item was from a moment on. `None`: it was not there.
type State = (u64, Option<Value>);

#[derive(Debug)]
pub(crate) struct Watch {
    writers: Vec<Writer>,
    pub(crate) table: Table,
    history: BTreeMap<(String, String), Vec<State>>,
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
        Self { writers, ..Self::of_table(table) }
    }

    pub(crate) fn of_table(table: &Table) -> Self {
        let (writers, history, faults) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut watch = Self { writers, table: table.clone(), history, faults };
        for (key, item) in table {
            watch.note(key, Some(item), 0);
        }
        watch
    }

    /// Notes the items of one transaction of a schedule's actor.
    pub(crate) fn wrote(&mut self, actor: usize, tick: u64, written: Vec<Written>) {
        if let Some(writer) = self.writers.get(actor).cloned() {
            self.wrote_by(&writer, tick, written);
        }
    }

    /// Notes the items of one transaction.
    pub(crate) fn wrote_by(&mut self, writer: &Writer, tick: u64, written: Vec<Written>) {
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
                let fault = membership_fault(writer, &pk, before, item.as_ref());
                self.faults.extend(fault.map(|fault| format!("{pk} / {sk}: {fault}")));
            }
            if pk.starts_with("INVITE#") && sk == "META" {
                let fault = invite_fault(writer, before, item.as_ref(), uses.remove(&pk));
                self.faults.extend(fault.map(|fault| format!("an invite of {}: {fault}", text_of(before))));
            }
            self.note(&(pk.clone(), sk.clone()), item.as_ref(), tick);
            match item {
                Some(item) => drop(self.table.insert((pk, sk), item)),
                None => drop(self.table.remove(&(pk, sk))),
            }
        }
        if !uses.is_empty() {
            self.faults.push("a use of an invite that the invite does not count".to_owned());
        }
    }

    /// Uses and audit items are written once, and nobody asks what they were.
    fn note(&mut self, key: &(String, String), item: Option<&Value>, tick: u64) {
        if !key.1.starts_with("USE#") && !key.1.starts_with("AUDIT#") {
            self.history.entry(key.clone()).or_default().push((tick, item.cloned()));
        }
    }

    /// Whether an item was so at any moment from tick to tick.
    pub(crate) fn was(
        &self,
        key: &(String, String),
        from: u64,
        until: u64,
        is_so: impl Fn(Option<&Value>) -> bool,
    ) -> bool {
        let history = self.history.get(key).map(Vec::as_slice).unwrap_or_default();
        let later = history.partition_point(|(tick, _)| *tick <= from);
        let (before, after) = history.split_at(later);
        is_so(before.last().and_then(|(_, item)| item.as_ref()))
            || after.iter().take_while(|(tick, _)| *tick <= until).any(|(_, item)| is_so(item.as_ref()))
    }

    /// How an item was, and how it became, from tick to tick.
    pub(crate) fn story(&self, key: &(String, String), from: u64, until: u64) -> Vec<(u64, String)> {
        let history = self.history.get(key).map(Vec::as_slice).unwrap_or_default();
        let before = history.iter().rev().find(|(tick, _)| *tick < from);
        let after = history.iter().filter(|(tick, _)| (from..=until).contains(tick));
        let told = |(tick, item): &State| {
            let names = ["status", "roles", "pools", "defaultTid", "uses", "maxUses"];
            let said = |name: &&str| Some(format!("{name} {}", item.as_ref()?.get(*name)?));
            let is_tenant = key.1 == "META" && key.0.starts_with("TENANT#");
            // The roles of a tenant are long, and stay.
            let names = names.iter().filter(|name| !(is_tenant && **name == "roles"));
            let said: Vec<String> = names.filter_map(said).collect();
            (*tick, format!("{} {}: {}", key.0, key.1, said.join(", ")))
        };
        before.into_iter().chain(after).map(told).collect()
    }

    /// Whether a call from tick to tick may give a token of `tenant` to a user, or make the user a member of it.
    pub(crate) fn token_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        if !self.was(&member_key(sub, tenant), from, until, is_active) {
            return Some(format!("{sub} got a token of {tenant} without an active membership"));
        }
        self.join_fault(sub, tenant, from, until)
    }

    pub(crate) fn join_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        let served = self.was(&tenant_key(tenant), from, until, |tenant| tenant.is_some_and(serves));
        (!served).then(|| {
            format!("{sub} got into {tenant}, which was not active in this pool at any moment of the call")
        })
    }
}

/// Whether a membership is there and active.
pub(crate) fn is_active(membership: Option<&Value>) -> bool {
    membership.is_some_and(|membership| text(membership, "status") == "active")
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
