//! `tenantctl invite`.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::assert_page;
use crate::support::proxy::interrupt_after;
use crate::support::{Desk, many};

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_made_listed_shown_and_revoked() {
    let desk = Desk::with_acme().await;
    let made = desk.run("invite create --tenant acme --role admin --email Ana@Example.com --link-base https://app.example.com/join");
    let reference =
        desk.json("invite list --tenant acme")["invites"][0]["reference"].as_str().unwrap().to_owned();

    let pages = [
        "invite list --tenant acme".to_owned(),
        format!("invite show {reference} --tenant acme"),
        format!("invite revoke {reference} --tenant acme --yes"),
        format!("invite revoke {reference} --tenant acme --yes"),
        "invite list --tenant acme --state open".to_owned(),
        "invite list --tenant acme --state revoked".to_owned(),
    ]
    .map(|line| format!("\n$ tenantctl {}\n{}", line.replace(&reference, "REF"), desk.run(&line)));

    assert_page!(format!("{made}{}", pages.concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_shown_once_and_stored_nowhere() {
    let desk = Desk::with_acme().await;

    let made = desk
        .json("invite create --tenant acme --role admin --link-base https://app.example.com/join?from=mail");
    let code = made["code"].as_str().unwrap();
    let bare = code.trim_start_matches("inv_");

    assert_eq!(made["link"], format!("https://app.example.com/join?from=mail#{code}"));
    let listed = desk.run("invite list --tenant acme --output json").ok();
    let audit = desk.run("audit list --tenant acme --output json").ok();
    let items = desk.items().await.concat();
    assert!(![listed, audit, items].iter().any(|text| text.contains(bare)));
    let shown = desk.run_with("invite show - --output json", &[], &format!("{code}\n")).ok();
    assert!(shown.contains(made["reference"].as_str().unwrap()) && !shown.contains(bare));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_that_was_made_can_be_redeemed_and_then_says_by_whom() {
    let desk = Desk::with_acme().await;
    let made = desk.json("invite create --tenant acme --role admin --max-uses 2");
    let user = "11111111-2222-3333-4444-555555555555";

    desk.redeem(made["code"].as_str().unwrap(), user, None).await;

    let shown = desk.json(&format!("invite show {} --tenant acme", made["reference"].as_str().unwrap()));
    assert_eq!((&shown["uses"], &shown["state"]), (&json!(1), &json!("open")));
    assert_eq!(shown["redeemedBy"][0]["sub"], user);
    let member = desk.json("member list --tenant acme")["members"][0].clone();
    assert_eq!((&member["sub"], &member["roles"]), (&json!(user), &json!(["admin"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_invite_has_a_new_code_and_the_old_one_is_dead() {
    let desk = Desk::with_acme().await;
    let old = desk.json("invite create --tenant acme --role admin");
    let reference = old["reference"].as_str().unwrap();

    let new = desk.json(&format!("invite resend {reference} --tenant acme --yes"));
    let refused = desk.try_redeem(old["code"].as_str().unwrap(), "sub-1", None).await;
    let joined = desk.try_redeem(new["code"].as_str().unwrap(), "sub-1", None).await;
    let again = desk.run(&format!("invite resend {reference} --tenant acme --yes"));

    assert!(!refused && joined);
    assert!(again.fails(3).contains("was revoked"));
    let states: Vec<Value> = desk.json("invite list --tenant acme")["invites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invite| invite["state"].clone())
        .collect();
    assert!(states.contains(&json!("revoked")) && states.contains(&json!("used-up")), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_by_address_can_be_resent_and_is_found_by_the_address_still() {
    let desk = Desk::with_acme().await;
    let old = desk.json("invite create --tenant acme --role admin --email ana@example.com");

    let new = desk.json("invite resend --email ana@example.com --tenant acme --expires 2d --yes");
    let shown = desk.json("invite show --email ana@example.com --tenant acme");

    assert_ne!(old["reference"], new["reference"]);
    assert_eq!((&shown["reference"], &shown["roles"]), (&new["reference"], &json!(["admin"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pointer_of_an_address_has_the_times_of_its_invite_and_keeps_its_place_when_it_is_resent() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
    let seconds = |time: Option<tenancy::Timestamp>| time.unwrap().epoch_seconds();

    desk.run("invite create --tenant acme --email ana@example.com --expires 2d").ok();
    let made = pointer(&desk, &acme).await;
    Desk::wait_a_second();
    desk.run("invite create --tenant globex --email ana@example.com").ok();
    desk.run("invite resend --tenant acme --email ana@example.com --expires 5d --yes").ok();
    let (resent, other) = (pointer(&desk, &acme).await, pointer(&desk, &globex).await);

    assert_eq!(seconds(made.expires_at) - seconds(made.created_at), 2 * 24 * 60 * 60);
    assert_ne!(resent.hash, made.hash);
    assert_eq!(resent.created_at, made.created_at, "an invite that is open keeps its place");
    assert!(seconds(resent.expires_at) > seconds(made.expires_at) + 2 * 24 * 60 * 60);
    assert!(other.created_at > resent.created_at, "so acme's goes before globex's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invite_that_is_resent_counts_from_then_on() {
    let desk = Desk::with_acme().await;
    let acme = "acme".parse().unwrap();
    desk.run("invite create --tenant acme --email ana@example.com --expires 1s").ok();
    let made = pointer(&desk, &acme).await;
    Desk::wait_a_second();

    desk.run("invite resend --tenant acme --email ana@example.com --yes").ok();

    assert!(pointer(&desk, &acme).await.created_at > made.created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invite_is_not_resent_while_its_address_has_a_newer_open_one() {
    let desk = Desk::with_acme().await;
    let old = desk.json("invite create --tenant acme --email ana@example.com --expires 1s");
    Desk::wait_a_second();
    let new = desk.json("invite create --tenant acme --email ana@example.com");

    let old = old["reference"].as_str().unwrap();
    let refused = desk.run(&format!("invite resend {old} --tenant acme --yes --output json")).fails(3);

    assert!(refused.contains(r#""code":"invite-open""#), "{refused}");
    let shown = desk.json("invite show --email ana@example.com --tenant acme");
    assert_eq!((&shown["reference"], &shown["state"]), (&new["reference"], &json!("open")));
}

/// The pointer of Ana's address to her invite of `tenant`, as the functions read it.
async fn pointer(desk: &Desk, tenant: &tenancy::TenantId) -> tenancy::InvitePointer {
    use tenancy::ports::Offers;

    let store = tenancy_aws::DynamoStore::new(desk.dynamodb(), "tenancy".to_owned());
    let hash = tenancy::EmailHash::of(&"ana@example.com".parse().unwrap());
    store.pointer(&hash, tenant).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_open_invite_of_a_tenant() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    desk.run("invite create --tenant acme --email ana@example.com").ok();

    let second = desk.run("invite create --tenant acme --email ANA@example.com").fails(3);
    let other_tenant = desk.run("invite create --tenant globex --email ana@example.com");
    desk.run("invite revoke --email ana@example.com --tenant acme --yes").ok();
    let after = desk.run("invite create --tenant acme --email ana@example.com");

    assert!(second.contains("has an open invite of `acme` already"), "{second}");
    other_tenant.ok();
    after.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_of_an_address_are_found_in_all_tenants() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    for tenant in ["acme", "globex"] {
        desk.run(&format!("invite create --tenant {tenant} --email ana@example.com")).ok();
    }
    desk.run("invite create --tenant acme --email bob@example.com").ok();

    let tenants = |line: &str| {
        let listed = desk.json(line);
        let mut tenants: Vec<String> = listed["invites"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["tenant"].as_str().unwrap().to_owned())
            .collect();
        tenants.sort();
        tenants
    };
    assert_eq!(tenants("invite list --email Ana@example.com"), ["acme", "globex"]);
    assert_eq!(tenants("invite list --email ana@example.com --tenant acme"), ["acme"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_of_another_tenant_is_neither_shown_nor_changed() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let made = desk.json("invite create --tenant globex");
    let code = made["code"].as_str().unwrap();
    let hash = code.parse::<tenancy::InviteCode>().unwrap().hash();

    for verb in ["show INVITE", "revoke INVITE --yes", "resend INVITE --yes"] {
        for (invite, input) in [(hash.as_str(), ""), ("-", code)] {
            let line = format!("invite {} --tenant acme --output json", verb.replace("INVITE", invite));
            let refused = desk.run_with(&line, &[], input).fails(3);
            assert!(refused.contains(r#""code":"invite-of-other-tenant""#), "{line}: {refused}");
        }
    }

    assert_eq!(desk.json(&format!("invite show {} --tenant globex", hash.as_str()))["state"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_keeps_to_its_limits() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create over --name Over --tier free").ok();
    desk.run("tenant suspend over --yes").ok();
    let rows = [
        ("invite create --tenant acme --expires 31d", 3, "30 days at most"),
        ("invite create --tenant acme --expires 0s", 3, "expired at once"),
        ("invite create --tenant acme --expires soon", 2, "7d, 36h or 90m"),
        ("invite create --tenant acme --max-uses 0", 3, "1 to 10000 users"),
        ("invite create --tenant acme --max-uses 10001", 3, "1 to 10000 users"),
        ("invite create --tenant acme --email nobody", 2, "e-mail address"),
        ("invite create --tenant acme --role 'a b'", 2, "role"),
        ("invite create --tenant acme --link-base http://app.example.com", 2, "https://"),
        ("invite create --tenant acme --link-base https://app.example.com/#/join", 2, "fragment"),
        ("invite create --tenant none", 3, "there is no tenant `none`"),
        ("invite create --tenant over", 3, "not active"),
        ("invite show 0123abcd", 2, "needs its tenant"),
        ("invite show 0123abcd --tenant acme", 3, "there is no such invite"),
        ("invite show nonsense --tenant acme", 2, "not an invite: give a reference"),
        ("invite show inv_0123456789ABCDEFGHJKMNPQRS", 2, "others can see a command line"),
        ("invite create --tenant acme --link-base http://localhost.evil.example/join", 2, "https://"),
        ("invite create --tenant acme --set CLAIM_BYTE_MAX=64", 2, "no setting CLAIM_BYTE_MAX"),
    ];

    for (line, code, words) in rows {
        let said = desk.run(line).fails(code);
        assert!(said.contains(words), "{line}: {said}");
    }
    assert_eq!(desk.json("invite list --tenant acme")["invites"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_the_tenant_does_not_list_is_noted() {
    let desk = Desk::with_acme().await;
    desk.run("tenant roles set acme admin --group acme-admins").ok();

    let run = desk.run("invite create --tenant acme --role admn");

    assert!(run.stderr.contains("does not list the role `admn`"), "{run}");
    run.ok();
}

const LIST: &str =
    "email,roles,expires\nana@example.com,admin viewer,\nbob@example.com,,36h\nnobody,,\nBob@Example.com,,\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_planned_then_imported_and_a_second_run_makes_no_doubles() {
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", LIST);
    let before = desk.items().await;

    let plan = desk.run("invite import guests.csv --tenant acme --role member");
    assert_eq!(desk.items().await, before);
    let first = desk.run("invite import guests.csv --tenant acme --role member --apply --codes codes.csv");
    let codes = desk.read("codes.csv");
    let after = desk.items().await;
    let second = desk.run("invite import guests.csv --tenant acme --role member --apply --codes codes.csv");

    assert_page!(format!("{plan}\n{first}\n{second}\n{codes}"));
    assert_eq!(desk.items().await, after);
    assert_eq!(desk.read("codes.csv"), codes);
    let roles = |line: usize| {
        desk.json("invite list --tenant acme")["invites"]
            .as_array()
            .unwrap()
            .iter()
            .find(|invite| invite["email"] == ["ana@example.com", "bob@example.com"][line])
            .unwrap()["roles"]
            .clone()
    };
    assert_eq!((roles(0), roles(1)), (json!(["admin", "viewer"]), json!(["member"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_an_import_can_be_redeemed_and_who_has_is_not_invited_again() {
    let desk = Desk::with_acme().await;
    desk.file("guests.jsonl", "{\"email\":\"ana@example.com\",\"roles\":[\"admin\"]}\n\n{\"email\":\"bob@example.com\"}\n{\"mail\":\"x\"}\n");
    let line = "invite import guests.jsonl --tenant acme --apply --codes codes.csv --link-base https://app.example.com/join";

    assert_eq!(desk.run(line).code, 4);
    let codes = desk.read("codes.csv");
    let row = codes.lines().nth(1).unwrap().to_owned();
    let code = row.split(',').nth(1).unwrap();
    desk.redeem(code, "sub-1", Some("ana@example.com")).await;
    let again = desk.run(&format!("{line} --output json"));

    assert!(row.contains(&format!("https://app.example.com/join#{code}")), "{row}");
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    let outcomes: Vec<&str> =
        again["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["already-redeemed", "already-invited", "invalid"]);
    assert_eq!(again["rows"][2]["line"], 4);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_their_owner_may_read_the_codes() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", "email\nana@example.com\n");

    desk.run("invite import guests.csv --tenant acme --apply --codes codes.csv").ok();

    let mode = std::fs::metadata(desk.folder.path().join("codes.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_is_finished_by_the_next_with_no_code_lost_and_no_double() {
    let desk = Desk::with_acme().await;
    let guests = many(0..60, |n| format!("guest{n}@example.com\n"));
    desk.file("guests.csv", &format!("email\n{guests}"));
    let line = ["invite", "import", "guests.csv", "--tenant", "acme", "--apply", "--codes", "codes.csv"];

    let codes = desk.folder.path().join("codes.csv");

    // Killed at several moments; the last run ends by itself.
    for pause in [60, 100, 140, 200] {
        let mut import = Command::new(env!("CARGO_BIN_EXE_tenantctl"))
            .args(line)
            .env_clear()
            .envs(desk.environment())
            .current_dir(desk.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A busy machine takes its time to begin.
        while !codes.exists() && import.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        import.kill().unwrap();
        import.wait().unwrap();
    }
    // As if the power had failed in the middle of a line.
    std::fs::OpenOptions::new()
        .append(true)
        .open(&codes)
        .and_then(|mut file| file.write_all(b"half@exa"))
        .unwrap();
    desk.run("invite import guests.csv --tenant acme --apply --codes codes.csv").ok();

    let listed = desk.json("invite list --tenant acme");
    let invites = listed["invites"].as_array().unwrap();
    assert_eq!(invites.len(), 60);
    let codes = desk.read("codes.csv");
    let mut last = std::collections::BTreeMap::new();
    for row in codes.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        last.insert(fields[0].to_owned(), fields[1].parse::<tenancy::InviteCode>().unwrap());
    }
    assert!(!codes.contains("half@exa"));
    for invite in invites {
        let code = &last[invite["email"].as_str().unwrap()];
        assert_eq!(invite["hash"], code.hash().as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_runs_nothing_in_the_codes_file_and_the_next_run_reads_it() {
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", "email\n=hyperlink(1)@example.com\n+1;=2@example.com\n");
    let line = "invite import guests.csv --tenant acme --apply --codes codes.csv";

    desk.run(line).ok();
    let codes = desk.read("codes.csv");
    desk.run("invite revoke --tenant acme --email '=hyperlink(1)@example.com' --yes").ok();
    desk.run("invite create --tenant acme --email '=hyperlink(1)@example.com'").ok();
    let again = desk.json(line);

    let rows: Vec<&str> = codes.lines().skip(1).collect();
    assert!(rows[0].starts_with("'=hyperlink(1)@example.com,inv_"), "{codes}");
    assert!(rows[1].starts_with(r#""'+1;=2@example.com","inv_"#), "{codes}");
    assert_eq!(again["counts"], json!({ "already-invited": 2 }));
    assert_eq!(
        again["rows"][0]["detail"],
        "the code in the file no longer works: the address was invited again later"
    );
    assert_eq!(again["rows"][1]["detail"], Value::Null, "the code in the file is the invite's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_ctrl_c_stopped_says_so_and_the_next_goes_on() {
    let desk = Desk::with_acme().await;
    let guests = many(0..40, |n| format!("guest{n}@example.com\n"));
    desk.file("guests.csv", &format!("email\n{guests}"));
    let line = ["invite", "import", "guests.csv", "--tenant", "acme", "--apply", "--codes", "codes.csv"];

    let import = interrupt_after(&desk, &[&line[..], &["--output", "json"]].concat(), 20).await;

    assert_eq!(import.code, 130, "{import}");
    let report: Value = serde_json::from_str(&import.stdout).unwrap();
    let done = report["rows"].as_array().unwrap().len();
    assert_eq!((&report["interrupted"], &report["lines"]), (&json!(true), &json!(40)));
    assert!((3..20).contains(&done), "{done}");
    let said = format!("interrupted after {done} of 40 lines; run the same command");
    assert!(import.stderr.contains(&said), "{import}");
    let rest = desk.json("invite import guests.csv --tenant acme --apply --codes codes.csv");
    assert_eq!(rest["counts"]["invited"], 40 - done, "{}", rest["counts"]);
    assert_eq!(rest["counts"]["already-invited"], done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_says_why() {
    let desk = Desk::with_acme().await;
    desk.file("columns.csv", "mail,role\nana@example.com,admin\n");
    desk.file("unknown.csv", "email,rolls\nana@example.com,admin\n");
    desk.file("other.txt", "hello\n");
    desk.file("minified.json", "{\"very\":\"important\"}");
    desk.file("array.json", "[{\"email\":\"ana@example.com\"}]");
    desk.file("semicolons.csv", "email;roles\nana@example.com;admin\n");
    desk.file("guests.csv", "email\nana@example.com\n");
    let rows = [
        ("invite import none.csv --tenant acme", 1, "none.csv"),
        ("invite import columns.csv --tenant acme", 2, "`mail`"),
        ("invite import unknown.csv --tenant acme", 2, "`rolls`"),
        ("invite import guests.csv --tenant acme --apply", 2, "--codes"),
        ("invite import guests.csv --tenant acme --apply --codes other.txt", 2, "is not a codes file"),
        ("invite import guests.csv --tenant acme --apply --codes minified.json", 2, "is not a codes file"),
        ("invite import array.json --tenant acme", 2, "one object a line"),
        ("invite import semicolons.csv --tenant acme", 2, "not separated by commas"),
        ("invite import guests.csv --tenant none", 3, "there is no tenant"),
    ];

    for (line, code, words) in rows {
        let said = desk.run(line).fails(code);
        assert!(said.contains(words), "{line}: {said}");
    }
    assert_eq!(desk.read("other.txt"), "hello\n");
    assert_eq!(desk.read("minified.json"), "{\"very\":\"important\"}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_could_read_becomes_private() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", "email\nana@example.com\n");
    desk.file("codes.csv", "");

    desk.run("invite import guests.csv --tenant acme --apply --codes codes.csv").ok();

    let mode = std::fs::metadata(desk.folder.path().join("codes.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_noted_and_not_written_is_used_while_its_time_lasts() {
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", "email\nana@example.com\nbob@example.com\n");
    let code = |n: u8| tenancy::InviteCode::from_random([n; 26]);
    let (fresh, old) = (code(1), code(2));
    desk.file(
        "codes.csv",
        &format!(
            "email,code,link,expires\nana@example.com,{},,2999-01-01T00:00:00Z\nbob@example.com,{},,2020-01-01T00:00:00Z\n",
            fresh.reveal(),
            old.reveal()
        )
        .replace("2999-01-01T00:00:00Z", &in_a_week()),
    );

    desk.run("invite import guests.csv --tenant acme --apply --codes codes.csv").ok();

    assert!(desk.try_redeem(&fresh.reveal(), "sub-1", Some("ana@example.com")).await);
    let bob = desk.json("invite show --email bob@example.com --tenant acme");
    assert_ne!(bob["hash"], old.hash().as_str());
    let lines = desk.read("codes.csv");
    assert_eq!(lines.matches("ana@example.com").count(), 1, "{lines}");
    assert_eq!(lines.matches("bob@example.com").count(), 2, "{lines}");
}

#[expect(clippy::disallowed_methods, reason = "an invite is made now")]
fn in_a_week() -> String {
    let week = Duration::from_hours(7 * 24);
    humantime::format_rfc3339_seconds(std::time::SystemTime::now() + week).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_counted_as_an_editor_counts_them() {
    let desk = Desk::with_acme().await;
    desk.file("guests.csv", "\u{feff}Email,Roles\r\nana@example.com,\"admin,member\"\r\n\r\nnobody,\r\n");

    let plan = desk.run("invite import guests.csv --tenant acme --output json");

    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let lines: Vec<&Value> = plan["rows"].as_array().unwrap().iter().map(|row| &row["line"]).collect();
    assert_eq!(lines, [&json!(2), &json!(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_could_not_be_shown_is_told() {
    let desk = Desk::with_acme().await;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantctl"));
    command.args(["invite", "create", "--tenant", "acme"]).env_clear().envs(desk.environment()).stdout(full);

    let output = tokio::task::block_in_place(|| command.output()).unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("its code could not be printed") && said.contains("invite resend"), "{said}");
}
