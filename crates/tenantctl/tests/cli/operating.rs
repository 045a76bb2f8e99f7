//! `docs/operating.md`: its commands are run, and what it shows is what they print.

use std::path::Path;
use std::process::Command;

use dev_stack::{FunctionProgram, FunctionSpec, Permission};
use serde_json::json;

use crate::support::{Desk, tidy};

/// A block of the page: commands, and what they print, if the page shows it.
#[derive(Debug, Default)]
struct Block {
    line: usize,
    commands: String,
    shown: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_week_of_an_operator_runs_as_it_is_written() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md"))
        .unwrap();
    let desk = Desk::without_table().await;
    let dana = desk.user("dana@example.com").await;
    desk.stack
        .cognito()
        .patch_identity_provider(&desk.pool, "AcmeOkta", json!({ "ProviderType": "SAML" }))
        .unwrap();
    let arn = |name: &str| function(&desk, name);
    let mut environment = desk.environment();
    for (name, value) in [
        ("DANA", dana.clone()),
        ("CLIENT_ID", desk.client.clone()),
        ("POST_CONFIRMATION_ARN", arn("post-confirmation")),
        ("PRE_TOKEN_GENERATION_ARN", arn("pre-token-generation")),
        ("HOME", desk.folder.path().display().to_string()),
        ("PATH", path()),
    ] {
        environment.insert(name.to_owned(), value);
    }

    let blocks = blocks(&page);
    assert!(blocks.len() > 15, "the page has lost its commands");
    for block in blocks {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &block.commands]).env_clear().envs(&environment);
        bash.current_dir(desk.folder.path());
        let output = tokio::task::block_in_place(|| bash.output()).unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let place = format!("docs/operating.md:{}: {}", block.line, block.commands);
        assert!(output.status.success(), "{place}\n{stdout}\n{stderr}");
        if let Some(shown) = block.shown {
            assert_eq!(tidy(&stdout).trim(), shown.trim(), "{place}");
        }
    }
}

/// The blocks marked `sh`, but those marked `sh skip`, with the `text` that follows.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let text: String = lines
            .by_ref()
            .take_while(|(line, _)| *line != "```")
            .flat_map(|(line, _)| [line, "\n"])
            .collect();
        match kind {
            "sh" => blocks.push(Block { line: number, commands: text, shown: None }),
            "text" => blocks.last_mut().unwrap().shown = Some(text),
            "sh skip" => {}
            other => {
                panic!("docs/operating.md:{number}: a block of kind `{other}` is neither run nor compared")
            }
        }
    }
    blocks
}

/// A function with the alias `live`, which the pool may invoke; what it does is no matter here.
fn function(desk: &Desk, name: &str) -> String {
    let lambda = desk.stack.lambda();
    let mut function = FunctionSpec::new(name, FunctionProgram::Binary("/bin/true".into()));
    function.env.insert("TENANCY_TABLE".to_owned(), "tenancy".to_owned());
    function.env.insert("REDEEM".to_owned(), "on".to_owned());
    lambda.add_function(function);
    lambda.add_alias(name, "live", "1").unwrap();
    let permission = Permission {
        source_arn: Some(desk.stack.cognito().pool_arn(&desk.pool)),
        source_account: Some(dev_stack::ACCOUNT_ID.to_owned()),
        ..Permission::of_cognito("cognito")
    };
    lambda.add_permission(&format!("{name}:live"), &permission).unwrap();
    format!("arn:aws:lambda:eu-west-1:{}:function:{name}:live", dev_stack::ACCOUNT_ID)
}

/// The binary's folder before all others.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_tenantctl")).parent().unwrap();
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
}
