//! `docs/isolation.md` names the tests that prove it.

use std::collections::BTreeSet;

#[test]
fn the_page_on_isolation_names_tests_that_there_are_and_all_cases_of_postgresql() {
    let page = include_str!("../../../../docs/isolation.md");
    let cases = tests(include_str!("row_security.rs"));
    let service: BTreeSet<_> =
        tests(include_str!("isolation.rs")).union(&tests(include_str!("api.rs"))).copied().collect();

    let named = |heading: &str| -> BTreeSet<&str> {
        let (_, rest) = page.split_once(heading).unwrap();
        let table =
            rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        table
            .skip(2)
            .map(|row| row.trim_end_matches(" |").rsplit_once("| ").unwrap().1.trim_matches('`'))
            .collect()
    };

    assert_eq!(named("### What PostgreSQL does"), cases);
    let unknown: Vec<_> =
        named("The service itself is tested as well").difference(&service).copied().collect();
    assert_eq!(unknown, [""; 0]);
}

/// The names of a file's tests.
fn tests(file: &str) -> BTreeSet<&str> {
    file.split("::test]\n")
        .skip(1)
        .chain(file.split("::test(").skip(1))
        .filter_map(|text| {
            let (_, name) = text.split_once("async fn ")?;
            name.split('(').next()
        })
        .collect()
}
