//! The threat model and the failure matrix name tests that exist, in the files that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each file of the repository by its path, which begins with `/`, and the tests in it.
type Repository = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn walk(folder: &str, found: &mut Repository) {
    for entry in std::fs::read_dir(root().join(folder.trim_start_matches('/'))).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().display());
        if !entry.file_type().unwrap().is_dir() {
            let text =
                if extension(&path) == "rs" { read(path.trim_start_matches('/')) } else { String::new() };
            found.insert(path, tests_of(&text));
        } else if ![".git", "node_modules", "target"].iter().any(|left_out| entry.file_name() == *left_out) {
            walk(&path, found);
        }
    }
}

/// The functions with an attribute of a test, also those in `proptest!`.
fn tests_of(text: &str) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if let Some((_, rest)) = line.split_once("fn ")
            && std::mem::take(&mut is_test)
        {
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            tests.extend(name.map(str::to_owned));
        }
    }
    tests
}

/// Three words or more with `_` between them.
fn is_name(tick: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    tick.split('_').count() >= 3 && tick.split('_').all(is_word)
}

fn is_path(tick: &str) -> bool {
    tick.contains('/') || ["rs", "js", "py", "json", "md"].contains(&extension(tick))
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The tests of each file that a page means by a path, which may leave out the first folders.
fn tests_in<'r>(path: &str, repository: &'r Repository) -> Vec<&'r BTreeSet<String>> {
    let file = format!("/{}", path.trim_end_matches('/').replace("e2e/", "tests/tests/end_to_end/"));
    let folder = format!("{file}/");
    let named = repository.iter().filter(|(path, _)| path.ends_with(&file) || path.contains(&folder));
    named.map(|(_, tests)| tests).collect()
}

/// How many tests a page names, and what is wrong with them. A test stands after its file or folder, in the same paragraph
/// or row (`e2e/tokens.rs`, and then its tests), or after its module of the end-to-end tests (`tokens::` and the test).
fn judge(page: &str, repository: &Repository) -> (usize, Vec<String>) {
    let (mut tests, mut wrong) = (0, Vec::new());
    let mut place = String::new();
    for line in page.lines() {
        if line.is_empty() || line.starts_with('|') || line.trim_start().starts_with("- ") {
            place.clear();
        }
        for tick in line.split('`').skip(1).step_by(2) {
            let (place_of_test, name) = match tick.rsplit_once("::") {
                Some((module, name)) => (format!("e2e/{}.rs", module.replace("::", "/")), name),
                None => (place.clone(), tick),
            };
            let path = tick.split_whitespace().next().unwrap_or_default();
            if is_name(name) {
                if !tests_in(&place_of_test, repository).iter().any(|tests| tests.contains(name)) {
                    wrong.push(format!("no test `{name}` in `{place_of_test}`"));
                }
                tests += 1;
            } else if is_path(path) {
                if tests_in(path, repository).is_empty() {
                    wrong.push(format!("no file `{path}`"));
                }
                // A fixture is named beside its test.
                if extension(path) != "json" {
                    path.clone_into(&mut place);
                }
            }
        }
    }
    (tests, wrong)
}

/// The paragraphs that begin with `- Test`, without what follows them.
fn tests_of_rows(page: &str) -> String {
    let mut kept = String::new();
    let mut is_test = false;
    for line in page.lines() {
        let item = line.trim_start();
        if item.starts_with("- ") || item.is_empty() {
            is_test = item.starts_with("- Test");
        }
        if is_test {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn every_test_that_a_page_names_exists_in_the_file_that_it_names() {
    let mut repository = Repository::new();
    walk("", &mut repository);

    let (threats, wrong_in_threats) = judge(&tests_of_rows(&read("docs/threat-model.md")), &repository);
    let (failures, wrong_in_failures) = judge(&read("docs/failure-matrix.md"), &repository);

    assert_eq!([wrong_in_threats, wrong_in_failures].concat(), Vec::<String>::new());
    assert!(threats > 130 && failures > 40, "{threats} and {failures}");
}

#[test]
fn a_wrong_file_a_helper_and_a_missing_file_are_found() {
    let text = "#[tokio::test]\nasync fn nobody_gets_in() {}\n\nfn a_small_helper() {}\n";
    let files = [("/tests/tests/end_to_end/doors.rs", text), ("/tests/tests/end_to_end/halls.rs", "")];
    let repository = Repository::from(files.map(|(path, text)| (path.to_owned(), tests_of(text))));
    let wrong = |page: &str| judge(page, &repository).1;

    assert_eq!(
        wrong("`e2e/doors.rs` (all), `nobody_gets_in`; `doors::nobody_gets_in`"),
        Vec::<String>::new()
    );
    for (page, expected) in [
        ("`e2e/halls.rs` `nobody_gets_in`", "no test `nobody_gets_in` in `e2e/halls.rs`"),
        ("`halls::nobody_gets_in`", "no test `nobody_gets_in` in `e2e/halls.rs`"),
        ("`nobody_gets_in`", "no test `nobody_gets_in` in ``"),
        ("`e2e/doors.rs`\n\n`nobody_gets_in`", "no test `nobody_gets_in` in ``"),
        ("`e2e/doors.rs` `a_small_helper`", "no test `a_small_helper` in `e2e/doors.rs`"),
        ("`e2e/walls.rs` (all)", "no file `e2e/walls.rs`"),
    ] {
        assert_eq!(wrong(page), [expected], "{page}");
    }
}

#[test]
fn every_threat_has_a_test_or_says_what_is_open() {
    let page = read("docs/threat-model.md");
    let (_, rows) = page.split_once("\n## Rows\n").unwrap();
    let rows: Vec<&str> = rows.split("\n**T").skip(1).collect();

    for row in &rows {
        let title = row.lines().next().unwrap_or_default();
        assert!(row.contains("- Test") || row.contains("- Open:"), "T{title}");
        assert!(row.contains("- Answer:"), "T{title}");
    }
    assert!(rows.len() > 50, "{}", rows.len());
}
