//! An operator's desk: the local stack, and the real binary pointed at it.

#![expect(clippy::disallowed_methods, reason = "tests are made now")]

pub(crate) mod proxy;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType};
use aws_sdk_dynamodb::types::AttributeValue;
use dev_stack::{ClientSettings, DevStack, PoolSettings, StackOptions};
use serde_json::Value;
use tempfile::TempDir;
use tenancy::address::Identities;
use tenancy::confirm::Confirmation;
use tenancy::join::{Applicant, JoinOutcome, Redeem};
use tenancy::ports::Records;
use tenancy::{Presented, UserKey};

/// The password of every user.
const PASSWORD: &str = "Correct-horse-1";

/// The region of the stack.
pub(crate) const REGION: &str = "eu-west-1";

/// A local stack with a table, a pool and an app client, and a folder to work in.
pub(crate) struct Desk {
    pub(crate) stack: DevStack,
    pub(crate) pool: String,
    pub(crate) client: String,
    pub(crate) folder: TempDir,
}

/// What one run of the binary came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// With a new table, made by `tenantctl table create`.
    pub(crate) async fn new() -> Self {
        let desk = Self::without_table().await;
        desk.run("table create").ok();
        desk
    }

    pub(crate) async fn without_table() -> Self {
        let stack = DevStack::start(StackOptions::default()).await.unwrap();
        let pool = stack.cognito().create_pool(PoolSettings::default());
        let client = stack.cognito().create_client(&pool, ClientSettings::default()).unwrap();
        Self { stack, pool, client, folder: TempDir::new().unwrap() }
    }

    /// With the tenant `acme`, tier `pro`.
    pub(crate) async fn with_acme() -> Self {
        let desk = Self::new().await;
        desk.run("tenant create acme --name 'Acme Corporation' --tier pro").ok();
        desk
    }

    /// The table, past the binary.
    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_dynamodb::config::Region::new(REGION))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
                "local", "local", None, None, "test",
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&self.stack.endpoints().dynamodb)
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    /// Every item of the table, in the order of their keys.
    pub(crate) async fn items(&self) -> Vec<String> {
        let scan = self.dynamodb().scan().table_name("tenancy").consistent_read(true).send().await.unwrap();
        let mut items: Vec<String> = scan.items().iter().map(ordered_map).collect();
        items.sort();
        items
    }

    /// Writes a text into an item, by hand.
    pub(crate) async fn set_text(&self, pk: &str, sk: &str, name: &str, value: &str) {
        self.set(pk, sk, name, AttributeValue::S(value.to_owned())).await;
    }

    /// Writes a number into an item, by hand.
    pub(crate) async fn set_number(&self, pk: &str, sk: &str, name: &str, value: u64) {
        self.set(pk, sk, name, AttributeValue::N(value.to_string())).await;
    }

    /// Leaves a tenant in these user pools alone, by hand.
    pub(crate) async fn put_into(&self, tenant: &str, pools: &[&str]) {
        let pools = pools.iter().map(|pool| AttributeValue::S((*pool).to_owned())).collect();
        self.set(&format!("TENANT#{tenant}"), "META", "pools", AttributeValue::L(pools)).await;
    }

    async fn set(&self, pk: &str, sk: &str, name: &str, value: AttributeValue) {
        self.dynamodb()
            .update_item()
            .table_name("tenancy")
            .key("pk", AttributeValue::S(pk.to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .unwrap();
    }

    /// Writes a cell, by hand: its app client is `<name>-client`.
    pub(crate) async fn put_cell(&self, name: &str, pool: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = |number: u32| AttributeValue::N(number.to_string());
        let put = self.dynamodb().put_item().table_name("tenancy");
        let put = put.item("pk", text(&format!("CELL#{name}"))).item("sk", text("META"));
        let put = put.item("et", text("cell")).item("v", number(1)).item("cell", text(name));
        let put = put.item("pool", text(pool)).item("region", text(REGION)).item("status", text("open"));
        let put = put.item("capacity", number(900)).item("tenants", number(1));
        let put = put.item("domain", text(&format!("{name}.login.example.com")));
        put.item("clientId", text(&format!("{name}-client"))).send().await.unwrap();
    }

    /// Deletes an item, by hand.
    pub(crate) async fn delete_item(&self, pk: &str, sk: &str) {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let delete =
            self.dynamodb().delete_item().table_name("tenancy").key("pk", key(pk)).key("sk", key(sk));
        delete.send().await.unwrap();
    }

    /// Runs several lines at the same time.
    pub(crate) async fn at_once(&self, lines: &[&str]) -> Vec<Run> {
        let runs = lines.iter().map(|line| {
            let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantctl"));
            command.args(words(line)).env_clear().envs(self.environment()).current_dir(self.folder.path());
            async move { command.output().await.unwrap() }
        });
        let mut ended = Vec::new();
        let running: Vec<_> = runs.map(tokio::spawn).collect();
        for run in running {
            let output = run.await.unwrap();
            ended.push(Run {
                code: output.status.code().unwrap_or(-1),
                stdout: String::from_utf8(output.stdout).unwrap(),
                stderr: String::from_utf8(output.stderr).unwrap(),
            });
        }
        ended
    }

    /// The user pools, past the binary.
    pub(crate) fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
        let config = aws_sdk_cognitoidentityprovider::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&self.stack.endpoints().cognito)
            .build();
        aws_sdk_cognitoidentityprovider::Client::from_conf(config)
    }

    /// Makes a confirmed user, and gives the sub.
    pub(crate) async fn user(&self, email: &str) -> String {
        let cognito = self.cognito();
        let address = AttributeType::builder().name("email").value(email).build().unwrap();
        let verified = AttributeType::builder().name("email_verified").value("true").build().unwrap();
        let made = cognito.admin_create_user().user_pool_id(&self.pool).username(email);
        let made = made.user_attributes(address).user_attributes(verified);
        let made = made.send().await.unwrap();
        let set =
            cognito.admin_set_user_password().user_pool_id(&self.pool).username(email).password(PASSWORD);
        set.permanent(true).send().await.unwrap();
        let attributes = made.user.unwrap().attributes.unwrap();
        attributes.into_iter().find(|attribute| attribute.name == "sub").unwrap().value.unwrap()
    }

    /// Signs in, and gives the refresh token.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let auth =
            self.cognito().initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::UserPasswordAuth);
        let auth = auth.auth_parameters("USERNAME", email).auth_parameters("PASSWORD", PASSWORD);
        auth.send().await.unwrap().authentication_result.unwrap().refresh_token.unwrap()
    }

    /// Whether a refresh token still gets tokens.
    pub(crate) async fn refresh(&self, token: &str) -> bool {
        let auth =
            self.cognito().initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::RefreshTokenAuth);
        auth.auth_parameters("REFRESH_TOKEN", token).send().await.is_ok()
    }

    /// What the functions would read of a user.
    pub(crate) async fn records(&self, sub: &str) -> tenancy::UserRecords {
        let store = tenancy_aws::DynamoStore::new(self.dynamodb(), "tenancy".to_owned());
        store.user(&self.user_key(sub)).await.unwrap()
    }

    /// Redeems a code as the functions do.
    pub(crate) async fn redeem(&self, code: &str, sub: &str, email: Option<&str>) {
        assert!(self.try_redeem(code, sub, email).await, "the code is refused");
    }

    /// Whether a code can be redeemed by a user with this verified address.
    pub(crate) async fn try_redeem(&self, code: &str, sub: &str, email: Option<&str>) -> bool {
        let store = tenancy_aws::DynamoStore::new(self.dynamodb(), "tenancy".to_owned());
        let email = email.map(|email| email.parse().unwrap());
        let applicant = Applicant {
            user: &self.user_key(sub),
            pool_tenant: None,
            redeem: Redeem::On,
            username: None,
            email: email.as_ref(),
            is_email_verified: true,
            identities: &Identities::None,
            is_fresh_from_provider: false,
            verified_providers: &[],
            is_refresh: false,
            code: &Presented::parse(code),
            request_id: "test",
            now: std::time::SystemTime::now().into(),
        };
        let confirmation = Confirmation { applicant, client: None, asked: &Presented::None };
        let joined = tenancy::confirm::confirm(confirmation, &store).await.unwrap();
        matches!(joined.join.outcome, JoinOutcome::Joined(_))
    }

    fn user_key(&self, sub: &str) -> UserKey {
        UserKey { pool: self.pool.parse().unwrap(), sub: sub.parse().unwrap() }
    }

    /// Puts a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// A file of the folder.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// So that what comes next is in another second: the audit is in the order of seconds.
    pub(crate) fn wait_a_second() {
        tokio::task::block_in_place(|| std::thread::sleep(std::time::Duration::from_millis(1_010)));
    }

    /// What every run finds in its environment.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
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
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_with(line, &[], "")
    }

    /// The same, with more variables (an empty value takes one away) and something on standard input.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)], input: &str) -> Run {
        let mut environment = self.environment();
        for (name, value) in variables {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        environment.retain(|_, value| !value.is_empty());
        run(line, &environment, self.folder.path(), input)
    }

    /// The JSON document of a run that must end well.
    pub(crate) fn json(&self, line: &str) -> Value {
        let run = self.run(&format!("{line} --output json")).ok();
        serde_json::from_str(&run).unwrap_or_else(|error| panic!("{error}: {run}"))
    }
}

/// Runs the real binary in `folder`, with nothing in its environment but `environment`.
pub(crate) fn run(line: &str, environment: &BTreeMap<String, String>, folder: &Path, input: &str) -> Run {
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
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout
    }

    /// What it said on standard error, if it ended with `code`.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
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
            writeln!(f, "--- exit {}", self.code)?;
        }
        Ok(())
    }
}

/// A table that is none of ours: its key is a number.
pub(crate) async fn create_foreign_table(client: &aws_sdk_dynamodb::Client, name: &str) {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N);
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(id.build().unwrap())
        .key_schema(KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap())
        .send()
        .await
        .unwrap();
}

/// One text after the other.
pub(crate) fn many(numbers: std::ops::Range<usize>, text: impl Fn(usize) -> String) -> String {
    numbers.map(text).collect::<Vec<_>>().concat()
}

/// A map with its names in order, and so all maps in it.
fn ordered_map(map: &HashMap<String, AttributeValue>) -> String {
    let mut members: Vec<String> =
        map.iter().map(|(name, value)| format!("{name}: {}", ordered(value))).collect();
    members.sort();
    format!("{{{}}}", members.join(", "))
}

fn ordered(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => ordered_map(map),
        AttributeValue::L(list) => format!("[{}]", list.iter().map(ordered).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

/// Splits a line at blanks, as a shell does; single quotes hold together.
pub(crate) fn words(line: &str) -> Vec<String> {
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

/// What differs from run to run, and what stands for it: of the same width, so that columns stay.
const MASKS: [(&str, &str); 12] = [
    (r"inv_[0-9A-Z]{26}", "inv_CODECODECODECODECODECODECO"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "YYYY-MM-DDThh:mm:ssZ"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d", "YYYY-MM-DD hh:mm"),
    (r"\b1[78]\d{8}\b", "EPOCHSECON"),
    (r"\b[0-9a-f]{64}\b", "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"),
    (
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        "ssssssss-uuuu-bbbb-ssss-uuuuuuuuuuuu",
    ),
    (r"\b[0-9a-f]{16}\b", "aauudd-aauudd-id"),
    (r"\b[0-9a-f]{8}\b", "rrrrrrrr"),
    (r"eu-west-1_[A-Za-z0-9]{9}", "eu-west-1_POOLPOOLX"),
    (r"\b[a-z0-9]{26}\b", "clientidclientidclientidcl"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\(os error \d+\)", "(os error N)"),
];

/// A text without what differs from run to run.
pub(crate) fn tidy(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (pattern, mask)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

/// Compares with a stored snapshot, without what differs from run to run.
#[macro_export]
macro_rules! assert_page {
    ($run:expr) => {{
        insta::assert_snapshot!($crate::support::tidy(&$run.to_string()));
    }};
}
