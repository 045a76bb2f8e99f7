//! What a shell gets when it asks, in the way of bash.

use std::time::{Duration, Instant};

use crate::support::Desk;

/// A busy machine may need longer than the half second that a shell waits by default.
const PATIENT: (&str, &str) = ("TENANTCTL_COMPLETION_TIMEOUT_MS", "60000");

/// A table in the file `tenants.db`, with the tenants `acme` (roles admin and member, one open invite) and `globex`, and
/// two cells.
async fn desk() -> Desk {
    let desk = Desk::without_table().await;
    for line in [
        "table create",
        "tenant create acme --name 'Acme Corporation' --tier pro",
        "tenant create globex --name Globex --tier free",
        "tenant roles set acme admin --group admins",
        "tenant roles set acme member --group users",
        "cell create shared-1 --user-pool-id eu-west-1_Shared123 --domain login.example.com --unchecked",
        "cell create silo-acme --user-pool-id eu-west-1_Silo12345 --domain acme.example.com --unchecked",
    ] {
        desk.run(&format!("{line} --local tenants.db")).ok();
    }
    desk
}

/// The values that bash is offered for the last word of the line; words are separated by one blank. Options are left out
/// unless the word begins as one.
fn offered(desk: &Desk, line: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let index = (words.len() - 1).to_string();
    let asks = [("COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", index.as_str()), ("_CLAP_IFS", "\n")];
    let variables: Vec<(&str, &str)> = asks.iter().chain(variables).copied().collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let run = desk.run_with(&format!("-- {}", quoted.join(" ")), &variables, "");
    assert_eq!(run.stderr, "", "never a word beside the answer");
    let is_wanted = |offered: &&str| !offered.starts_with('-') || words[words.len() - 1].starts_with('-');
    run.ok().lines().filter(is_wanted).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_roles_and_invites_of_a_table_are_offered() {
    let desk = desk().await;
    let local = "--local tenants.db";
    desk.run(&format!("invite create --tenant acme --role admin {local}")).ok();
    let invites = desk.run(&format!("invite list --tenant acme --output json {local}")).ok();
    let invites: serde_json::Value = serde_json::from_str(&invites).unwrap();
    let reference = invites["invites"][0]["reference"].as_str().unwrap();

    let rows: [(String, &[&str]); 11] = [
        (format!("tenantctl {local} tenant show "), &["acme", "globex"]),
        (format!("tenantctl tenant show {local} g"), &["globex"]),
        (format!("tenantctl {local} member list --tenant "), &["acme", "globex"]),
        (format!("tenantctl {local} member list --tenant=a"), &["--tenant=acme"]),
        (format!("tenantctl {local} why ana --tenant gl"), &["globex"]),
        (format!("tenantctl {local} member add ana --tenant acme --role "), &["admin", "member"]),
        (format!("tenantctl {local} tenant roles unset acme m"), &["member"]),
        (format!("tenantctl {local} invite revoke --tenant acme "), &[reference]),
        (format!("tenantctl {local} cell show "), &["shared-1", "silo-acme"]),
        (format!("tenantctl {local} tenant place acme --cell si"), &["silo-acme"]),
        (format!("tenantctl {local} cell drain sh"), &["shared-1"]),
    ];

    for (line, expected) in rows {
        assert_eq!(offered(&desk, &line, &[PATIENT]), expected, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_on_aws_is_asked_by_the_environment() {
    let desk = Desk::with_acme().await;

    let tenants = offered(&desk, "tenantctl tenant show ", &[PATIENT]);

    assert_eq!(tenants, ["acme"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_of_the_table_nothing_is_offered_and_nobody_waits() {
    let desk = desk().await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let rows: [(&str, &[(&str, &str)]); 4] = [
        ("tenantctl tenant show ", &[("AWS_ENDPOINT_URL_DYNAMODB", &silent)]),
        ("tenantctl tenant show ", &[("TENANCY_TABLE", "")]),
        ("tenantctl tenant show ", &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]),
        ("tenantctl --local missing.db member add ana --tenant acme --role ", &[]),
    ];

    for (line, variables) in rows {
        let began = Instant::now();
        assert_eq!(offered(&desk, line, variables), Vec::<String>::new(), "{line} {variables:?}");
        // The AWS SDK gives up after 50 s.
        assert!(began.elapsed() < Duration::from_secs(30), "{line} {variables:?}: {:?}", began.elapsed());
    }
    assert!(!desk.folder.path().join("missing.db").exists(), "nothing is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_options_and_their_values_are_offered_without_a_table() {
    let desk = Desk::without_table().await;
    let rows: [(&str, &[&str]); 4] = [
        ("tenantctl te", &["tenant"]),
        ("tenantctl tenant set", &["set-tier"]),
        ("tenantctl why --cl", &["--client"]),
        ("tenantctl tenant list --output j", &["json"]),
    ];

    for (line, expected) in rows {
        assert_eq!(offered(&desk, line, &[]), expected, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bash_asks_with_the_script_that_completions_prints() {
    let desk = desk().await;
    let types_a_tab = "source <(tenantctl completions bash)
        COMP_WORDS=(tenantctl --local tenants.db tenant suspend g) COMP_CWORD=5 COMP_TYPE=9
        _clap_complete_tenantctl tenantctl g suspend
        echo \"${COMPREPLY[@]}\"";

    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_tenantctl"));
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", types_a_tab]).env_clear().current_dir(desk.folder.path());
    bash.env("PATH", format!("{}:/usr/bin:/bin", binary.parent().unwrap().display()));
    bash.envs([PATIENT]);
    let output = tokio::task::block_in_place(|| bash.output()).unwrap();

    assert_eq!(String::from_utf8_lossy(&output.stdout), "globex\n", "{output:?}");
}
