//! Who loses a default tenant by what an operator does.

use serde_json::{Value, json};
use tenancy::live::TenantState;
use tenancy::sign_in::Refusal;
use tenancy::sign_in::choose::{Choice, choose};

use crate::support::Desk;

/// Ana and Ben are in acme, then in globex; cai in acme and then in initech; dan in acme alone. Eve is in acme, and globex is
/// her default. Fay is in acme and in umbrella, which is suspended.
struct Scene {
    desk: Desk,
    ana: String,
    subs: Vec<String>,
}

async fn scene() -> Scene {
    let desk = Desk::with_acme().await;
    for tenant in ["globex", "initech", "umbrella"] {
        desk.run(&format!("tenant create {tenant} --name {tenant} --tier free")).ok();
    }
    let mut subs = Vec::new();
    for (name, tenants) in [
        ("ana", ["acme", "globex"].as_slice()),
        ("ben", &["acme", "globex"]),
        ("cai", &["acme", "initech"]),
        ("dan", &["acme"]),
        ("eve", &["globex", "acme"]),
        ("fay", &["acme", "umbrella"]),
    ] {
        let sub = desk.user(&format!("{name}@example.com")).await;
        for tenant in tenants {
            desk.run(&format!("member add {sub} --tenant {tenant} --role member")).ok();
        }
        subs.push(sub);
    }
    desk.run("tenant suspend umbrella --yes").ok();
    Scene { desk, ana: subs[0].clone(), subs }
}

/// The users of the document, and where they fall back to, in the order of the scene.
fn lost(scene: &Scene, document: &Value) -> Vec<(usize, Value)> {
    let place = |sub: &Value| scene.subs.iter().position(|known| sub == known.as_str()).unwrap();
    let lost = document["defaultsLost"].as_array().unwrap().iter();
    let mut lost: Vec<_> = lost.map(|user| (place(&user["sub"]), user["fallsBackTo"].clone())).collect();
    lost.sort_by_key(|(place, _)| *place);
    lost
}

const COUNTED: &str = "3 users lose their default tenant: 2 fall back to globex, 1 to initech; 2 users have no other active \
                       tenant. The next sign-in moves the default; until then a refresh is refused";

/// As one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_ends_says_who_loses_their_default_and_where_they_fall_back_to() {
    let scene = scene().await;
    let expected = [
        (0, json!("globex")),
        (1, json!("globex")),
        (2, json!("initech")),
        (3, Value::Null),
        (5, Value::Null),
    ];

    let before = scene.desk.items().await;
    let plan = flat(&scene.desk.run("tenant suspend acme --dry-run").ok());
    let planned = scene.desk.json("tenant suspend acme --dry-run");
    let after = scene.desk.items().await;
    let suspended = scene.desk.json("tenant suspend acme --yes");
    let again = scene.desk.json("tenant suspend acme --yes");
    let offboarded = scene.desk.run("tenant offboard acme --yes").ok();

    assert!(plan.contains(&format!("{COUNTED} (SUSPENDED)")), "{plan}");
    assert_eq!(before, after, "a plan writes nothing");
    assert_eq!(lost(&scene, &planned), expected);
    assert_eq!(lost(&scene, &suspended), expected);
    assert!(suspended["summary"].as_str().unwrap().contains(COUNTED), "{suspended:#}");
    let ana = &suspended["defaultsLost"].as_array().unwrap().iter().find(|user| user["sub"] == *scene.ana);
    assert!(ana.unwrap()["username"].is_string(), "{suspended:#}");
    assert_eq!((&again["changed"], &again["defaultsLost"]), (&json!(false), &json!([])));
    assert!(flat(&offboarded).contains(&format!("{COUNTED} (CHOOSE_TENANT)")), "{offboarded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_ends_says_where_the_user_falls_back_to() {
    let scene = scene().await;
    let desk = &scene.desk;
    let run = |line: &str| flat(&desk.run(line).ok());

    let plan = run("member suspend ana@example.com --tenant acme --dry-run");
    let suspended = desk.json("member suspend ana@example.com --tenant acme --yes");
    let removed = run("member remove ana@example.com --tenant acme --yes");
    let other = desk.json("member remove eve@example.com --tenant acme --yes");
    let only = run("member suspend dan@example.com --tenant acme --yes");

    let falls = "This is the user's default tenant: the next sign-in falls back to `globex`, and until then a refresh is refused";
    assert!(plan.contains(&format!("{falls} (SUSPENDED)")), "{plan}");
    assert_eq!(lost(&scene, &suspended), [(0, json!("globex"))]);
    assert!(removed.contains(&format!("{falls} (CHOOSE_TENANT)")), "{removed}");
    assert_eq!(other["defaultsLost"], json!([]));
    assert!(only.contains("the user has no other active tenant"), "{only}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_moves_no_session_to_another_tenant() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role member").ok();
    Desk::wait_a_second();
    desk.run("member add ana@example.com --tenant globex --role member").ok();
    desk.run("member set-default ana@example.com --tenant globex").ok();

    desk.run("member remove ana@example.com --tenant globex --yes").ok();

    let records = desk.records(&sub).await;
    let active = |_: &tenancy::TenantId| Some(TenantState::Active);
    assert_eq!(choose(&records, true, &active), Choice::Refuse(Refusal::ChooseTenant));
    let Choice::Grant(membership, _) = choose(&records, false, &active) else {
        panic!("a sign-in falls back")
    };
    assert_eq!(membership.tenant.as_str(), "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_added_to_a_second_tenant_keeps_the_default() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    let sub = desk.user("ana@example.com").await;
    desk.run("member add ana@example.com --tenant acme --role member").ok();

    let named = desk.json("member add ana@example.com --tenant globex --role member --dry-run");
    desk.delete_item(&format!("USER#{}#{sub}", desk.pool), "PROFILE").await;
    let joined_first = desk.json("member add ana@example.com --tenant globex --role member --dry-run");
    desk.run("member suspend ana@example.com --tenant acme --yes").ok();
    let lost = desk.json("member add ana@example.com --tenant globex --role member --dry-run");

    let writes_profile =
        |change: &Value| change["writes"].as_array().unwrap().iter().any(|write| write["sk"] == "PROFILE");
    assert!(!writes_profile(&named), "the profile names acme: {named:#}");
    assert!(!writes_profile(&joined_first), "acme was joined first: {joined_first:#}");
    assert!(writes_profile(&lost), "no membership is active: {lost:#}");
}
