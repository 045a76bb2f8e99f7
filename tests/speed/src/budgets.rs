//! Instruction budgets: what a function may take.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Fallible;
use crate::instructions::{self, Counted, readable};
use crate::store::Store;
use crate::target::Target;

/// Percent that a count may be over its budget.
const TOLERANCE: u64 = 3;
/// A time-out under load changes a count. So a count over its budget is taken again, so many times.
const AGAIN: usize = 2;

/// Writes the higher of two counts: how many connections a first call opens depends on the moment.
pub(crate) fn write(path: &Path, counted: &[Counted], again: &[Counted]) -> Fallible<()> {
    let higher = counted.iter().zip(again).map(|(one, other)| one.higher(other));
    let budgets: Map<String, Value> = higher.map(|it| (it.name.clone(), it.json())).collect();
    let tolerance = ("tolerancePercent".to_owned(), json!(TOLERANCE));
    let all: Map<String, Value> =
        std::iter::once(tolerance).chain([("instructions".to_owned(), budgets.into())]).collect();
    fs::write(path, format!("{:#}\n", Value::from(all)))?;
    println!("written: {}", path.display());
    Ok(())
}

/// Prints each count beside its budget. `false` if one is exceeded.
pub(crate) fn hold(
    path: &Path,
    counted: &[Counted],
    targets: &[Target],
    store: &Store,
    work: &Path,
) -> Fallible<bool> {
    let budgets: Value = serde_json::from_slice(&fs::read(path)?)?;
    let mut all_hold = true;
    for first in counted {
        let mut found = vec![first.clone()];
        let target = targets.iter().find(|target| target.name == first.name).ok_or("no such program")?;
        while found.len() <= AGAIN && !judge(&budgets, &found)?.iter().all(Judged::holds) {
            found.push(instructions::one(target, store, work)?);
        }
        for judged in judge(&budgets, &found)? {
            println!("{}", judged.line());
            all_hold &= judged.holds();
        }
    }
    if !all_hold {
        println!(
            "\nA function takes more instructions than its budget and {TOLERANCE} %. If that is worth it: cargo speed --write-budgets"
        );
    }
    Ok(all_hold)
}

struct Judged {
    name: String,
    part: &'static str,
    count: u64,
    budget: u64,
}

impl Judged {
    fn holds(&self) -> bool {
        self.count <= self.budget + self.budget * TOLERANCE / 100
    }

    fn line(&self) -> String {
        let Self { name, part, count, budget } = self;
        let note = match (self.holds(), count + count * TOLERANCE / 100 < *budget) {
            (false, _) => "  EXCEEDED",
            (true, true) => "  far below: cargo speed --write-budgets",
            (true, false) => "",
        };
        format!("{name:<30} {part:<6} {:>9} of {:>9}{note}", readable(*count), readable(*budget))
    }
}

/// The lowest count of each part beside its budget.
fn judge(budgets: &Value, found: &[Counted]) -> Fallible<Vec<Judged>> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let judged = first.parts().map(|(part, _)| {
        let counts = found.iter().flat_map(Counted::parts).filter(|(of, _)| *of == part);
        let count = counts.map(|(_, count)| count).min().unwrap_or(u64::MAX);
        let budget = budgets.get("instructions").and_then(|all| all.get(&first.name)?.get(part)?.as_u64());
        let budget = budget.ok_or_else(|| format!("no budget for {part} of {}", first.name))?;
        Ok(Judged { name: first.name.clone(), part, count, budget })
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(warm: u64) -> Counted {
        Counted { name: "authorizer".to_owned(), init: 1_000, first: None, warm: Some(warm) }
    }

    #[test]
    fn a_count_may_be_three_percent_over_its_budget_and_the_lowest_counts() {
        let budgets = json!({ "instructions": { "authorizer": { "init": 1_000, "warm": 1_000 } } });
        let rows =
            [(&[1_030][..], true), (&[1_031], false), (&[1_031, 1_029], true), (&[2_000, 1_031], false)];

        for (counts, expected) in rows {
            let found: Vec<Counted> = counts.iter().map(|&warm| counted(warm)).collect();
            let judged = judge(&budgets, &found).unwrap();
            assert_eq!(judged.iter().all(Judged::holds), expected, "{counts:?}");
        }
    }

    #[test]
    fn a_part_without_a_budget_is_an_error() {
        let budgets = json!({ "instructions": { "authorizer": { "init": 1_000 } } });

        assert!(judge(&budgets, &[counted(1)]).is_err());
    }
}
