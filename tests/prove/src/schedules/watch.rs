//! Looks at every write while a schedule runs: what no moment may show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schedule::{BEGIN, Call, HERE, LENGTH, Schedule, sub};
use super::table::{Table, key, member_key, number, serves, tenant_key, text};
use super::turns::Turns;

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    /// `None`: an operator.
    pub(crate) user: Option<String>,
    pub(crate) now: u64,
    /// The tick of the call's first step.
    pub(crate) began: u64,
}

/// The key of an item, and the item after a write. `None`: it was deleted.
pub(crate) type Written = ((String, String), Option<Value>);

/// What an item was from a moment on. `None`: it was not there.
type State = (u64, Option<Value>);

/// An item before and after a write.
#[derive(Clone, Copy)]
struct Edit<'a> {
    pk: &'a str,
    sk: &'a str,
    before: &'a Value,
    after: &'a Value,
}

#[derive(Debug)]
pub(crate) struct Watch {
    writers: Vec<Writer>,
    pub(crate) table: Table,
    history: BTreeMap<(String, String), Vec<State>>,
    /// Of a schedule.
    turns: Option<Turns>,
    /// For how many ticks a tenant may be cached after its answer came.
    cached_for: u64,
    /// The ticks at which the default tenants of users were written.
    defaults: BTreeMap<String, u64>,
    pub(crate) faults: Vec<String>,
}

impl Watch {
    pub(crate) fn of(schedule: &Schedule, table: &Table, turns: Turns) -> Self {
        let writer = |call: &Call| Writer {
            user: call.act.attempt().map(|attempt| sub(attempt.user)),
            now: BEGIN + call.at,
            began: 0,
        };
        // After the calls, every user is a writer once more.
        let once_more = |user| Writer { user: Some(sub(user)), now: BEGIN + LENGTH, began: 0 };
        let writers = schedule.calls.iter().map(writer).chain((0..schedule.users).map(once_more)).collect();
        // As long again while the table cannot be read.
        Self { writers, turns: Some(turns), ..Self::of_table(table, 2 * schedule.cached_for) }
    }

    pub(crate) fn of_table(table: &Table, cached_for: u64) -> Self {
        let mut watch = Self {
            writers: Vec::new(),
            table: table.clone(),
            history: BTreeMap::new(),
            turns: None,
            cached_for,
            defaults: BTreeMap::new(),
            faults: Vec::new(),
        };
        for (key, item) in table {
            watch.note(key, Some(item), 0);
        }
        watch
    }

    /// The call whose turn it is makes its first step.
    pub(crate) fn begins(&mut self) {
        let Some(turns) = &self.turns else { return };
        if let Some(writer) = self.writers.get_mut(turns.current()) {
            writer.began = turns.tick();
        }
    }

    /// Notes the items of one transaction of the call whose turn it is.
    pub(crate) fn wrote(&mut self, written: Vec<Written>) {
        let Some(turns) = &self.turns else { return };
        let (tick, writer) = (turns.tick(), self.writers.get(turns.current()).cloned());
        if let Some(writer) = writer {
            self.wrote_by(&writer, tick, written);
        }
    }

    /// Notes the items of one transaction.
    pub(crate) fn wrote_by(&mut self, writer: &Writer, tick: u64, written: Vec<Written>) {
        self.faults.extend(self.faults_of(writer, tick, &written));
        for ((pk, sk), item) in written {
            self.note(&(pk.clone(), sk.clone()), item.as_ref(), tick);
            let before = self.table.get(&(pk.clone(), sk.clone()));
            if sk == "PROFILE" && before.map(default_of) != item.as_ref().map(default_of) {
                self.defaults.insert(pk.clone(), tick);
            }
            match item {
                Some(item) => drop(self.table.insert((pk, sk), item)),
                None => drop(self.table.remove(&(pk, sk))),
            }
        }
    }

    fn faults_of(&self, writer: &Writer, tick: u64, written: &[Written]) -> Vec<String> {
        let edits: Vec<Edit<'_>> = written
            .iter()
            .map(|(key, after)| Edit {
                pk: &key.0,
                sk: &key.1,
                before: self.table.get(key).unwrap_or(&Value::Null),
                after: after.as_ref().unwrap_or(&Value::Null),
            })
            .collect();
        let of_edit = |edit: &Edit<'_>| {
            let fault = match (edit.pk.split('#').next(), edit.sk) {
                (Some("INVITE"), "META") => invite_fault(writer, *edit, &edits).or(match writer.user {
                    None => self.issue_fault(*edit),
                    Some(_) => None,
                }),
                (Some("INVITE"), _) => use_fault(*edit, &edits),
                (Some("USER"), "PROFILE") => self.default_fault(writer, *edit, &edits, tick),
                (Some("USER"), _) => membership_fault(writer, *edit)
                    .or(version_fault(*edit))
                    .or(self.right_fault(writer, *edit, &edits)),
                (Some("CELL"), "META") => cell_fault(*edit),
                (Some("TENANT"), "META") => version_fault(*edit),
                _ => None,
            };
            fault.map(|fault| format!("{} / {}: {fault}", edit.pk, edit.sk))
        };
        edits.iter().filter_map(of_edit).collect()
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

    fn was_always(&self, key: &(String, String), from: u64, is_so: impl Fn(Option<&Value>) -> bool) -> bool {
        !self.was(key, from, u64::MAX, |item| !is_so(item))
    }

    /// The first tick at which a tenant may have been read that a call knows at `tick`.
    fn may_be_read_at(&self, tick: u64) -> u64 {
        tick.saturating_sub(self.cached_for + self.turns.as_ref().map_or(0, Turns::slowest))
    }

    /// What is wrong with a token of `tenant` that a call from tick to tick gave to a user. The tenant may have been cached, the
    /// membership not.
    pub(crate) fn token_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        if !self.was(&member_key(sub, tenant), from, until, is_active) {
            return Some(format!("{sub} got a token of {tenant} without an active membership"));
        }
        self.join_fault(sub, tenant, self.may_be_read_at(from), until)
    }

    /// What is wrong if a call made the user a member of `tenant`.
    pub(crate) fn join_fault(&self, sub: &str, tenant: &str, from: u64, until: u64) -> Option<String> {
        let served = self.was(&tenant_key(tenant), from, until, is_serving);
        (!served).then(|| {
            format!("{sub} got into {tenant}, which was not active in this pool at any moment of the call")
        })
    }

    fn tenant_item(&self, id: &str) -> &Value {
        self.table.get(&tenant_key(id)).unwrap_or(&Value::Null)
    }

    /// A user gets the roles of the invite or the identity provider by which the membership is written, in its tenant, and
    /// keeps those that were there. An operator adds nobody to an offboarded tenant.
    fn right_fault(&self, writer: &Writer, edit: Edit<'_>, edits: &[Edit<'_>]) -> Option<String> {
        let tenant = edit.sk.trim_start_matches("TENANT#");
        let (was, is) = (roles(edit.before), roles(edit.after));
        let is_activated = text(edit.before, "status") != "active" && text(edit.after, "status") == "active";
        if writer.user.is_none() {
            let is_over = text(self.tenant_item(tenant), "status") == "offboarded";
            return (is_activated && is_over).then(|| "active in an offboarded tenant".to_owned());
        }
        if was == is && !is_activated {
            return None;
        }
        let invite = edits.iter().find(|edit| edit.pk.starts_with("INVITE#") && edit.sk == "META");
        let by_provider = edits.iter().any(|edit| text(edit.after, "action") == "idp.join");
        let provider = self.table.iter().find(|((pk, _), _)| by_provider && pk.starts_with("IDP#"));
        let right = match (invite, provider) {
            (Some(invite), _) => invite.before,
            (None, Some((_, provider))) if provider.get("join") == Some(&Value::Bool(true)) => provider,
            _ => {
                return Some("written without an invite, and without a provider whose users join".to_owned());
            }
        };
        if text(right, "tid") != tenant {
            return Some(format!("written by what leads to {}", text(right, "tid")));
        }
        let given = roles(right);
        if !was.is_subset(&is) {
            return Some("a join took roles away".to_owned());
        }
        is.difference(&was).any(|role| !given.contains(role)).then(|| "roles that nobody gave".to_owned())
    }

    /// A call moves the default tenant to a membership, and only from a tenant that the user was not live in at some moment
    /// since it was written. The tenant itself is read once in a call, and may have been cached.
    fn default_fault(
        &self,
        writer: &Writer,
        edit: Edit<'_>,
        edits: &[Edit<'_>],
        tick: u64,
    ) -> Option<String> {
        let (was, is) = (default_of(edit.before), default_of(edit.after));
        let member = format!("TENANT#{is}");
        let is_member = self.table.contains_key(&key(edit.pk, member.as_str()))
            || edits.iter().any(|other| other.pk == edit.pk && other.sk == member);
        if was == is || !is_member {
            return (!is_member).then(|| format!("default {is}, without a membership"));
        }
        let written = self.defaults.get(edit.pk).copied().unwrap_or_default();
        let began = self.may_be_read_at(writer.began.min(tick));
        let was_live = self.was_always(&key(edit.pk, format!("TENANT#{was}")), written, is_active)
            && self.was_always(&tenant_key(was), began, is_serving);
        (writer.user.is_some() && was_live).then(|| format!("default {was} -> {is}, and {was} was live"))
    }

    /// An operator makes a new invite of an active tenant, and revokes an invite once.
    fn issue_fault(&self, edit: Edit<'_>) -> Option<String> {
        if edit.before.is_null() {
            let status = text(self.tenant_item(text(edit.after, "tid")), "status");
            return (status != "active").then(|| format!("a new invite of a tenant that is {status}"));
        }
        (text(edit.before, "status") != "open").then(|| "revoked twice, or opened again".to_owned())
    }
}

/// Whether a membership is there and active.
pub(crate) fn is_active(membership: Option<&Value>) -> bool {
    membership.is_some_and(|membership| text(membership, "status") == "active")
}

fn is_serving(tenant: Option<&Value>) -> bool {
    tenant.is_some_and(serves)
}

/// Each change of a membership or a tenant counts its version by one, so no change was overwritten.
fn version_fault(edit: Edit<'_>) -> Option<String> {
    let names = ["roles", "status", "cell", "pools"];
    let is_changed = names.iter().any(|name| edit.before.get(name) != edit.after.get(name));
    let (was, is) = (number(edit.before, "ver"), number(edit.after, "ver"));
    (is_changed && is != was + 1).then(|| format!("version {was} -> {is}"))
}

fn default_of(profile: &Value) -> &str {
    text(profile, "defaultTid")
}

fn roles(item: &Value) -> BTreeSet<&str> {
    let roles = item.get("roles").or(item.get("defaultRoles")).and_then(Value::as_array);
    roles.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn membership_fault(writer: &Writer, edit: Edit<'_>) -> Option<String> {
    let (was, is) = (text(edit.before, "status"), text(edit.after, "status"));
    let Some(sub) = &writer.user else {
        let is_removed = was == "removed" && is == "suspended";
        return is_removed.then(|| "suspended, while removed".to_owned());
    };
    if edit.pk != format!("USER#{HERE}#{sub}") {
        return Some(format!("written by {sub}"));
    }
    if edit.after.is_null() {
        return Some("deleted by a sign-in".to_owned());
    }
    match was {
        "" | "active" if is == "active" => None,
        // The note of a stamp, which changes nothing else.
        was if was == is => {
            (edit.before.get("roles") != edit.after.get("roles")).then(|| format!("roles, while {is}"))
        }
        was => Some(format!("{was:?} -> {is} without an operator")),
    }
}

/// A use is written once, with the membership in the invite's tenant.
fn use_fault(edit: Edit<'_>, edits: &[Edit<'_>]) -> Option<String> {
    let joins = |other: &&Edit<'_>| other.sk == format!("TENANT#{}", text(edit.after, "tid"));
    if !edit.before.is_null() {
        Some("a second use of one invite by one user".to_owned())
    } else if !edits.iter().any(|other| other.pk == edit.pk && other.sk == "META") {
        Some("a use that the invite does not count".to_owned())
    } else if !edits.iter().any(|other| joins(&other)) {
        Some("a use without a membership".to_owned())
    } else {
        None
    }
}

fn invite_fault(writer: &Writer, edit: Edit<'_>, edits: &[Edit<'_>]) -> Option<String> {
    let Edit { before, after, .. } = edit;
    if after.is_null() {
        return Some("deleted".to_owned());
    }
    let is_used = edits.iter().any(|other| other.pk == edit.pk && other.sk.starts_with("USE#"));
    let (was, is) = (number(before, "uses"), number(after, "uses"));
    if is == was {
        return is_used.then(|| "a use that is not counted".to_owned());
    }
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

/// A cell takes tenants while it is open and has room, and has none when it is closed.
fn cell_fault(edit: Edit<'_>) -> Option<String> {
    let (was, is) = (number(edit.before, "tenants"), number(edit.after, "tenants"));
    let status = text(edit.after, "status");
    if is > was && text(edit.before, "status") != "open" {
        Some(format!("takes a tenant while it is {status}"))
    } else if is > number(edit.after, "capacity") {
        Some("takes more tenants than fit".to_owned())
    } else if status == "closed" && is > 0 {
        Some("closed with tenants".to_owned())
    } else {
        None
    }
}
