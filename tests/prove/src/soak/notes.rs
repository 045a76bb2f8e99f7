//! What is known of a run so far, and what was wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dev_stack::functions::{AUTHORIZER, POST_CONFIRMATION, ROUTER};
use dev_stack::{DevStackError, Invocation};
use serde_json::Value;

use super::clock::{Tick, now, seconds, shown, tick};
use super::gauges::Times;
use super::judge::{Claims, Judge, Wish};
use super::store::Store;
use super::weather::Weather;
use crate::schedules::table::text;

/// Calls before it are not timed: processes start.
const TIMED_FROM: Tick = seconds(5);

pub(crate) struct Notes {
    pub(crate) store: Store,
    pub(crate) weather: Arc<Weather>,
    /// App clients that are bound to a tenant.
    pub(crate) bound: BTreeMap<String, String>,
    totals: Mutex<BTreeMap<String, u64>>,
    times: Mutex<Times>,
    stalls: Mutex<Vec<(Tick, Tick)>>,
    failures: Mutex<Vec<String>>,
}

/// How a call of a function ended, and when.
pub(crate) struct Ended {
    pub(crate) function: &'static str,
    pub(crate) from: Tick,
    pub(crate) until: Tick,
    pub(crate) result: Result<Invocation, DevStackError>,
}

impl Ended {
    fn span(&self) -> (Tick, Tick) {
        (self.from, self.until)
    }
}

/// A token that is shown to the authorizer.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) sub: String,
    pub(crate) tenant: String,
    /// Seconds since 1970.
    pub(crate) expires_at: u64,
    /// Nobody may get in with it, whatever it says.
    pub(crate) is_forged: bool,
}

impl Notes {
    pub(crate) fn new(store: Store, weather: Arc<Weather>, bound: BTreeMap<String, String>) -> Self {
        let (totals, times, stalls, failures) = Default::default();
        Self { store, weather, bound, totals, times, stalls, failures }
    }

    pub(crate) fn count(&self, name: &str) {
        *lock(&self.totals).entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn totals(&self) -> BTreeMap<String, u64> {
        lock(&self.totals).clone()
    }

    pub(crate) fn times(&self) -> Times {
        lock(&self.times).clone()
    }

    /// How often the machine stood still, and how long at most.
    pub(crate) fn stalls(&self) -> (usize, Tick) {
        let stalls = lock(&self.stalls);
        (stalls.len(), stalls.iter().map(|(from, until)| until - from).max().unwrap_or_default())
    }

    pub(crate) fn stalled(&self, stall: (Tick, Tick)) {
        lock(&self.stalls).push(stall);
    }

    pub(crate) fn fail(&self, told: String) {
        lock(&self.failures).push(told);
    }

    /// What was wrong so far, with what the watcher of the table has seen.
    pub(crate) fn failures(&self) -> Vec<String> {
        let seen = std::mem::take(&mut self.store.watch().faults);
        let mut failures = lock(&self.failures);
        failures.extend(seen.into_iter().map(|fault| format!("{}, in the table: {fault}", shown(tick()))));
        failures.clone()
    }

    /// Whether the machine stood still meanwhile. It is counted.
    pub(crate) fn is_stall(&self, from: Tick, until: Tick) -> bool {
        let is_stall = lock(&self.stalls).iter().any(|stall| stall.0 <= until && from <= stall.1);
        if is_stall {
            self.count("stall: a failure while the machine stood still");
        }
        is_stall
    }

    /// Judges a call of one of the triggers.
    pub(crate) fn trigger(&self, wish: &Wish, ended: &Ended) {
        self.store.end(&wish.sub, ended.from);
        let kind = match ended.function {
            POST_CONFIRMATION => "redemption",
            _ if wish.is_refresh => "refresh",
            _ => "sign-in",
        };
        let judged = self.judged(ended.function, ended.span(), wish, |judge| match &ended.result {
            Ok(Invocation::Ok(_)) if kind == "redemption" => ("confirmed", judge.confirmed(wish)),
            Ok(Invocation::Ok(reply)) => {
                let reply = serde_json::from_slice(reply).unwrap_or_default();
                ("a token", Claims::of_reply(&reply).and_then(|claims| judge.token(wish, &claims)))
            }
            Ok(Invocation::FunctionError(error)) => {
                let code = known(&error.error_type);
                (code, judge.refusal(wish, &error.error_type))
            }
            other => ("failed", Err(format!("{other:?}"))),
        });
        self.note(kind, ended, judged);
    }

    /// Judges a call of the authorizer.
    pub(crate) fn gate(&self, token: &Shown, ended: &Ended) {
        let wish = Wish { sub: token.sub.clone(), ..Wish::default() };
        let seconds_ago = (ended.until - ended.from) / 1_000_000 + 1;
        let (before, after) =
            (now().epoch_seconds().saturating_sub(seconds_ago), now().epoch_seconds().saturating_add(1));
        let judged = self.judged(ended.function, ended.span(), &wish, |judge| {
            let answer: Value = match &ended.result {
                Ok(Invocation::Ok(answer)) => serde_json::from_slice(answer).unwrap_or_default(),
                Ok(Invocation::FunctionError(_)) => return ("500", judge.refusal(&wish, "UNAVAILABLE")),
                other => return ("failed", Err(format!("{other:?}"))),
            };
            let is_allowed = answer.get("isAuthorized") == Some(&Value::Bool(true));
            let name = if is_allowed { "let in" } else { "403" };
            let context = |name: &str| answer.pointer(&format!("/context/{name}")).and_then(Value::as_str);
            let is_same = !is_allowed
                || (context("tenantId"), context("sub")) == (Some(&*token.tenant), Some(&*token.sub));
            let verdict = if is_allowed && token.is_forged {
                Err("a token that the pool has not issued is let in".to_owned())
            } else if is_allowed && token.expires_at < before {
                Err("an expired token is let in".to_owned())
            } else if !is_same {
                Err(format!("the API is told {answer} for a token of {}", token.tenant))
            } else if token.is_forged || (!is_allowed && token.expires_at <= after) {
                // An HTTP API is told the same of every bad token.
                Ok(())
            } else {
                judge.gate(&token.sub, &token.tenant, is_allowed)
            };
            (name, verdict)
        });
        self.note(AUTHORIZER, ended, judged);
    }

    /// Judges a call of the router for the slug of a tenant, which is its id.
    pub(crate) fn route(&self, tenant: &str, ended: &Ended) {
        let judged = self.judged(ended.function, ended.span(), &Wish::default(), |judge| {
            let Ok(Invocation::Ok(answer)) = &ended.result else {
                return ("failed", Err(format!("{:?}", ended.result)));
            };
            let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
            let body: Value = serde_json::from_str(text(&answer, "body")).unwrap_or_default();
            match answer.get("statusCode").and_then(Value::as_u64) {
                Some(200) => ("a route", judge.route(tenant, Some(text(&body, "clientId")))),
                Some(503) => ("503", judge.route(tenant, None)),
                _ => ("failed", Err(answer.to_string())),
            }
        });
        self.note(ROUTER, ended, judged);
    }

    /// Whether the claims of a token that a user got were true while Cognito made it.
    pub(crate) fn token(&self, function: &'static str, from: Tick, wish: &Wish, claims: &Value) {
        let (_, verdict) = self.judged(function, (from, tick()), wish, |judge| {
            let claims = Claims::of_token(claims).ok_or_else(|| "a token without a tenant".to_owned());
            ("", claims.and_then(|claims| judge.token(wish, &claims)))
        });
        if let Err(told) = verdict {
            self.fail(told);
        }
    }

    fn judged(
        &self,
        function: &'static str,
        (from, until): (Tick, Tick),
        wish: &Wish,
        judge: impl FnOnce(&Judge<'_>) -> (&'static str, Result<(), String>),
    ) -> (&'static str, Result<(), String>) {
        let watch = self.store.watch();
        let court = Judge { function, from, until, watch: &watch, weather: &self.weather };
        let (name, verdict) = judge(&court);
        let told = |what: String| {
            let (from, until) = (shown(from), shown(until));
            format!("{from} to {until}, {function}: {what}\n    {wish:?}\n{}", court.story(wish))
        };
        (name, verdict.map_err(told))
    }

    fn note(&self, kind: &'static str, ended: &Ended, (name, verdict): (&'static str, Result<(), String>)) {
        self.count(&format!("{kind}: {name}"));
        let (from, until) = ended.span();
        if from > TIMED_FROM && self.weather.was_quiet(from, until) {
            lock(&self.times).entry(kind).or_default().push((from, until - from));
        }
        if let Err(told) = verdict
            && !(["UNAVAILABLE", "500", "503"].contains(&name) && self.is_stall(from, until))
        {
            self.fail(told);
        }
    }

    /// What the event of a trigger asks for. The call begins.
    pub(crate) fn begin(&self, event: &[u8]) -> (Tick, Wish) {
        let event: Value = serde_json::from_slice(event).unwrap_or_default();
        let at = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let client = at("/callerContext/clientId").unwrap_or_default();
        let wish = Wish {
            sub: at("/request/userAttributes/sub").unwrap_or_default(),
            email: at("/request/userAttributes/email").unwrap_or_default(),
            tenant: self.bound.get(&client).cloned().or_else(|| at("/request/clientMetadata/tenantId")),
            code: at("/request/clientMetadata/inviteCode").and_then(|code| code.parse().ok()),
            is_refresh: text(&event, "triggerSource") == "TokenGeneration_RefreshTokens",
        };
        (self.store.begin(&wish.sub, wish.is_refresh), wish)
    }
}

fn known(code: &str) -> &'static str {
    const CODES: [&str; 6] =
        ["INVITE_REQUIRED", "NO_TENANT", "WRONG_TENANT", "CHOOSE_TENANT", "SUSPENDED", "UNAVAILABLE"];
    CODES.into_iter().find(|known| *known == code).unwrap_or("another error")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
