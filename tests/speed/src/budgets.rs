//! Budgets: the instructions and the requests to the store that a function may take.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Fallible;
use crate::calls;
use crate::instructions::{self, Counted, readable};
use crate::programs::Products;
use crate::store::Store;
use crate::target::Target;

/// Percent that a count of instructions may be over its budget.
const TOLERANCE: u64 = 3;
/// A time-out under load changes a count. So a count over its budget is taken again, so many times.
const AGAIN: usize = 2;

struct Kind {
    /// In the file.
    name: &'static str,
    tolerance: u64,
    count: fn(&Target, &Store, &Path) -> Fallible<Counted>,
    text: fn(u64) -> String,
}

const INSTRUCTIONS: Kind =
    Kind { name: "instructions", tolerance: TOLERANCE, count: instructions::one, text: readable };
const STORE_CALLS: Kind =
    Kind { name: "storeCalls", tolerance: 0, count: calls::one, text: |count| count.to_string() };

/// What has a budget.
fn budgeted(products: &Products) -> [(&'static Kind, Vec<&Target>); 2] {
    let functions = || products.functions.iter();
    [(&INSTRUCTIONS, functions().collect()), (&STORE_CALLS, functions().chain(&products.routes).collect())]
}

/// Writes the higher of two counts: how many connections a first call opens depends on the moment.
pub(crate) fn write(path: &Path, products: &Products, store: &Store, work: &Path) -> Fallible<()> {
    let mut all = Map::from_iter([("tolerancePercent".to_owned(), json!(TOLERANCE))]);
    for (kind, targets) in budgeted(products) {
        let mut budgets = Map::new();
        for target in targets {
            let higher = (kind.count)(target, store, work)?.higher(&(kind.count)(target, store, work)?);
            budgets.insert(higher.name.clone(), higher.json());
        }
        all.insert(kind.name.to_owned(), budgets.into());
    }
    fs::write(path, format!("{:#}\n", Value::from(all)))?;
    println!("written: {}", path.display());
    Ok(())
}

/// Prints each count beside its budget. `false` if one is exceeded.
pub(crate) fn hold(path: &Path, products: &Products, store: &Store, work: &Path) -> Fallible<bool> {
    let budgets: Value = serde_json::from_slice(&fs::read(path)?)?;
    let mut all_hold = true;
    for (kind, targets) in budgeted(products) {
        println!("{}", kind.name);
        for target in targets {
            let mut found = vec![(kind.count)(target, store, work)?];
            while found.len() <= AGAIN && !judge(&budgets, kind, &found)?.iter().all(Judged::holds) {
                found.push((kind.count)(target, store, work)?);
            }
            for judged in judge(&budgets, kind, &found)? {
                println!("{}", judged.line(kind));
                all_hold &= judged.holds();
            }
        }
    }
    if !all_hold {
        println!(
            "\nA function takes more instructions than its budget and {TOLERANCE} %, or more requests than its budget. If that \
             is worth it: cargo speed --write-budgets"
        );
    }
    Ok(all_hold)
}

struct Judged {
    name: String,
    part: &'static str,
    count: u64,
    budget: u64,
    tolerance: u64,
}

impl Judged {
    fn holds(&self) -> bool {
        self.count <= self.budget + self.budget * self.tolerance / 100
    }

    fn line(&self, kind: &Kind) -> String {
        let Self { name, part, count, budget, tolerance } = self;
        let note = match (self.holds(), count + count * tolerance / 100 < *budget) {
            (false, _) => "  EXCEEDED",
            (true, true) => "  far below: cargo speed --write-budgets",
            (true, false) => "",
        };
        format!("{name:<36} {part:<6} {:>9} of {:>9}{note}", (kind.text)(*count), (kind.text)(*budget))
    }
}

/// The lowest count of each part beside its budget.
fn judge(budgets: &Value, kind: &Kind, found: &[Counted]) -> Fallible<Vec<Judged>> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let judged = first.parts().map(|(part, _)| {
        let counts = found.iter().flat_map(Counted::parts).filter(|(of, _)| *of == part);
        let count = counts.map(|(_, count)| count).min().unwrap_or(u64::MAX);
        let budget = budgets.get(kind.name).and_then(|all| all.get(&first.name)?.get(part)?.as_u64());
        let budget =
            budget.ok_or_else(|| format!("no budget of {} for {part} of {}", kind.name, first.name))?;
        Ok(Judged { name: first.name.clone(), part, count, budget, tolerance: kind.tolerance })
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(warm: u64) -> Counted {
        Counted { name: "router".to_owned(), init: 1_000, first: None, warm: Some(warm) }
    }

    fn holds(kind: &Kind, budget: u64, counts: &[u64]) -> bool {
        let budgets = json!({ kind.name: { "router": { "init": 1_000, "warm": budget } } });
        let found: Vec<Counted> = counts.iter().map(|&warm| counted(warm)).collect();
        judge(&budgets, kind, &found).unwrap().iter().all(Judged::holds)
    }

    #[test]
    fn a_count_of_instructions_may_be_three_percent_over_its_budget_and_the_lowest_counts() {
        let rows =
            [(&[1_030][..], true), (&[1_031], false), (&[1_031, 1_029], true), (&[2_000, 1_031], false)];

        for (counts, expected) in rows {
            assert_eq!(holds(&INSTRUCTIONS, 1_000, counts), expected, "{counts:?}");
        }
    }

    #[test]
    fn a_warm_route_that_reads_once_exceeds_a_budget_of_no_request() {
        assert!(holds(&STORE_CALLS, 0, &[0]));
        assert!(!holds(&STORE_CALLS, 0, &[1]));
    }

    #[test]
    fn a_part_without_a_budget_is_an_error() {
        let budgets = json!({ "instructions": { "router": { "init": 1_000 } } });

        assert!(judge(&budgets, &INSTRUCTIONS, &[counted(1)]).is_err());
    }

    /// The committed file: a route that was read once costs no request.
    #[test]
    fn no_warm_route_may_call_the_store() {
        let budgets: Value = serde_json::from_str(include_str!("../budgets.json")).unwrap();

        let routes = budgets.get("storeCalls").unwrap().as_object().unwrap();
        let routes: Vec<_> = routes.iter().filter(|(name, _)| name.starts_with("router")).collect();
        assert!(routes.len() > 5, "{routes:?}");
        for (name, route) in routes {
            assert_eq!(route.get("warm"), Some(&json!(0)), "{name}");
        }
    }
}
