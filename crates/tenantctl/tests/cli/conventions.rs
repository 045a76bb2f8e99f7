//! What holds for every command.

use std::io::{Read, Write};
use std::process::Command;

use serde_json::Value;

use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn the_help_fits_a_page() {
    let desk = Desk::without_table().await;

    let help = desk.run("--help");

    assert_page!(help);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_followed_ends_with_2() {
    let desk = Desk::without_table().await;
    let rows = [
        ("frobnicate", "unrecognized subcommand"),
        ("tenant frobnicate", "unrecognized subcommand"),
        ("tenant create Acme --name x --tier y", "tenant id"),
        ("tenant create acme --name x", "--tier"),
        ("tenant list --local t.db --profile p", "cannot be used with"),
        ("tenant rename acme", "--name"),
    ];

    for (line, words) in rows {
        let said = desk.run(line).fails(2);
        assert!(said.contains(words), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_json_where_json_was_asked_for() {
    let desk = Desk::with_acme().await;

    let said = desk.run("tenant show none --output json");

    assert_eq!((said.code, said.stdout.as_str()), (3, ""));
    let error: Value = serde_json::from_str(&said.stderr).unwrap();
    assert_eq!(error["error"]["code"], "tenant-unknown");
    assert!(error["error"]["message"].as_str().unwrap().contains("`none`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_and_notes_are_json_too_where_json_was_asked_for() {
    let desk = Desk::with_acme().await;

    let usage = desk.run("tenant show Bad --output json");
    let noted = desk.run("client bind nosuchclient --tenant acme --mode machine --no-lookup --output json");
    let late = desk.run("replay none.json --output json");

    for run in [&usage, &noted, &late] {
        for line in run.stderr.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {run}"));
        }
    }
    let error: Value = serde_json::from_str(&usage.stderr).unwrap();
    assert_eq!((usage.code, &error["error"]["code"]), (2, &"usage".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_written_cannot_drive_the_terminal() {
    let desk = Desk::with_acme().await;
    let key = "AUDIT#1700000000#x";
    desk.set_text("TENANT#acme", key, "actor", "eve\u{1b}]0;owned\u{7}\u{1b}[2J").await;
    desk.file("guests.jsonl", "{\"email\":\"a@example.com\",\"\\u001b[2Jx\":1}\n");

    let audit = desk.run("audit list --tenant acme --since 2000-01-01 --color always").ok();
    let import = desk.run("invite import guests.jsonl --tenant acme --color always");
    let actor =
        desk.run_with("tenant set-tier acme gold", &[("TENANTCTL_ACTOR", "eve\u{1b}[2J")], "").fails(2);

    assert!(
        audit.contains("eve") && !audit.contains("\u{1b}]0") && !audit.contains("\u{1b}[2J"),
        "{audit:?}"
    );
    assert!(!import.stdout.contains("\u{1b}[2J"), "{:?}", import.stdout);
    assert!(actor.contains("--actor must be one line") && !actor.contains("\u{1b}[2J"), "{actor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_that_is_what_is_said() {
    let desk = Desk::with_acme().await;
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("TENANTCTL_ACTOR", "")];

    let read = desk.run_with("tenant list", &none, "").fails(1);
    let written = desk.run_with("tenant set-tier acme gold", &none, "").fails(1);

    assert!(read.contains("no usable credentials") && read.contains("aws sso login"), "{read}");
    assert!(written.contains("no usable credentials"), "{written}");
    assert!(!written.contains("DispatchFailure"), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_terminals() {
    let desk = Desk::with_acme().await;

    let piped = desk.run("tenant list").ok();
    let wanted = desk.run("tenant list --color always").ok();

    assert!(!piped.contains('\u{1b}'));
    assert!(wanted.contains("\u{1b}[32mactive\u{1b}[0m"), "{wanted:?}");
    // With colours the columns are as wide as without.
    let plain = anstream::adapter::strip_str(&wanted).to_string();
    assert_eq!(plain, piped);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_not_broken_where_there_is_no_width() {
    let desk = Desk::with_acme().await;
    let long = "word ".repeat(24);
    desk.run(&format!("tenant rename acme --name '{}'", long.trim())).ok();

    let page = desk.run_with("tenant list", &[("COLUMNS", "")], "").ok();

    assert!(page.contains(long.trim()), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_endpoint_serves_for_all_services_and_goes_before_the_environment() {
    let desk = Desk::with_acme().await;
    let url = desk.stack.endpoints().dynamodb.clone();

    let dead = [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")];
    let said = desk.run_with(&format!("tenant list --endpoint-url {url}"), &dead, "").ok();

    assert!(said.contains("acme"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_and_region_come_from_a_profile_too() {
    let desk = Desk::with_acme().await;
    std::fs::create_dir(desk.folder.path().join(".aws")).unwrap();
    desk.file(
        ".aws/config",
        "[profile ops]\nregion = eu-west-1\naws_access_key_id = local\naws_secret_access_key = local\n",
    );
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_REGION", "")];

    let regionless = desk.run_with("tenant list", &none, "").fails(2);
    let listed = desk.run_with("tenant list --profile ops", &none, "").ok();

    assert!(regionless.contains("which region?"), "{regionless}");
    assert!(listed.contains("acme"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_reached_is_told_in_words() {
    let desk = Desk::with_acme().await;

    let dead = [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")];
    let said = desk.run_with("tenant show acme", &dead, "");

    assert_page!(said);
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_the_manual_are_printed() {
    let desk = Desk::without_table().await;

    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(desk.run(&format!("completions {shell}")).ok().contains("tenantctl"), "{shell}");
    }
    assert!(desk.run("man").ok().contains(".TH tenantctl 1"));
    desk.run("man --folder pages").ok();
    assert!(desk.read("pages/tenantctl-invite-create.1").contains("max\\-uses"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bash_takes_the_completions() {
    let desk = Desk::without_table().await;
    let script = desk.run("completions bash").ok();
    desk.file("tenantctl.bash", &script);

    let check =
        Command::new("bash").arg("-n").arg(desk.folder.path().join("tenantctl.bash")).output().unwrap();

    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_commands_work_on_a_local_file() {
    let desk = Desk::without_table().await;
    let alone: Vec<(&str, &str)> = vec![
        ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", ""),
        ("AWS_ENDPOINT_URL_DYNAMODB", ""),
        ("AWS_ENDPOINT_URL_STS", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_REGION", ""),
        ("TENANCY_TABLE", ""),
        ("TENANTCTL_ACTOR", ""),
        ("USER", "ana"),
    ];
    let run = |line: &str| desk.run_with(&format!("{line} --local tenants.db"), &alone, "");

    let missing = run("tenant list").fails(1);
    run("table create --dry-run").ok();
    assert!(!desk.folder.path().join("tenants.db").exists());
    for line in [
        "table create",
        "tenant create acme --name Acme --tier pro",
        "invite create --tenant acme --role admin",
        "member add sub-1 --tenant acme --role admin",
        "tenant set-tier acme gold",
    ] {
        run(line).ok();
    }

    assert!(missing.contains("there is no file tenants.db"), "{missing}");
    assert!(missing.contains("Create it: run `tenantctl table create` with the same --local"), "{missing}");
    assert!(run("tenant list").ok().contains("gold"));
    assert!(run("audit list --tenant acme").ok().contains("local:ana"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_named_comes_before_keys_in_the_environment() {
    let desk = Desk::with_acme().await;
    let credentials = desk.folder.path().join("credentials");
    let profile = "[sandbox]\naws_access_key_id = OFTHEPROFILE\naws_secret_access_key = secret\n";
    std::fs::write(&credentials, profile).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8192];
        let length = stream.read(&mut request).unwrap();
        let answer = r#"{"__type":"ResourceNotFoundException"}"#;
        let _ = write!(stream, "HTTP/1.1 400 X\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{address}")),
        ("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT"),
    ];

    desk.run_with("table check --profile sandbox", &variables, "").fails(3);

    // If it has not called, this ends the wait.
    let _ = std::net::TcpStream::connect(address);
    let request = first.join().unwrap();
    assert!(request.contains("Credential=OFTHEPROFILE/"), "{request}");
}
