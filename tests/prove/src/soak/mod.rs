//! The shipped functions under load, with operators at work and faults in waves.

mod clock;
mod gauges;
mod judge;
mod notes;
mod staff;
mod store;
mod users;
mod weather;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dev_stack::FunctionBinaries;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use clock::{Tick, shown, tick};
use gauges::Memory;
use weather::Weather;
use world::World;

use crate::schedules::check;
use crate::schedules::schedule::HERE;
use crate::schedules::table::text;

/// Tenants that have users. Their roles and groups begin with their ids.
const TENANTS: [&str; 5] = ["acme", "globex", "hooli", "initech", "umbrella"];

/// Users who wait for an answer at one time, at most.
const MOST_AT_ONCE: usize = 40;
/// Users' calls for each change of an operator.
const CALLS_PER_CHANGE: f64 = 4.0;
/// Failures that are printed.
const MOST_TOLD: usize = 3;

/// How long, how many calls of users a second, and which choices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) length: Duration,
    pub(crate) rate: f64,
    pub(crate) seed: u64,
}

/// Runs, and prints what came out. `false`: a promise was broken.
pub(crate) fn prove(plan: Plan) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run(plan))) {
        Ok(is_right) => is_right,
        Err(error) => {
            println!("soak: {error}");
            false
        }
    }
}

async fn run(plan: Plan) -> Result<bool, String> {
    // The time begins when there is something to run.
    let binaries = FunctionBinaries::build(true).await.map_err(|error| error.with_causes())?;
    tick();
    let length = Tick::try_from(plan.length.as_micros()).unwrap_or(Tick::MAX);
    let weather = Arc::new(Weather::of(plan.seed, length));
    let world = Arc::new(World::start(weather, &binaries).await?);
    let mut rng = Rng::with_seed(plan.seed);
    let every = Duration::from_secs_f64(1.0 / plan.rate);
    let beside = tokio::spawn(watch_machine(Arc::clone(&world)));
    let mut memory = Memory::default();
    let staff = staff::work(&world, every.mul_f64(CALLS_PER_CHANGE), rng.fork());
    tokio::select! {
        () = call(&world, every, length, &mut rng, &mut memory) => {}
        () = staff => {}
    }
    let ended = tick();
    beside.abort();
    memory.look(&world.stack, length);
    let is_cut_short = !world.notes.failures().is_empty();
    print(&world, plan, ended);
    if !is_cut_short {
        let slow = gauges::report_times(&world.notes.times());
        let table = check_table(&world).await?;
        [memory.report(), slow, table].concat().into_iter().for_each(|fault| world.notes.fail(fault));
    }
    let failures = world.notes.failures();
    if failures.is_empty() {
        println!(
            "  0 tokens with a tenant of which the user was no active member, 0 with a role or group of another,"
        );
        println!("  0 invites used more often than they allow, 0 successes without their records,");
        println!("  0 errors that neither a fault nor a change by an operator explains");
    }
    for told in failures.iter().take(MOST_TOLD) {
        println!("  {told}");
    }
    if !failures.is_empty() {
        println!(
            "A promise was broken, {} times. Repeat it: cargo prove soak --minutes {} --rate {} --seed {}",
            failures.len(),
            plan.length.as_secs_f64() / 60.0,
            plan.rate,
            plan.seed
        );
    }
    Ok(failures.is_empty())
}

/// Lets users call, until the time is over or something is wrong; then waits for the last answers.
async fn call(world: &Arc<World>, every: Duration, length: Tick, rng: &mut Rng, memory: &mut Memory) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let (mut ticks, mut looked) = (interval(every), Instant::now());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while tick() < length {
        ticks.tick().await;
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (world_of_user, rng) = (Arc::clone(world), rng.fork());
        tokio::spawn(async move {
            world_of_user.act(rng).await;
            drop(place);
        });
        if looked.elapsed() > Duration::from_secs(1) {
            looked = Instant::now();
            memory.look(&world.stack, length);
            if !world.notes.failures().is_empty() {
                break;
            }
        }
    }
    let all = u32::try_from(MOST_AT_ONCE).unwrap_or(u32::MAX);
    if timeout(Duration::from_secs(30), places.acquire_many(all)).await.is_err() {
        world.notes.fail("some calls do not end".to_owned());
    }
}

async fn watch_machine(world: Arc<World>) {
    loop {
        if let Some(stall) = gauges::beat().await {
            world.notes.stalled(stall);
        }
    }
}

fn print(world: &World, plan: Plan, ended: Tick) {
    let totals = world.notes.totals();
    let calls = |name: &&String| !name.starts_with("operators") && !name.starts_with("stall");
    let all: u64 = totals.iter().filter(|(name, _)| calls(name)).map(|(_, count)| count).sum();
    println!(
        "soak, seed {}: {}, {} calls of the functions, {} waves of faults",
        plan.seed,
        shown(ended),
        all,
        world.notes.weather.waves(ended)
    );
    for (name, count) in totals {
        println!("  {count:>10}  {name}");
    }
    let faults: Vec<String> =
        world.notes.weather.counts().into_iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("  faults: {}", faults.join(", "));
    let (stalls, longest) = world.notes.stalls();
    if stalls > 0 {
        println!("  the machine stood still {stalls} times, for {} at most", shown(longest));
    }
}

/// What the table must say at the end.
async fn check_table(world: &World) -> Result<Vec<String>, String> {
    // Requests that nobody waits for any more.
    sleep(Duration::from_secs(4)).await;
    let table = world.notes.store.snapshot()?;
    let mut faults = check::sums(&table);
    let mut stamped = BTreeSet::new();
    let members = table.keys().filter(|(pk, sk)| pk.starts_with("USER#") && sk.starts_with("TENANT#"));
    let subs: BTreeSet<&str> = members.filter_map(|(pk, _)| pk.rsplit('#').next()).collect();
    for sub in subs {
        let body = json!({ "UserPoolId": HERE, "Username": sub });
        let user = world.cognito("AdminGetUser", &body).await.unwrap_or_default();
        let attributes = user.get("UserAttributes").and_then(Value::as_array).into_iter().flatten();
        let stamp = attributes.into_iter().find(|attribute| text(attribute, "Name") == "custom:tenantId");
        stamped.extend(stamp.map(|stamp| (sub.to_owned(), text(stamp, "Value").to_owned())));
    }
    faults.extend(check::stamps(&table, 0, &stamped));
    let users = world.next_user.load(Ordering::Relaxed);
    println!("  {users} users, {} items, {} members with a stamp", table.len(), stamped.len());
    Ok(faults)
}
