//! Runs one schedule, then every user once more without faults, and judges what the table says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tenancy_aws::{CacheSettings, CachedStore};

use super::backend::{Backend, Configs, Told, Users, attempt};
use super::check;
use super::schedule::{Act, Attempt, BEGIN, Event, LENGTH, Schedule, sub};
use super::table::{Table, initial};
use super::turns::{End, Task, Turns, clock};
use super::watch::Watch;

/// How a call ended, and between which steps.
enum Ended {
    Attempt { told: Told, from: u64, until: u64 },
    Operation { is_done: bool },
}

/// What is counted over all schedules.
pub(crate) type Totals = BTreeMap<String, u64>;

/// Runs a schedule on the backend that `build` makes of its first table.
///
/// # Errors
///
/// What is wrong, in words.
pub(crate) fn run<B: Backend + Clone + 'static>(
    schedule: &Schedule,
    build: impl FnOnce(&Table, Arc<Mutex<Watch>>, Turns) -> Result<B, String>,
) -> Result<Totals, String> {
    // The client's tokens and waits.
    fastrand::seed(schedule.order);
    // The deadlines of calls need its clock. It drives nothing.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let _entered = runtime.enter();
    let table = initial(schedule);
    let turns = Turns::of(schedule.calls.iter().map(|call| call.faults.clone()));
    let watch = Arc::new(Mutex::new(Watch::of(schedule, &table, turns.clone())));
    let backend = build(&table, Arc::clone(&watch), turns.clone())?;
    let configs = Arc::new(Configs::read());
    let stamps: Arc<Mutex<BTreeSet<(String, String)>>> = Arc::default();
    let users = Users { turns: turns.clone(), stamps: Arc::clone(&stamps) };
    let cache = CacheSettings {
        fresh_for: Duration::from_secs(schedule.cached_for),
        stale_for: Duration::from_secs(schedule.cached_for),
    };
    let cached = Arc::new(CachedStore::new(backend.store(), cache, clock));
    let call = |act: &Act, at: u64| -> Task<Ended> {
        let (turns, configs, backend, act) =
            (turns.clone(), Arc::clone(&configs), backend.clone(), act.clone());
        let (users, cached, watch) = (users.clone(), Arc::clone(&cached), Arc::clone(&watch));
        Box::pin(async move {
            turns.turn().await;
            let from = turns.tick();
            watch.lock().unwrap_or_else(PoisonError::into_inner).begins();
            match act.attempt() {
                Some(wanted) => {
                    let stores = (&*cached, cached.store());
                    let told = attempt(wanted, at, &configs, stores, &users).await;
                    Ended::Attempt { told, from, until: turns.tick() }
                }
                None => Ended::Operation { is_done: backend.act(&act, at).await },
            }
        })
    };

    let tasks = schedule.calls.iter().map(|planned| call(&planned.act, planned.at)).enumerate();
    let ends = turns.run(tasks, &mut Rng::with_seed(schedule.order), schedule.sticks)?;

    let mut faults = Vec::new();
    let after = backend.snapshot()?;
    for (actor, (planned, end)) in schedule.calls.iter().zip(ends).enumerate() {
        let name = match (end, planned.act.attempt()) {
            (End::Crashed, _) => "crashed",
            (End::Ended(Ended::Operation { is_done: true }), _) => "a change by an operator",
            (End::Ended(Ended::Operation { is_done: false }), _) => "a change that was refused or failed",
            (End::Ended(Ended::Attempt { told, from, until }), Some(wanted)) => {
                let watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
                let user = sub(wanted.user);
                faults.extend(match &told {
                    Told::Token(tenant) => watch.token_fault(&user, tenant, from, until),
                    Told::Joined(tenant) => watch.join_fault(&user, tenant, from, until),
                    Told::Already | Told::Error(_) => None,
                });
                faults.extend(check::other_tenant(wanted, &told));
                if told == Told::Error("UNAVAILABLE") && !turns.is_struck(actor) {
                    faults.push(format!("{user} is told UNAVAILABLE, and no request of the call failed"));
                }
                faults.extend(check::records_of_success(&after, schedule, wanted, &told));
                told.name()
            }
            (End::Ended(Ended::Attempt { told, .. }), None) => told.name(),
        };
        turns.count(&format!("call: {name}"));
    }
    faults.extend(check::sums(&after));

    turns.set_free();
    let once_more = || -> Result<Vec<(Attempt, Told)>, String> {
        let mut told = Vec::new();
        for wanted in last_attempts(schedule) {
            let actor = schedule.calls.len() + wanted.user;
            let task = call(&Act::Attempt(wanted.clone()), LENGTH);
            match turns.run([(actor, task)], &mut Rng::with_seed(0), 0)?.pop() {
                Some(End::Ended(Ended::Attempt { told: ended, .. })) => told.push((wanted, ended)),
                _ => return Err("a call without faults does not end".to_owned()),
            }
        }
        Ok(told)
    };
    let told = once_more()?;
    let converged = backend.snapshot()?;
    faults.extend(check::sums(&converged));
    let stamped = stamps.lock().unwrap_or_else(PoisonError::into_inner).clone();
    faults.extend(check::stamps(&converged, BEGIN, &stamped));
    faults.extend(check::resent(&converged, schedule));
    faults.extend(check::nothing_lost(&converged, schedule, &told));
    once_more()?;
    if let Some(key) = check::first_difference(&converged, &backend.snapshot()?) {
        faults.push(format!("one more call changes a table that should be at rest: {key}"));
    }
    faults.append(&mut watch.lock().unwrap_or_else(PoisonError::into_inner).faults);
    if faults.is_empty() { Ok(turns.take_totals()) } else { Err(faults.join("\n")) }
}

/// Every user once more: a sign-in with each code that the user has, one without, and a confirmation. It comes last, because a
/// join at a sign-in leaves its stamp to the next confirmation.
fn last_attempts(schedule: &Schedule) -> Vec<Attempt> {
    let mut last = Vec::new();
    for user in 0..schedule.users {
        let of_user =
            || schedule.calls.iter().filter_map(|call| call.act.attempt()).filter(|a| a.user == user);
        let Some(any) = of_user().next() else { continue };
        let codes: BTreeSet<usize> = of_user().filter_map(|attempt| attempt.code).collect();
        let mut add = |event, code| last.push(Attempt { event, code, tenant: None, ..any.clone() });
        for code in &codes {
            add(Event::SignIn, Some(*code));
        }
        add(Event::SignIn, None);
        add(Event::Confirmation, codes.first().copied());
    }
    last
}
