//! An operator's desk: the local stack, and the real binary pointed at it.

use std::collections::BTreeMap;
use std::path::Path;

use dev_stack::{ClientSettings, DevStack, PoolSettings, StackOptions};
use serde_json::Value;
use tempfile::TempDir;

/// The region of the stack.
pub const REGION: &str = "eu-west-1";

/// A local stack with a table, a pool and an app client, and a folder to work in.
pub struct Desk {
    pub stack: DevStack,
    pub pool: String,
    pub client: String,
    pub folder: TempDir,
}

/// What one run of the binary came to.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    /// With a new table, made by `tenantctl table create`.
    pub async fn new() -> Self {
        let desk = Self::without_table().await;
        desk.run("table create").ok();
        desk
    }

    pub async fn without_table() -> Self {
        let stack = DevStack::start(StackOptions::default()).await.unwrap();
        let pool = stack.cognito().create_pool(PoolSettings::default());
        let client = stack.cognito().create_client(&pool, ClientSettings::default()).unwrap();
        Self { stack, pool, client, folder: TempDir::new().unwrap() }
    }

    /// With the tenant `acme`, tier `pro`.
    pub async fn with_acme() -> Self {
        let desk = Self::new().await;
        desk.run("tenant create acme --name 'Acme Corporation' --tier pro").ok();
        desk
    }

    /// What every run finds in its environment.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = self.stack.endpoints().environment();
        let more = [
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_REGION", REGION),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("TENANCY_TABLE", "tenancy"),
            ("TENANTCTL_ACTOR", "alice"),
            ("COLUMNS", "80"),
            ("USER_POOL_ID", &self.pool),
        ];
        environment.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment
    }

    /// Runs `tenantctl` with a line as a shell would split it.
    pub fn run(&self, line: &str) -> Run {
        self.run_with(line, &[], "")
    }

    /// The same, with more variables (an empty value takes one away) and something on standard input.
    pub fn run_with(&self, line: &str, variables: &[(&str, &str)], input: &str) -> Run {
        let mut environment = self.environment();
        for (name, value) in variables {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        environment.retain(|_, value| !value.is_empty());
        run(line, &environment, self.folder.path(), input)
    }

    /// The JSON document of a run that must end well.
    pub fn json(&self, line: &str) -> Value {
        let run = self.run(&format!("{line} --output json")).ok();
        serde_json::from_str(&run).unwrap_or_else(|error| panic!("{error}: {run}"))
    }
}

/// Runs the real binary in `folder`, with nothing in its environment but `environment`.
pub fn run(line: &str, environment: &BTreeMap<String, String>, folder: &Path, input: &str) -> Run {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_tenantctl"));
    command.args(words(line)).env_clear().envs(environment).env("HOME", folder).current_dir(folder);
    // The stack runs in this process: its threads must go on while this one waits.
    let output = tokio::task::block_in_place(|| command.write_stdin(input).output()).unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// What it printed, if it ended with 0.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout
    }

    /// What it said on standard error, if it ended with `code`.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self}");
        self.stderr
    }
}

impl std::fmt::Display for Run {
    /// As a snapshot shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        if self.code != 0 {
            write!(f, "--- exit {}\n", self.code)?;
        }
        Ok(())
    }
}

/// Splits a line at blanks, as a shell does; single quotes hold together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut is_begun) = (false, false);
    for c in line.chars() {
        match c {
            '\'' => (is_quoted, is_begun) = (!is_quoted, true),
            c if c.is_whitespace() && !is_quoted => {
                if is_begun {
                    words.push(String::new());
                }
                is_begun = false;
            }
            c => {
                words.last_mut().unwrap().push(c);
                is_begun = true;
            }
        }
    }
    if !is_begun {
        words.pop();
    }
    words
}

/// Compares with a stored snapshot, with what differs from run to run replaced: codes, moments, hashes, ids, ports, how
/// long something took.
#[macro_export]
macro_rules! assert_page {
    ($run:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(true);
        settings.add_filter(r"inv_[0-9A-Z]{26}", "inv_<code>");
        settings.add_filter(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<moment>");
        settings.add_filter(r"\b\d{4}-\d\d-\d\d \d\d:\d\d", "<minute>      ");
        settings.add_filter(r"\b[0-9a-f]{64}\b", "<hash>");
        settings.add_filter(
            r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            "<sub-uuid-of-thirty-six-characters-00>",
        );
        settings.add_filter(r"\b[0-9a-f]{16}\b", "<audit-id>");
        settings.add_filter(r"\b[0-9a-f]*[0-9][0-9a-f]*[a-f][0-9a-f]*\b", "<ref>");
        settings.add_filter(r"eu-west-1_[A-Za-z0-9]{9}", "eu-west-1_POOLPOOLX");
        settings.add_filter(r"\b[a-z0-9]{26}\b", "<client-id-of-26-characters>");
        settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>");
        settings.bind(|| insta::assert_snapshot!($run.to_string()));
    }};
}
