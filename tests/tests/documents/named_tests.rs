//! The threat model and the failure matrix name tests that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Every function in the Rust files below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).map(|rest| {
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
            });
            found.extend(names);
        }
    }
}

/// The names of tests in backticks in a text: three words or more with `_` between them.
fn named(text: &str) -> BTreeSet<String> {
    let ticked = text.split('`').skip(1).step_by(2);
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    ticked
        .filter(|name| name.split('_').count() >= 3 && name.split('_').all(is_word))
        .map(str::to_owned)
        .collect()
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
fn every_test_that_a_page_names_exists() {
    let mut known = BTreeSet::new();
    for folder in ["crates", "tests", "examples"] {
        functions(&root().join(folder), &mut known);
    }
    let threats = named(&tests_of_rows(&read("docs/threat-model.md")));
    let failures = named(&read("docs/failure-matrix.md"));
    assert!(threats.len() > 100 && failures.len() > 10, "{} and {}", threats.len(), failures.len());

    let missing: Vec<&String> = threats.union(&failures).filter(|name| !known.contains(*name)).collect();

    assert_eq!(missing, Vec::<&String>::new());
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
