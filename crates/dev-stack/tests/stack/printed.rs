//! What `cargo dev-stack` prints holds no password, token, attribute or metadata; an invite code only at the start; an address
//! and what is mailed only where its user looks for them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    process::Stdio,
    time::Duration,
};

use aws_sdk_cognitoidentityprovider::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{AttributeType, AuthFlowType, AuthenticationResultType},
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::fixture::{api, http};

const ADDRESS: &str = "canary.mail@example.com";
const STRANGER: &str = "canary.stranger@example.com";
const FAMILY_NAME: &str = "canary-family-name";
const METADATA: &str = "canary-metadata";
const PASSWORD: &str = "Canary-password-1";
const WRONG_PASSWORD: &str = "Canary-password-2";
const TEMPORARY_PASSWORD: &str = "Canary-temporary-1";
const SECRET_KEY: &str = "canary-secret-access-key";
const SESSION_TOKEN: &str = "canary-session-token";

/// As loud as it could be asked to be.
const LOUD: [(&str, &str); 4] = [
    ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ("AWS_SESSION_TOKEN", SESSION_TOKEN),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
];

/// The program, and a folder for what it prints.
struct Program {
    folder: TempDir,
    child: Child,
    variables: BTreeMap<String, String>,
}

impl Program {
    async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = folder.path().join("app.env");
        let output = |name: &str| Stdio::from(File::create(folder.path().join(name)).unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_dev-stack"));
        command.args(["--set", "AWS_LAMBDA_LOG_LEVEL=TRACE", "--env-file"]).arg(&env).args(arguments);
        command
            .envs(LOUD)
            .stdin(Stdio::null())
            .stdout(output("out"))
            .stderr(output("err"))
            .kill_on_drop(true);
        let child = command.spawn().unwrap();
        let written = async {
            while !env.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // It may build the functions first.
        tokio::time::timeout(Duration::from_mins(8), written).await.expect("it starts");
        let lines = fs::read_to_string(&env).unwrap();
        let pairs = lines.lines().map(|line| line.split_once('=').expect("KEY=VALUE"));
        let variables = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { folder, child, variables }
    }

    fn printed(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// What was mailed to a user.
    async fn mailed(&self, address: &str) -> String {
        let begin = format!("[mail] to {address}: ");
        for _ in 0..500 {
            let printed = self.printed("err");
            if let Some(mail) = printed.lines().rfind(|line| line.starts_with(&begin)) {
                return mail.rsplit(' ').next().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no mail to {address}: {}", self.printed("err"));
    }

    /// Ends it. Gives what it printed on both outputs.
    async fn end(mut self) -> (String, String) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
        assert!(self.child.wait().await.unwrap().success(), "it ends by itself");
        (self.printed("out"), self.printed("err"))
    }
}

/// Signs up, and confirms with this metadata. `false`: refused.
async fn joins(program: &Program, users: &Client, address: &str, metadata: &[(&str, &str)]) -> bool {
    let client = &program.variables["CLIENT_ID"];
    let attribute =
        |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
    let sign_up = users.sign_up().client_id(client).username(address).password(PASSWORD);
    let sign_up = sign_up.user_attributes(attribute("email", address));
    sign_up.user_attributes(attribute("family_name", FAMILY_NAME)).send().await.unwrap();
    let code = program.mailed(address).await;
    let confirm = || users.confirm_sign_up().client_id(client).username(address);
    confirm().confirmation_code(METADATA).send().await.unwrap_err();
    let mut right = confirm().confirmation_code(code).client_metadata("note", METADATA);
    for (name, value) in metadata {
        right = right.client_metadata(*name, *value);
    }
    right.send().await.is_ok()
}

async fn sign_in(program: &Program, users: &Client, password: &str) -> Option<AuthenticationResultType> {
    let call = users.initiate_auth().client_id(&program.variables["CLIENT_ID"]);
    let call = call.auth_flow(AuthFlowType::UserPasswordAuth).auth_parameters("USERNAME", ADDRESS);
    let answer = call.auth_parameters("PASSWORD", password).client_metadata("note", METADATA).send().await;
    answer.ok()?.authentication_result
}

/// Everything that users, administrators and wrong callers do. Gives the tokens.
async fn everything(program: &Program, may_join: bool) -> Vec<String> {
    let variables = &program.variables;
    let users = api(&variables["COGNITO_ENDPOINT"]);
    let (pool, client) = (&variables["USER_POOL_ID"], &variables["CLIENT_ID"]);
    let code = variables["INVITE_CODE"].as_str();
    assert_eq!(joins(program, &users, ADDRESS, &[("inviteCode", code)]).await, may_join);
    assert!(!joins(program, &users, STRANGER, &[("inviteCode", METADATA)]).await);
    let mut tokens = Vec::new();
    if let Some(found) = sign_in(program, &users, PASSWORD).await {
        tokens.extend([found.id_token(), found.access_token(), found.refresh_token()].map(Option::unwrap));
        let tokens: Vec<String> = tokens.into_iter().map(str::to_owned).collect();
        let refresh = || users.get_tokens_from_refresh_token().client_id(client).refresh_token(&tokens[2]);
        refresh().client_metadata("note", METADATA).send().await.unwrap();
        let refused = refresh().client_metadata("tenantId", METADATA).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("UserLambdaValidationException"));
        return wrong_calls(program, &users, pool, tokens).await;
    }
    assert!(!may_join, "a member signs in");
    wrong_calls(program, &users, pool, Vec::new()).await
}

async fn wrong_calls(program: &Program, users: &Client, pool: &str, tokens: Vec<String>) -> Vec<String> {
    assert!(sign_in(program, users, WRONG_PASSWORD).await.is_none());
    let created = users.admin_create_user().user_pool_id(pool).username("canary.new@example.com");
    created.temporary_password(TEMPORARY_PASSWORD).send().await.unwrap();
    let endpoint = |name: &str| format!("{}/", program.variables[name]);
    let target = ("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth");
    for body in [format!("{{\"{METADATA}\": "), format!("{{\"AuthFlow\": \"{METADATA}\", \"ClientId\": 7}}")]
    {
        http("POST", &endpoint("COGNITO_ENDPOINT"), &[target], &body).await;
        http("POST", &endpoint("AWS_ENDPOINT_URL_DYNAMODB"), &[target], &body).await;
    }
    let invoke = |function: &str| {
        format!("{}2015-03-31/functions/{function}/invocations", endpoint("AWS_ENDPOINT_URL_LAMBDA"))
    };
    let event = format!("{{\"triggerSource\": \"{METADATA}\", \"userName\": \"{ADDRESS}\", \"request\": 7}}");
    for function in ["post-confirmation", "pre-token-generation", "authorizer"] {
        http("POST", &invoke(function), &[], &event).await;
    }
    let token = format!("{}/oauth2/token", program.variables["ISSUER"]);
    http("POST", &token, &[("authorization", &format!("Basic {METADATA}"))], METADATA).await;
    tokens
}

/// Whether a text is in a line; six digits, as a word of their own.
fn holds(line: &str, text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
    if is_word { words.any(|word| word == text) } else { line.contains(text) }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret_or_what_its_user_does_not_look_for() {
    let outage = ["--verbose", "--set", "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1"];
    let (mut lines, mut planted) = (0, 0);
    for arguments in [&[][..], &["--verbose"], &outage] {
        let program = Program::start(arguments).await;

        let tokens = everything(&program, arguments.len() < 2).await;

        let (invite, mailed) = (program.variables["INVITE_CODE"].clone(), program.mailed(ADDRESS).await);
        let (out, err) = program.end().await;
        let secrets = [FAMILY_NAME, METADATA, PASSWORD, WRONG_PASSWORD, SECRET_KEY, SESSION_TOKEN];
        for secret in secrets.into_iter().chain(tokens.iter().map(String::as_str)) {
            assert!(
                !out.contains(secret) && !err.contains(secret),
                "{arguments:?} printed {secret}: {out}{err}"
            );
        }
        // The person at the keyboard is all users, and their mailbox. The full lines of the functions have no address.
        let shows_users = arguments.is_empty();
        let is_of_a_user = |line: &str| shows_users && line.contains(&format!("  {ADDRESS}  "));
        for shown in [ADDRESS, STRANGER, TEMPORARY_PASSWORD, &mailed] {
            let mut elsewhere = out.lines().chain(err.lines()).filter(|line| holds(line, shown));
            let told = elsewhere.find(|line| !line.starts_with("[mail] to ") && !is_of_a_user(line));
            let told = told.filter(|line| !(shows_users && line.contains(&format!("  {STRANGER}  "))));
            assert_eq!(told, None, "{arguments:?}: {shown}");
        }
        assert_eq!(out.matches(&invite).count(), 1, "{out}");
        assert!(!err.contains(invite.trim_start_matches("inv_")), "{err}");
        let functions = if shows_users { "confirm  " } else { "\"Outcome\"" };
        assert!(err.contains(functions), "the functions' lines are shown: {err}");
        lines += out.lines().count() + err.lines().count();
        planted = planted.max(secrets.len() + tokens.len() + 5);
    }

    println!("canary\tdev-stack\t{lines}\t{planted}");
}
