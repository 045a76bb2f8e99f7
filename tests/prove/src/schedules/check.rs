//! What a table must say after a schedule.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::backend::{RESENT, Told, tenant_id};
use super::schedule::{Attempt, BEGIN, Event, HERE, LENGTH, Schedule, email, sub};
use super::table::{Table, email_hash, hash, is_here, key, member_key, number, serves, text};

/// A token of another tenant than the one that the app asked for, or a join in one. A code is redeemed whatever was asked for.
pub(crate) fn other_tenant(attempt: &Attempt, told: &Told) -> Option<String> {
    let asked = tenant_id(attempt.tenant?);
    let tenant = match told {
        Told::Token(tenant) => tenant,
        Told::Joined(tenant) if attempt.code.is_none() => tenant,
        Told::Joined(_) | Told::Already | Told::Error(_) => return None,
    };
    (tenant != asked.as_str()).then(|| format!("{} asked for {asked} and got {tenant}", sub(attempt.user)))
}

/// The records that a call which succeeded must have left.
pub(crate) fn records_of_success(
    table: &Table,
    schedule: &Schedule,
    attempt: &Attempt,
    told: &Told,
) -> Vec<String> {
    let Told::Joined(tenant) = told else { return Vec::new() };
    let user = sub(attempt.user);
    let mut missing = Vec::new();
    if !table.contains_key(&member_key(&user, tenant)) {
        missing.push("membership");
    }
    // A member of another tenant keeps that one as the default, also without a profile.
    let was_member = schedule.members.iter().any(|(of, ..)| *of == attempt.user);
    let profile = table.get(&key(format!("USER#{HERE}#{user}"), "PROFILE"));
    if !was_member && profile.is_none_or(|profile| text(profile, "defaultTid").is_empty()) {
        missing.push("default tenant");
    }
    if !audits(table, tenant)
        .any(|item| is_join(item) && text(item, "actor") == format!("user:{HERE}:{user}"))
    {
        missing.push("audit item");
    }
    missing.into_iter().map(|what| format!("{user} joined {tenant}, and the {what} is missing")).collect()
}

fn audits<'t>(table: &'t Table, tenant: &str) -> impl Iterator<Item = &'t Value> {
    let pk = format!("TENANT#{tenant}");
    table.iter().filter(move |((of, sk), _)| *of == pk && sk.starts_with("AUDIT#")).map(|(_, item)| item)
}

fn is_join(audit: &Value) -> bool {
    ["invite.redeem", "idp.join"].contains(&text(audit, "action"))
}

/// What must add up at every moment.
pub(crate) fn sums(table: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    let mut uses: BTreeMap<&str, u64> = BTreeMap::new();
    let mut joined: BTreeSet<(String, &str)> = BTreeSet::new();
    for ((pk, sk), item) in table {
        if let (Some(hash), Some(user)) = (pk.strip_prefix("INVITE#"), sk.strip_prefix("USE#")) {
            *uses.entry(hash).or_default() += 1;
            joined.insert((user.replace('#', ":"), text(item, "tid")));
            let member = key(format!("USER#{user}"), format!("TENANT#{}", text(item, "tid")));
            if !table.contains_key(&member) {
                faults.push(format!("{user} used an invite and has no membership"));
            }
        }
    }
    let mut audited = 0;
    for ((pk, sk), item) in table {
        if let (Some(hash), "META") = (pk.strip_prefix("INVITE#"), sk.as_str()) {
            let (counted, found) = (number(item, "uses"), uses.get(hash).copied().unwrap_or_default());
            if counted != found || counted > number(item, "maxUses") {
                faults.push(format!(
                    "an invite counts {counted} uses of {}, and has {found}",
                    number(item, "maxUses")
                ));
            }
            faults.extend(pointer_fault(table, hash, item));
        }
        if let (Some(address), Some(tenant)) = (pk.strip_prefix("EMAIL#"), sk.strip_prefix("TENANT#")) {
            let invite = table.get(&key(format!("INVITE#{}", text(item, "h")), "META"));
            let is_open = |i: &Value| {
                text(i, "status") == "open"
                    && number(i, "uses") < number(i, "maxUses")
                    && text(i, "tid") == tenant
            };
            if !invite.is_some_and(is_open) {
                faults.push(format!("the pointer of {address} in {tenant} leads to no open invite"));
            }
        }
        if pk.starts_with("CELL#") && sk == "META" {
            let here = table.iter().filter(|((pk, sk), tenant)| {
                pk.starts_with("TENANT#")
                    && sk == "META"
                    && text(tenant, "cell") == text(item, "cell")
                    && text(tenant, "status") != "offboarded"
            });
            if here.count() as u64 != number(item, "tenants")
                || number(item, "tenants") > number(item, "capacity")
            {
                faults.push(format!("{pk} counts {} tenants", number(item, "tenants")));
            }
        }
        if sk.starts_with("AUDIT#") && text(item, "action") == "invite.redeem" {
            audited += 1;
            let actor = text(item, "actor").trim_start_matches("user:").to_owned();
            if !joined.contains(&(actor, text(item, "tid"))) {
                faults.push(format!("{} is audited for a use that does not exist", text(item, "actor")));
            }
        }
        if pk.starts_with("USER#") && sk == "PROFILE" {
            let member = key(pk.clone(), format!("TENANT#{}", text(item, "defaultTid")));
            if !table.contains_key(&member) {
                faults.push(format!("{pk}: the default tenant was never joined"));
            }
        }
    }
    let total: u64 = uses.values().sum();
    if audited != total {
        faults.push(format!("{total} uses of invites, and {audited} audit items of them"));
    }
    faults
}

/// A stamp that is recorded as written was in the user pool: the tenant, or another one of the user. Members from before
/// `since` were stamped before.
pub(crate) fn stamps(table: &Table, since: u64, stamped: &BTreeSet<(String, String)>) -> Vec<String> {
    let is_member = |user: &str, tenant: &str| table.contains_key(&member_key(user, tenant));
    let foreign = stamped.iter().filter(|(user, tenant)| !is_member(user, tenant));
    let foreign =
        foreign.map(|(user, tenant)| format!("{user}: stamped with {tenant}, without a membership"));
    let members = table.iter().filter(|((pk, sk), _)| pk.starts_with("USER#") && sk.starts_with("TENANT#"));
    let unwritten = members
        .filter(|(_, item)| text(item, "stamp") == "done" && number(item, "joinedAt") >= since)
        .filter_map(|((pk, _), _)| pk.rsplit('#').next())
        .filter(|user| !stamped.iter().any(|(of, _)| of == user))
        .map(|user| format!("{user}: the stamp is recorded as written, and the user pool does not have it"));
    foreign.chain(unwritten).collect()
}

/// An invite that was sent again has the uses that the old one had left.
pub(crate) fn resent(table: &Table, schedule: &Schedule) -> Vec<String> {
    let invite = |number| table.get(&key(invite_pk(number), "META"));
    let pairs =
        (0..schedule.invites.len()).filter_map(|old| Some((old, invite(old)?, invite(old + RESENT)?)));
    pairs
        .filter(|(_, old, new)| {
            text(old, "status") == "open"
                || number(old, "uses") + number(new, "maxUses") != number(old, "maxUses")
        })
        .map(|(old, ..)| {
            format!("the invite {old} was sent again, and does not share its uses with the new one")
        })
        .collect()
}

/// An open invite of an address can be found by the address.
fn pointer_fault(table: &Table, hash: &str, invite: &Value) -> Option<String> {
    let email = invite.get("email").and_then(Value::as_str)?;
    // Once it has expired, the pointer may lead to a newer one.
    let is_open = text(invite, "status") == "open"
        && number(invite, "uses") < number(invite, "maxUses")
        && BEGIN + LENGTH < number(invite, "expiresAt");
    let user = email.strip_prefix("user-")?.split('@').next()?.parse().ok()?;
    let pointer =
        table.get(&key(format!("EMAIL#{}", email_hash(user)), format!("TENANT#{}", text(invite, "tid"))));
    let leads_here = pointer.is_some_and(|pointer| text(pointer, "h") == hash);
    (is_open && !leads_here).then(|| format!("an open invite of {email} has no pointer"))
}

/// After the last calls, which met no fault: nobody is without what they are invited to.
pub(crate) fn nothing_lost(table: &Table, schedule: &Schedule, told: &[(Attempt, Told)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (attempt, told) in told {
        if *told == Told::Error("UNAVAILABLE") {
            faults.push(format!("{} is told UNAVAILABLE without a fault", sub(attempt.user)));
        }
        faults.extend(records_of_success(table, schedule, attempt, told));
    }
    for (attempt, last) in told.iter().filter(|(a, _)| a.code.is_none() && a.event == Event::SignIn) {
        let user = sub(attempt.user);
        let all: Vec<&Value> = of_user(table, &user).collect();
        let active = || all.iter().filter(|member| text(member, "status") == "active");
        let serving = active().filter(|member| tenant_of(table, member).is_some_and(serves)).count();
        if serving > 0 && serving == all.len() && !matches!(last, Told::Token(_)) {
            faults.push(format!("{user} is an active member and gets no token: {last:?}"));
        }
        let codes = told.iter().filter(|(a, _)| a.user == attempt.user).filter_map(|(a, _)| a.code);
        for number in codes {
            faults.extend(
                lost(table, &invite_pk(number), attempt.user)
                    .map(|why| format!("{user}, with a code: {why}")),
            );
        }
        let is_live = active().any(|member| tenant_of(table, member).is_some_and(is_here));
        if !is_live && !attempt.is_federated {
            let bound = table.iter().filter(|(_, item)| text(item, "email") == email(attempt.user));
            for ((pk, _), _) in bound {
                faults.extend(lost(table, pk, attempt.user).map(|why| format!("{user}, by address: {why}")));
            }
        }
        let is_confirmed = told.iter().any(|(other, told)| {
            other.user == attempt.user && matches!(told, Told::Joined(_) | Told::Already)
        });
        let unstamped = active().filter(|member| text(member, "stamp") != "done");
        for member in unstamped.filter(|member| is_confirmed && tenant_of(table, member).is_some_and(serves))
        {
            faults.push(format!("{user}: the stamp of {} is not written", text(member, "tid")));
        }
    }
    faults
}

fn of_user<'t>(table: &'t Table, user: &str) -> impl Iterator<Item = &'t Value> {
    let pk = format!("USER#{HERE}#{user}");
    table.iter().filter(move |((of, sk), _)| *of == pk && sk.starts_with("TENANT#")).map(|(_, item)| item)
}

fn tenant_of<'t>(table: &'t Table, member: &Value) -> Option<&'t Value> {
    table.get(&key(format!("TENANT#{}", text(member, "tid")), "META"))
}

fn invite_pk(number: usize) -> String {
    format!("INVITE#{}", hash(number).as_str())
}

/// Why an invite that the user could have redeemed is lost; `None`: the user has used it, or could not.
fn lost(table: &Table, pk: &str, user: usize) -> Option<String> {
    let item = table.get(&key(pk, "META"))?;
    let tenant = text(item, "tid");
    let is_open = text(item, "status") == "open"
        && number(item, "uses") < number(item, "maxUses")
        && BEGIN + LENGTH < number(item, "expiresAt");
    let is_for_user = item.get("email").is_none_or(|address| *address == email(user));
    let membership = table.get(&member_key(&sub(user), tenant));
    let may_join = membership.is_none_or(|membership| text(membership, "status") == "active");
    let serves = table.get(&key(format!("TENANT#{tenant}"), "META")).is_some_and(serves);
    let is_used = table.contains_key(&key(pk, format!("USE#{HERE}#{}", sub(user))));
    let is_lost = is_open && is_for_user && may_join && serves && !is_used;
    is_lost.then(|| format!("an open invite of {tenant} was not redeemed"))
}

/// The key of the first item that differs.
pub(crate) fn first_difference(before: &Table, after: &Table) -> Option<String> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    keys.into_iter().find(|key| before.get(*key) != after.get(*key)).map(|(pk, sk)| format!("{pk} / {sk}"))
}
