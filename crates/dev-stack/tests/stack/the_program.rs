//! `cargo dev-stack` itself. Its functions are never called here, so they need not be built.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::fixture::{PASSWORD, api};

const EMAIL: &str = "ana@example.com";

/// A folder with files that stand in for the functions.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in dev_stack::functions::ALL {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-stack"));
    command.args(arguments).env("DEV_STACK_BIN_DIR", folder).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Starts it on a file, and waits for its variables.
async fn start(folder: &Path, more: &[&str]) -> (Child, BTreeMap<String, String>) {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let (data, env) = (file("t.db"), file("app.env"));
    let _ = std::fs::remove_file(&env);
    let arguments = [&["--data", &data, "--env-file", &env], more].concat();
    let child = program(folder, &arguments).spawn().unwrap();
    let variables = async {
        while !PathBuf::from(&env).exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(3), variables).await.expect("it starts");
    let lines = std::fs::read_to_string(&env).unwrap();
    let pairs = lines.lines().map(|line| line.split_once('=').expect("KEY=VALUE"));
    (child, pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

async fn terminate(mut child: Child) {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success(), "it ends by itself");
}

#[tokio::test]
async fn an_app_finds_the_same_pool_and_users_after_a_restart() {
    let folder = folder();
    let ids = ["--user-pool-id", "us-east-1_local", "--client-id", "web"];
    let (first, variables) = start(folder.path(), &ids).await;
    let endpoint = &variables["COGNITO_ENDPOINT"];
    assert_eq!(&variables["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"], endpoint);
    assert_eq!(variables["ISSUER"], format!("{endpoint}/us-east-1_local"));
    assert_eq!(variables["JWKS_URL"], format!("{endpoint}/us-east-1_local/.well-known/jwks.json"));
    assert_eq!((&*variables["USER_POOL_ID"], &*variables["CLIENT_ID"]), ("us-east-1_local", "web"));
    assert_eq!((&*variables["AWS_REGION"], &*variables["TENANCY_TABLE"]), ("us-east-1", "tenancy"));
    assert!(variables["INVITE_CODE"].starts_with("inv_"));
    api(endpoint).sign_up().client_id("web").username(EMAIL).password(PASSWORD).send().await.unwrap();
    terminate(first).await;

    let (second, variables) = start(folder.path(), &["--empty"]).await;

    assert_eq!((&*variables["USER_POOL_ID"], &*variables["CLIENT_ID"]), ("us-east-1_local", "web"));
    assert_eq!(variables["AWS_REGION"], "us-east-1");
    let users = api(&variables["COGNITO_ENDPOINT"]);
    let ana = users.admin_get_user().user_pool_id("us-east-1_local").username(EMAIL);
    ana.send().await.expect("she is still there");
    let dana = &variables["DANA"];
    terminate(second).await;
    let (third, variables) = start(folder.path(), &["--empty"]).await;
    assert_eq!(&variables["DANA"], dana, "nor is dana made twice");
    terminate(third).await;
}

#[tokio::test]
async fn a_wrong_setting_is_refused_before_anything_starts() {
    let nowhere = Path::new("nowhere");
    let wrong = ["--set", "MOED=observe", "--set", "CLAIM_BYTES_MAX=no"];

    let output = program(nowhere, &wrong).output().await.unwrap();

    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("no function has a setting MOED") && text.contains("CLAIM_BYTES_MAX"), "{text}");
    assert!(!text.contains("nowhere"), "no binary was looked for: {text}");
}
