//! Whether an answer was possible: what it gives must have been so at some moment of the call, and what it refuses, too.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;
use tenancy::{EmailHash, InviteCode};

use super::TENANTS;
use super::clock::{Tick, now, seconds};
use super::weather::Weather;
use crate::schedules::schedule::HERE;
use crate::schedules::table::{is_here, key, member_key, number, serves, tenant_key, text, use_key};
use crate::schedules::watch::{Watch, is_active};

/// `TENANT_CACHE_SECONDS` and `ROUTE_CACHE_SECONDS`, as documented.
const CACHED: Tick = seconds(30);
/// The same, and `TENANT_STALE_SECONDS` or `ROUTE_STALE_SECONDS`: while the table cannot be read.
pub(crate) const STALE: Tick = seconds(630);
/// The router tries a read that failed again after so long.
const UNREADABLE: Tick = seconds(5);

/// One call of a function, and what is known.
pub(crate) struct Judge<'a> {
    pub(crate) function: &'static str,
    pub(crate) from: Tick,
    pub(crate) until: Tick,
    pub(crate) watch: &'a Watch,
    pub(crate) weather: &'a Weather,
}

/// What a token says of a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claims {
    pub(crate) tenant: String,
    tier: String,
    roles: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// What a user's call asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) sub: String,
    pub(crate) email: String,
    pub(crate) tenant: Option<String>,
    pub(crate) code: Option<InviteCode>,
    pub(crate) is_refresh: bool,
}

impl Claims {
    pub(crate) fn of_token(claims: &Value) -> Option<Self> {
        let texts = |name: &str| -> BTreeSet<String> {
            let list = claims.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Some(Self {
            tenant: claims.get("tenant_id")?.as_str()?.to_owned(),
            tier: text(claims, "tenant_tier").to_owned(),
            roles: texts("tenant_roles"),
            groups: texts("cognito:groups"),
        })
    }

    /// Of the reply of pre-token-generation. Both tokens must say the same.
    pub(crate) fn of_reply(reply: &Value) -> Result<Self, String> {
        let details = reply.pointer("/response/claimsAndScopeOverrideDetails");
        let details = details.ok_or("the reply has no claims")?;
        let groups = details.pointer("/groupOverrideDetails/groupsToOverride").cloned().unwrap_or_default();
        let of = |token: &str| {
            let mut claims = details.pointer(&format!("/{token}/claimsToAddOrOverride"))?.clone();
            claims.as_object_mut()?.insert("cognito:groups".to_owned(), groups.clone());
            Self::of_token(&claims)
        };
        match (of("idTokenGeneration"), of("accessTokenGeneration")) {
            (Some(id), Some(access)) if id == access => Ok(access),
            (id, access) => Err(format!("the ID token has {id:?}, the access token {access:?}")),
        }
    }
}

impl Judge<'_> {
    fn was(&self, key: &(String, String), is_so: impl Fn(Option<&Value>) -> bool) -> bool {
        self.watch.was(key, self.from, self.until, is_so)
    }

    fn was_member(&self, sub: &str, tenant: &str, is_so: impl Fn(Option<&Value>) -> bool) -> bool {
        self.was(&member_key(sub, tenant), is_so)
    }

    /// Whether the record of a tenant that the function may have used was so: one from the cache, too.
    fn was_tenant(&self, tenant: &str, is_so: impl Fn(Option<&Value>) -> bool) -> bool {
        let key = tenant_key(tenant);
        let is_unreadable = self.weather.struck(self.function, self.from, self.until);
        let is_unreadable = is_unreadable.iter().any(|fault| fault.keys.contains(&key.0));
        let age = if is_unreadable { STALE } else { CACHED };
        self.watch.was(&key, self.from.saturating_sub(age), self.until, is_so)
    }

    /// Whether the claims of a token were true.
    pub(crate) fn token(&self, wish: &Wish, claims: &Claims) -> Result<(), String> {
        let Claims { tenant, tier, roles, groups } = claims;
        let sub = &wish.sub;
        let has_roles = |member: Option<&Value>| {
            let listed = member.and_then(|member| member.get("roles")).and_then(Value::as_array);
            let listed: BTreeSet<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
            is_active(member) && listed.iter().eq(roles.iter())
        };
        if !self.was_member(sub, tenant, is_active) {
            return Err(format!("a token of {tenant} without an active membership"));
        }
        if !self.was_member(sub, tenant, has_roles) {
            return Err(format!("a token of {tenant} with roles that the member did not have: {roles:?}"));
        }
        let foreign = |name: &&String| !name.starts_with(&format!("{tenant}-"));
        if let Some(name) = roles.iter().chain(groups).find(foreign) {
            return Err(format!("a token of {tenant} with {name}"));
        }
        if !self.was_tenant(tenant, |t| t.is_some_and(|t| serves(t) && text(t, "tier") == tier)) {
            return Err(format!("a token of {tenant}, which was not active, or not {tier}"));
        }
        if wish.tenant.as_ref().is_some_and(|wanted| wanted != tenant) {
            return Err(format!("a token of {tenant}, and {:?} was asked for", wish.tenant));
        }
        let is_default = |p: Option<&Value>| p.is_none_or(|p| text(p, "defaultTid") == tenant);
        if wish.is_refresh && wish.tenant.is_none() && !self.was(&profile_key(sub), is_default) {
            return Err(format!("a refresh with a token of {tenant}, which is not the default tenant"));
        }
        Ok(())
    }

    /// Whether a confirmation could succeed.
    pub(crate) fn confirmed(&self, wish: &Wish) -> Result<(), String> {
        let is_member = TENANTS.iter().any(|tenant| self.was_member(&wish.sub, tenant, is_active));
        if is_member { Ok(()) } else { Err("a confirmation that made nobody a member".to_owned()) }
    }

    /// Why a user was refused.
    pub(crate) fn refusal(&self, wish: &Wish, code: &str) -> Result<(), String> {
        let requested = wish.tenant.as_deref();
        let any = |is_so: &dyn Fn(&str) -> bool| {
            TENANTS.iter().any(|tenant| requested.is_none_or(|wanted| wanted == *tenant) && is_so(tenant))
        };
        let was =
            |tenant: &str, is_so: &dyn Fn(Option<&Value>) -> bool| self.was_member(&wish.sub, tenant, is_so);
        let has_status = |wanted: &'static str| {
            move |item: Option<&Value>| item.is_some_and(|item| text(item, "status") == wanted)
        };
        let nothing_live = || {
            TENANTS.iter().all(|tenant| {
                was(tenant, &|member| !is_active(member))
                    || self.was_tenant(tenant, |tenant| !tenant.is_some_and(is_here))
            })
        };
        let is_explained = match code {
            "UNAVAILABLE" => self.has_failed(|key| self.is_about(wish, key)),
            "INVITE_REQUIRED" => match &wish.code {
                Some(code) => self.was_refusable(wish, code),
                None => nothing_live() && self.was_uninvited(wish),
            },
            "NO_TENANT" => nothing_live() && (wish.is_refresh || self.was_uninvited(wish)),
            "SUSPENDED" => any(&|tenant| {
                was(tenant, &has_status("suspended"))
                    || was(tenant, &is_active)
                        && self.was_tenant(tenant, |tenant| !tenant.is_some_and(serves))
            }),
            "WRONG_TENANT" => any(&|tenant| {
                was(tenant, &|member| !is_active(member) && !has_status("suspended")(member))
                    || self.was_tenant(tenant, |tenant| !tenant.is_some_and(is_here))
            }),
            "CHOOSE_TENANT" => wish.is_refresh && requested.is_none() && self.has_lost_default(&wish.sub),
            _ => false,
        };
        if is_explained {
            return Ok(());
        }
        Err(format!("{code} that no fault and no change explains"))
    }

    /// Whether the router could say so. `client`: the app client of the route.
    pub(crate) fn route(&self, tenant: &str, client: Option<&str>) -> Result<(), String> {
        let subjects = ["SLUG#", "TENANT#"].map(|kind| format!("{kind}{tenant}"));
        let early = Judge { from: self.from.saturating_sub(UNREADABLE), ..*self };
        let is_unreadable = early.has_failed(|key| subjects.iter().any(|subject| subject == key));
        let Some(client) = client else {
            let told = "503 that no fault explains".to_owned();
            return if is_unreadable { Ok(()) } else { Err(told) };
        };
        let age = if is_unreadable { STALE } else { CACHED };
        let leads_there = |tenant: Option<&Value>| {
            let cell = tenant.map(|tenant| text(tenant, "cell")).filter(|cell| !cell.is_empty());
            client == format!("client-{}", cell.unwrap_or("here"))
        };
        if self.watch.was(&tenant_key(tenant), self.from.saturating_sub(age), self.until, leads_there) {
            return Ok(());
        }
        Err(format!("a route of {tenant} to {client}"))
    }

    /// Whether the tenant and the membership in a good token were active, or not.
    pub(crate) fn gate(&self, sub: &str, tenant: &str, is_allowed: bool) -> Result<(), String> {
        let is_possible = if is_allowed {
            self.was_member(sub, tenant, is_active)
                && self.was_tenant(tenant, |tenant| tenant.is_some_and(serves))
        } else {
            self.was_member(sub, tenant, |member| !is_active(member))
                || self.was_tenant(tenant, |tenant| !tenant.is_some_and(serves))
        };
        let word = if is_allowed { "lets a user into" } else { "keeps an active member out of" };
        if is_possible { Ok(()) } else { Err(format!("the authorizer {word} {tenant}")) }
    }

    /// Whether a fault struck a request of this call: about a key of its own, or about what all users share.
    fn has_failed(&self, is_own: impl Fn(&str) -> bool) -> bool {
        let shared = ["TENANT#", "CLIENT#", "IDP#", "CELL"];
        let is_ours = |key: &String| is_own(key) || shared.iter().any(|kind| key.starts_with(kind));
        let faults = self.weather.struck(self.function, self.from, self.until);
        faults.iter().any(|fault| fault.keys.iter().any(is_ours))
    }

    /// Whether a user's call asks for this key, and no other user's does: the user, the address, and the invites of both the
    /// code and the address.
    fn is_about(&self, wish: &Wish, asked: &str) -> bool {
        if let Some(hash) = asked.strip_prefix("INVITE#") {
            let invite = self.watch.table.get(&key(asked, "META"));
            let is_of_address = invite.is_some_and(|invite| text(invite, "email") == wish.email);
            return is_of_address || wish.code.as_ref().is_some_and(|code| code.hash().as_str() == hash);
        }
        asked == format!("USER#{HERE}#{}", wish.sub) || email_key(&wish.email).is_some_and(|own| own == asked)
    }

    /// Whether an invite could be refused to the user.
    fn was_refusable(&self, wish: &Wish, code: &InviteCode) -> bool {
        let item = key(format!("INVITE#{}", code.hash().as_str()), "META");
        let Some(tenant) = self.watch.table.get(&item).map(|invite| text(invite, "tid")) else { return true };
        self.was(&item, |invite| !invite.is_some_and(|invite| is_usable(invite, &wish.email)))
            || self.was(&tenant_key(tenant), |tenant| !tenant.is_some_and(serves))
            || self.was_member(&wish.sub, tenant, |m| m.is_some_and(|m| text(m, "status") != "active"))
            || wish.tenant.as_ref().is_some_and(|wanted| wanted != tenant)
    }

    /// Whether the user had lost their default tenant, and another one was open to them.
    fn has_lost_default(&self, sub: &str) -> bool {
        let is_gone = |tenant: Option<&Value>| !tenant.is_some_and(is_here);
        let is_over =
            |tenant: Option<&Value>| tenant.is_some_and(|tenant| text(tenant, "status") == "offboarded");
        let is = |wanted: &'static str| {
            move |member: Option<&Value>| member.is_some_and(|member| text(member, "status") == wanted)
        };
        let is_lost = |tenant: &str| {
            self.was_member(sub, tenant, is("removed"))
                || self.was_member(sub, tenant, is("suspended")) && self.was_tenant(tenant, is_gone)
                || self.was_member(sub, tenant, is("active")) && self.was_tenant(tenant, is_over)
        };
        let is_open = |tenant: &str| {
            self.was_member(sub, tenant, is_active) && self.was_tenant(tenant, |tenant| !is_gone(tenant))
        };
        let was_default = |tenant: &str| {
            self.was(&profile_key(sub), |profile| {
                let default = profile.map(|profile| text(profile, "defaultTid")).unwrap_or_default();
                default.is_empty() || default == tenant
            })
        };
        TENANTS.iter().any(|lost| {
            is_lost(lost) && was_default(lost) && TENANTS.iter().any(|other| other != lost && is_open(other))
        })
    }

    /// Whether no invite waited for the user's address.
    fn was_uninvited(&self, wish: &Wish) -> bool {
        let Some(address) = email_key(&wish.email) else { return true };
        TENANTS.iter().all(|tenant| {
            let pointer = key(&address, format!("TENANT#{tenant}"));
            let hash = self.watch.table.get(&pointer).and_then(|pointer| pointer.get("h")?.as_str());
            let code = hash.map(|hash| key(format!("INVITE#{hash}"), "META"));
            self.was(&pointer, |pointer| pointer.is_none())
                || code.is_none_or(|invite| {
                    self.was(&invite, |invite| !invite.is_some_and(|i| is_usable(i, &wish.email)))
                })
                || self.was(&tenant_key(tenant), |tenant| !tenant.is_some_and(serves))
                || self.was_member(&wish.sub, tenant, |m| m.is_some())
        })
    }

    /// What led to a wrong answer: how the items were in the last minute, and which faults struck.
    pub(crate) fn story(&self, wish: &Wish) -> String {
        let mut lines = Vec::new();
        let from = self.from.saturating_sub(seconds(60));
        let member_of = |tenant: &&&str| self.watch.table.contains_key(&member_key(&wish.sub, tenant));
        let mut keys: Vec<(String, String)> = TENANTS
            .iter()
            .filter(member_of)
            .flat_map(|tenant| [member_key(&wish.sub, tenant), tenant_key(tenant)])
            .collect();
        keys.push(profile_key(&wish.sub));
        keys.extend(wish.code.iter().map(|code| key(format!("INVITE#{}", code.hash().as_str()), "META")));
        keys.extend(wish.code.iter().map(|code| use_key(&code.hash(), &wish.sub)));
        for key in keys {
            lines.extend(self.watch.story(&key, from, self.until));
        }
        for fault in self.weather.struck(self.function, self.from, self.until) {
            lines.push((fault.at, format!("{} of {} {:?}", fault.kind, fault.operation, fault.keys)));
        }
        lines.sort();
        let lines = lines.iter().map(|(at, line)| format!("    {}: {line}", super::clock::shown(*at)));
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn profile_key(sub: &str) -> (String, String) {
    key(format!("USER#{HERE}#{sub}"), "PROFILE")
}

fn is_usable(invite: &Value, email: &str) -> bool {
    text(invite, "status") == "open"
        && number(invite, "uses") < number(invite, "maxUses")
        && now().epoch_seconds() < number(invite, "expiresAt")
        && invite.get("email").is_none_or(|bound| bound == email)
}

fn email_key(email: &str) -> Option<String> {
    Some(format!("EMAIL#{}", EmailHash::of(&email.parse().ok()?).as_str()))
}
