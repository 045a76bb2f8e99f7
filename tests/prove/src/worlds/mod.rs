//! Random worlds through the real handlers, each compared with a naive reference.

mod random;
mod reference;
mod run;
mod store;
mod world;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use fastrand::Rng;

use reference::Answer;
use run::{Found, difference, run};
use world::World;

use crate::Size;

/// Runs `count` worlds on all cores and prints what came out. `false`: a world came out otherwise than the reference says.
pub(crate) fn prove(size: Size) -> bool {
    let (next, has_failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let totals = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(size, &next, &has_failed))).collect();
        let mut totals: BTreeMap<String, u64> = BTreeMap::new();
        for worker in workers {
            for (name, count) in worker.join().unwrap_or_default() {
                *totals.entry(name).or_default() += count;
            }
        }
        totals
    });
    println!("worlds, seed {}: {} tried", size.seed, totals.values().sum::<u64>());
    for (name, count) in &totals {
        println!("  {count:>10}  {name}");
    }
    let is_right = !has_failed.load(Ordering::Relaxed);
    if is_right {
        println!(
            "  0 tokens with a tenant of which the user is no active member, 0 with a group or role of another tenant,"
        );
        println!("  0 invites redeemed without consent, 0 differences from the reference");
    }
    is_right
}

/// Takes one world after the other until all are done or one is wrong.
fn work(size: Size, next: &AtomicU64, has_failed: &AtomicBool) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= size.count || has_failed.load(Ordering::Relaxed) {
            return totals;
        }
        let seed = size.seed.wrapping_add(number);
        let world = World::random(&mut Rng::with_seed(seed));
        let found = run(&world);
        if let Some(difference) = difference(&world, &found) {
            if !has_failed.swap(true, Ordering::Relaxed) {
                report(seed, world, difference);
            }
            return totals;
        }
        *totals.entry(kind(&found)).or_default() += 1;
    }
}

fn kind(found: &Found) -> String {
    match &found.answer {
        Answer::Token { .. } => "a token with a tenant".to_owned(),
        Answer::Error(error) => (*error).to_owned(),
        Answer::Unchanged => "the event as it came".to_owned(),
    }
}

/// Shrinks a world that came out wrong, and prints it with the command that repeats it.
fn report(seed: u64, mut world: World, mut told: String) {
    while let Some((smaller, difference)) = world
        .simpler()
        .into_iter()
        .find_map(|smaller| difference(&smaller, &run(&smaller)).map(|difference| (smaller, difference)))
    {
        (world, told) = (smaller, difference);
    }
    println!("A world came out wrong. Repeat it: cargo prove worlds --seed {seed} --count 1");
    println!("{told}\nThe smallest world that does so:\n{world:#?}");
}
