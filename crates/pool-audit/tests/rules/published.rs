//! What is published of the rules.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pool_audit::rules;

#[test]
fn every_rule_has_a_name_of_its_own_in_small_letters() {
    let mut names = BTreeSet::new();

    for rule in rules::all() {
        assert!(names.insert(rule.id), "{} twice", rule.id);
        assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
        assert!(rule.looks_for.ends_with('.') && rule.why.ends_with(['.', ')']), "{}", rule.id);
    }
}

#[test]
fn docs_doctor_md_lists_every_rule_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut table =
        String::from("| Rule | Severity | What it looks for | Why |\n| --- | --- | --- | --- |\n");
    for rule in rules::all() {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            rule.id,
            rule.severity.as_str(),
            rule.looks_for,
            rule.why
        );
    }

    assert!(page.contains(&table), "docs/doctor.md must have this table:\n{table}");
}
