//! The inputs of `corpus/`, mutations of them, and random ones, through every target. `PROPTEST_CASES` says how many.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{Law, TARGETS};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Texts that parsers take for something special.
const WORDS: [&str; 16] = [
    "\"", "{", "}", "null", "\\u0000", "\\ud800", "1e400", "#", "@", "..", "\n\n", "=", ",", "%40",
    "\u{202e}", "ß",
];

/// Recorded events, which are seeds too.
const RECORDED: [(&str, &[&str]); 2] =
    [("event", &["pre-token-generation", "post-confirmation", "hostile"]), ("authorizer", &["authorizer"])];

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let recorded = RECORDED.iter().filter(|(name, _)| *name == target).flat_map(|(_, folders)| *folders);
    let recorded = recorded.map(|folder| Path::new(HERE).join("../fixtures").join(folder));
    let folders = std::iter::once(Path::new(HERE).join("corpus").join(target)).chain(recorded);
    folders.flat_map(|folder| files(&folder)).map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// An input that is shown as text.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Cut(Index, Index),
    Splice(Index, Input, Index),
    Insert(Index, &'static str),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Flip(at, flip) => {
                let at = place(at, bytes);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= flip);
            }
            Self::Cut(from, to) => {
                let (from, to) = (place(from, bytes), place(to, bytes));
                drop(bytes.drain(from.min(to)..from.max(to)));
            }
            Self::Splice(at, other, from) => {
                bytes.truncate(place(at, bytes));
                bytes.extend(&other.0[place(from, &other.0)..]);
            }
            Self::Insert(at, word) => {
                let at = place(at, bytes);
                drop(bytes.splice(at..at, word.bytes()));
            }
        }
    }
}

/// A seed, of which bytes are flipped, cut out, inserted, or replaced by the end of another seed; or any bytes, or any text.
fn inputs(target: &str) -> impl Strategy<Value = Input> + use<> {
    let seeds: Vec<Input> = seeds(target).into_iter().map(|(_, bytes)| Input(bytes)).collect();
    let at = any::<Index>;
    let edit = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, flip)| Edit::Flip(at, flip)),
        (at(), at()).prop_map(|(from, to)| Edit::Cut(from, to)),
        (at(), select(seeds.clone()), at()).prop_map(|(at, other, from)| Edit::Splice(at, other, from)),
        (at(), select(WORDS.as_slice())).prop_map(|(at, word)| Edit::Insert(at, word)),
    ];
    let mutated = (select(seeds), vec(edit, 1..4)).prop_map(|(mut seed, edits)| {
        for edit in edits {
            edit.apply(&mut seed.0);
        }
        seed
    });
    prop_oneof![
        8 => mutated,
        1 => vec(any::<u8>(), 0..200).prop_map(Input),
        1 => "\\PC{0,100}".prop_map(|text| Input(text.into_bytes())),
    ]
}

fn holds(law: Law, inputs: &impl Strategy<Value = Input>) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(inputs, |input| {
        law(&input.0);
        Ok(())
    });
    assert!(
        result.is_ok(),
        "add the input to the corpus once the product is mended: {}",
        result.unwrap_err()
    );
}

fn law_of(target: &str) -> Law {
    TARGETS.into_iter().find(|(name, _)| *name == target).unwrap().1
}

macro_rules! laws {
    ($($target:ident)*) => {
        /// Every input of the corpus, and mutations.
        mod holds_for {
            $(#[test]
            fn $target() {
                let target = stringify!($target);
                let corpus = super::seeds(target);
                for (file, bytes) in &corpus {
                    let law = super::law_of(target);
                    let result = std::panic::catch_unwind(|| law(bytes));
                    assert!(result.is_ok(), "{}", file.display());
                }
                super::holds(super::law_of(target), &super::inputs(target));
                // For `cargo prove fuzz`.
                println!("fuzz\t{target}\t{}\t{}", corpus.len(), super::Config::default().cases);
            })*
        }

        const TESTED: &[&str] = &[$(stringify!($target)),*];
    };
}

laws! { authorizer claims email event invite_code item jwks metadata request settings token }

#[test]
fn every_target_has_a_corpus_a_test_a_fuzzer_and_a_row() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        let files = files(&Path::new(HERE).join(folder));
        files.iter().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };

    assert_eq!(TESTED.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), names);
    assert_eq!(stems("corpus"), names);
    assert_eq!(stems("fuzzer/fuzz_targets"), names);
    let manifest = fs::read_to_string(Path::new(HERE).join("fuzzer/Cargo.toml")).unwrap();
    let page = fs::read_to_string(Path::new(HERE).join("../../docs/reliability.md")).unwrap();
    for name in &names {
        assert!(page.contains(&format!("\n| `{name}` |")), "docs/reliability.md has no row of {name}");
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{name} is no program of the fuzzer");
        let program = format!("fuzzer/fuzz_targets/{name}.rs");
        let program = fs::read_to_string(Path::new(HERE).join(program)).unwrap();
        assert!(program.contains(&format!("fuzz::{name}(data)")), "{name} runs another target");
        let inputs = files(&Path::new(HERE).join("corpus").join(name));
        assert!((5..=25).contains(&inputs.len()), "{name} has {} inputs", inputs.len());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any_key(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "request",
            "response",
            "userAttributes",
            "sub",
            "clientMetadata",
            "inviteCode",
            "tenantId",
            "groupConfiguration",
            "version",
            "scopes",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}"
    ]
}

#[test]
fn an_event_of_any_json_holds() {
    let event = btree_map(any_key(), any_json(), 0..8).prop_map(|mut event| {
        event.insert("userPoolId".to_owned(), "eu-west-1_AbCdEf123".into());
        Input(Value::Object(event.into_iter().collect()).to_string().into_bytes())
    });
    holds(fuzz::event, &event);
    holds(fuzz::event, &any_json().prop_map(|event| Input(event.to_string().into_bytes())));
}

#[test]
fn metadata_of_any_json_holds() {
    holds(fuzz::metadata, &any_json().prop_map(|metadata| Input(metadata.to_string().into_bytes())));
}

/// One claim of a good token has any value.
#[test]
fn claims_with_any_value_hold() {
    let good = seeds("claims").into_iter().find(|(file, _)| file.ends_with("access")).unwrap().1;
    let good: serde_json::Map<String, Value> = serde_json::from_slice(&good).unwrap();
    let names: Vec<String> = good.keys().cloned().chain(["aud".to_owned(), "nbf".to_owned()]).collect();
    let claims = (select(names), any_json()).prop_map(move |(name, value)| {
        let mut claims = good.clone();
        claims.insert(name, value);
        Input(Value::Object(claims).to_string().into_bytes())
    });
    holds(fuzz::claims, &claims);
}
