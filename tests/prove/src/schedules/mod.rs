//! Redemption under concurrency, faults and crashes: random schedules of users and operators on one table.

mod backend;
pub(crate) mod check;
mod model;
mod random;
mod run;
pub(crate) mod schedule;
pub(crate) mod table;
mod turns;
pub(crate) mod watch;
mod wire;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use model::Model;
use run::{Totals, run};
use schedule::Schedule;
use wire::Adapter;

use crate::Size;

/// Schedules on the model for each one on the real adapter.
const MODELLED: u64 = 10;

/// How many orders of the steps are tried for each schedule while a failure is shrunk.
const ORDERS: u64 = 10;

const LONGEST_SHRINKING: Duration = Duration::from_mins(1);

/// Runs `count` schedules on the real adapter, and [`MODELLED`] times as many on the model. `false`: one of them broke a rule.
pub(crate) fn prove(size: Size) -> bool {
    let config = match wire::config() {
        Ok(config) => config,
        Err(error) => {
            println!("schedules: {error}");
            return false;
        }
    };
    let modelled = Size { count: size.count.saturating_mul(MODELLED), ..size };
    let on_model =
        |schedule: &Schedule| run(schedule, |table, watch, turns| Ok(Model::new(table, watch, turns)));
    let on_engine =
        |schedule: &Schedule| run(schedule, |table, watch, turns| Adapter::new(table, watch, turns, &config));
    many("schedules on a model", modelled, &on_model)
        && many("schedules on the real adapter and engine", size, &on_engine)
}

type Try<'a> = &'a (dyn Fn(&Schedule) -> Result<Totals, String> + Sync);

/// Runs schedules on all cores and prints what came out.
fn many(name: &str, size: Size, try_one: Try<'_>) -> bool {
    let (next, has_failed, totals) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(Totals::new()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= size.count || has_failed.load(Ordering::Relaxed) {
                return;
            }
            let seed = size.seed.wrapping_add(number);
            let schedule = Schedule::random(&mut Rng::with_seed(seed));
            match try_one(&schedule) {
                Ok(found) => {
                    let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                    let own = [("schedules".to_owned(), 1), ("users".to_owned(), schedule.users as u64)];
                    for (name, count) in found.into_iter().chain(own) {
                        *totals.entry(name).or_default() += count;
                    }
                }
                Err(told) => {
                    if !has_failed.swap(true, Ordering::Relaxed) {
                        report(seed, schedule, told, try_one);
                    }
                }
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    print(name, size.seed, &totals);
    let is_right = !has_failed.load(Ordering::Relaxed);
    if is_right {
        println!(
            "  0 invites used more often than they allow, 0 lost, 0 memberships written twice, 0 revived,"
        );
        println!("  0 successes without their records, 0 tables that a repeated call still changes");
    }
    is_right
}

fn print(name: &str, seed: u64, totals: &Totals) {
    let of = |name: &str| totals.get(name).copied().unwrap_or_default();
    let beginning = |prefix: &'static str| {
        totals.iter().filter_map(move |(name, count)| Some((name.strip_prefix(prefix)?, *count)))
    };
    println!(
        "{name}, seed {seed}: {} tried, {} users, {} requests to the store",
        of("schedules"),
        of("users"),
        of("request")
    );
    for (ended, count) in beginning("call: ") {
        println!("  {count:>10}  {ended}");
    }
    let faults: Vec<String> = beginning("fault: ").map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("  faults: {}", faults.join(", "));
    let crashes: Vec<String> = beginning("crash: before ")
        .map(|(step, before)| format!("{step} {before}/{}", of(&format!("crash: after {step}"))))
        .collect();
    println!("  crashes before/after: {}", crashes.join(", "));
}

/// Shrinks a schedule that broke a rule, and prints it with the command that repeats it.
fn report(seed: u64, mut schedule: Schedule, mut told: String, try_one: Try<'_>) {
    let fails = |smaller: &Schedule| {
        let orders =
            (0..ORDERS).map(|order| Schedule { order: smaller.order.wrapping_add(order), ..smaller.clone() });
        orders.into_iter().find_map(|schedule| try_one(&schedule).err().map(|told| (schedule, told)))
    };
    let until = Instant::now() + LONGEST_SHRINKING;
    let fails_in_time = |smaller: &Schedule| if Instant::now() < until { fails(smaller) } else { None };
    while let Some((smaller, why)) = schedule.simpler().iter().find_map(fails_in_time) {
        (schedule, told) = (smaller, why);
    }
    println!("A schedule broke a rule. Repeat it: cargo prove schedules --seed {seed} --count 1");
    println!("{told}\nThe smallest schedule found that does so:\n{schedule}");
}
