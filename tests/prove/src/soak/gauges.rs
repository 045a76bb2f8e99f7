//! Memory of the processes, time of the calls, and whether the machine stood still.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use dev_stack::DevStack;

use super::clock::{Tick, seconds, tick};

/// Growth of one process after its warm-up, at most.
const MOST_GROWTH_KIB: u64 = 5_000_000 / 1_024;
/// A process has warmed up when it is so old, or a quarter of the run.
const WARM_AFTER: Tick = seconds(60);

/// Calls of one kind in the quiet phases: when each began, and what it took.
pub(crate) type Times = BTreeMap<&'static str, Vec<(Tick, Tick)>>;

/// By how much the last quarter may be slower than the first: so many times, and so many microseconds more. Other programs
/// share the machine, and one slow request of some hundred decides a p99; the fastest tenth feels them least. A leak or a
/// growing search would show as a multiple.
const LIMITS: [(&str, usize, (u64, Tick)); 3] =
    [("p10", 10, (2, 5_000)), ("p50", 50, (3, 10_000)), ("p99", 99, (5, 500_000))];
/// Fewer calls in a quarter say nothing.
const FEWEST: usize = 20;

/// Late by so much: the machine did something else.
const STALL: Duration = Duration::from_millis(250);
const BEAT: Duration = Duration::from_millis(50);

/// Resident memory of one process, in KiB.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    function: &'static str,
    first_seen: Tick,
    warm: Option<u64>,
    now: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Memory(BTreeMap<u32, Process>);

impl Memory {
    /// Looks at each process that waits for an event.
    pub(crate) fn look(&mut self, stack: &DevStack, length: Tick) {
        for function in dev_stack::functions::ALL {
            for id in stack.lambda().waiting_processes(function).unwrap_or_default() {
                let now = resident_kib(id);
                let seen = Process { function, first_seen: tick(), warm: None, now };
                let process = self.0.entry(id).or_insert(seen);
                process.now = now;
                if process.warm.is_none() && tick() - process.first_seen >= WARM_AFTER.min(length / 4) {
                    process.warm = Some(now);
                }
            }
        }
    }

    /// Prints a line for each function. What grew too much is a fault.
    pub(crate) fn report(&self) -> Vec<String> {
        let mut faults = Vec::new();
        println!(
            "  {:<22}{:>9}  {:>9}  {:>9}  {:>11}",
            "memory", "processes", "warm KiB", "end KiB", "growth KiB"
        );
        for function in dev_stack::functions::ALL {
            let of = || self.0.values().filter(|process| process.function == function);
            let warm = of().filter_map(|process| Some((process.warm?, process.now)));
            // The one that grew most.
            let Some((warm, end)) = warm.max_by_key(|(warm, end)| end.saturating_sub(*warm)) else {
                faults.push(format!("no process of {function} ran long enough to look at its memory"));
                continue;
            };
            let growth = end.saturating_sub(warm);
            println!("  {function:<22}{:>9}  {warm:>9}  {end:>9}  {growth:>11}", of().count());
            if growth >= MOST_GROWTH_KIB {
                faults.push(format!("a process of {function} grew by {growth} KiB after its warm-up"));
            }
        }
        faults
    }
}

fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Prints the times of the first and the last quarter of the quiet calls. What became too slow is a fault.
pub(crate) fn report_times(times: &Times) -> Vec<String> {
    let mut faults = Vec::new();
    print!("  {:<22}{:>9}", "quiet phases, ms", "calls");
    for (name, ..) in LIMITS {
        print!("  {:>15}", format!("{name} first/last"));
    }
    println!();
    for (kind, calls) in times {
        let mut calls = calls.clone();
        calls.sort_unstable();
        let quarter = calls.len() / 4;
        let took = |calls: &mut dyn Iterator<Item = &(Tick, Tick)>| {
            let mut took: Vec<Tick> = calls.take(quarter).map(|(_, took)| *took).collect();
            took.sort_unstable();
            took
        };
        let (first, last) = (took(&mut calls.iter()), took(&mut calls.iter().rev()));
        print!("  {kind:<22}{:>9}", calls.len());
        for (name, hundredths, (factor, more)) in LIMITS {
            let at = |took: &[Tick]| took.get(took.len() * hundredths / 100).copied().unwrap_or_default();
            let (first, last) = (at(&first), at(&last));
            let is_slow = quarter >= FEWEST && last > first * factor + more;
            let (first, last) = (milliseconds(first), milliseconds(last));
            print!("  {:>15}", format!("{first}/{last}"));
            if is_slow {
                faults
                    .push(format!("{kind}: {name} is {last} ms at the end, and was {first} ms at the start"));
            }
        }
        println!();
    }
    faults
}

fn milliseconds(micros: Tick) -> String {
    format!("{}.{}", micros / 1_000, micros / 100 % 10)
}

/// Waits for the next beat. `Some`: from when to when the machine stood still.
pub(crate) async fn beat() -> Option<(Tick, Tick)> {
    let before = tick();
    tokio::time::sleep(BEAT).await;
    let after = tick();
    (u128::from(after - before) > (BEAT + STALL).as_micros()).then_some((before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(last: Tick) -> Times {
        let calls = (0..400).map(|call| (call, if call < 300 { 2_000 } else { last })).collect();
        Times::from([("sign-in", calls)])
    }

    #[test]
    fn calls_that_become_slow_are_a_fault_and_noise_is_none() {
        assert_eq!(report_times(&times(8_000)), Vec::<String>::new());

        let slow = report_times(&times(600_000));

        assert_eq!(slow.len(), 3, "{slow:?}");
        assert_eq!(slow[1], "sign-in: p50 is 600.0 ms at the end, and was 2.0 ms at the start");
    }
}
