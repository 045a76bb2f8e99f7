//! Every rule, by tables: a snapshot in which all is well, and what each change of it must bring to light.

#[cfg(test)]
mod clients;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod marker;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod published;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod table;

use std::collections::BTreeSet;

use pool_audit::finding::Severity;
use pool_audit::snapshot::Snapshot;
use pool_audit::{judge, severity};

/// A change of the sample, and what must be found then.
type Row = (&'static str, fn(&mut Snapshot), &'static [(&'static str, Severity)]);

/// Checks that each change brings to light what its row says, and nothing else.
#[track_caller]
fn check(rows: &[Row]) {
    for (name, change, expected) in rows {
        let mut snapshot = sample::snapshot();
        change(&mut snapshot);

        let found: BTreeSet<(&str, Severity)> = judge(&snapshot)
            .findings
            .iter()
            .map(|(rule, finding)| (rule.id, severity(rule, finding)))
            .collect();

        assert_eq!(found, expected.iter().copied().collect(), "{name}");
    }
}

#[test]
fn nothing_is_found_where_all_is_well_and_every_rule_looked() {
    let judgement = judge(&sample::snapshot());

    let found: Vec<_> = judgement.findings.iter().map(|(rule, finding)| (rule.id, &finding.found)).collect();
    assert_eq!(found, []);
    assert_eq!(judgement.not_checked, []);
}
