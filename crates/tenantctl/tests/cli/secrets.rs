//! What `tenantctl` prints holds no credential, no password, no token and no name of a person; an invite code only once; an
//! address only where the documentation says so.

use serde_json::json;

use crate::support::Desk;

const ADDRESS: &str = "canary.mail@example.com";
const FAMILY_NAME: &str = "canary-family-name";
const SECRET_KEY: &str = "canary-secret-access-key";
const SESSION_TOKEN: &str = "canary-session-token";
const METADATA: &str = "canary-metadata";

/// As loud as any library could be asked to be.
const LOUD: [(&str, &str); 5] = [
    ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ("AWS_SESSION_TOKEN", SESSION_TOKEN),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_printed_holds_a_secret_or_what_only_the_pool_knows() {
    let desk = Desk::with_acme().await;
    let sub = desk.user(ADDRESS).await;
    let attribute = aws_sdk_cognitoidentityprovider::types::AttributeType::builder();
    let named = attribute.name("family_name").value(FAMILY_NAME).build().unwrap();
    let update = desk.cognito().admin_update_user_attributes().user_pool_id(&desk.pool).username(ADDRESS);
    update.user_attributes(named).send().await.unwrap();
    let refresh_token = desk.sign_in(ADDRESS).await;
    let invited = desk.json(&format!("invite create --tenant acme --role viewer --email {ADDRESS}"));
    let code = invited["code"].as_str().unwrap().trim_start_matches("inv_").to_owned();
    desk.run(&format!("member add {sub} --tenant acme --role viewer")).ok();
    let event = json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1",
        "userPoolId": desk.pool, "userName": sub, "callerContext": { "awsSdkVersion": "3", "clientId": desk.client },
        "request": {
            "userAttributes": { "sub": sub, "email": ADDRESS, "email_verified": "true", "family_name": FAMILY_NAME },
            "groupConfiguration": { "groupsToOverride": [] },
            "clientMetadata": { "inviteCode": format!("inv_{code}"), "note": METADATA },
        },
        "response": {},
    });
    desk.file("event.json", &event.to_string());
    let secrets =
        [FAMILY_NAME, SECRET_KEY, SESSION_TOKEN, METADATA, "Correct-horse-1", &code, &refresh_token];
    // These show addresses: of the invites that the operator made, of members in the pool, and the one that was given.
    let with_addresses = [
        "invite list --tenant acme".to_owned(),
        "member list --tenant acme".to_owned(),
        format!("why {ADDRESS}"),
    ];
    let without = [
        "doctor".to_owned(),
        "table check".to_owned(),
        "tenant list".to_owned(),
        "tenant show acme".to_owned(),
        "member list --tenant acme --no-addresses".to_owned(),
        format!("member show {sub}"),
        format!("member suspend {sub} --tenant acme --yes"),
        format!("member resume {sub} --tenant acme --yes"),
        format!("why {sub}"),
        "audit list --tenant acme".to_owned(),
        "repair drift".to_owned(),
        "repair stamps".to_owned(),
        "replay event.json".to_owned(),
        "invite show - --tenant acme".to_owned(),
        "invite show inv_short --tenant acme".to_owned(),
    ];
    let outages = [
        &[][..],
        &[("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")][..],
        &[("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:1")][..],
    ];

    let mut printed = String::new();
    for outage in outages {
        // An outage is told alike by most commands.
        let skipped = if outage.is_empty() { 0 } else { 9 };
        for line in with_addresses.iter().chain(&without).skip(skipped) {
            let outputs = if outage.is_empty() { &["", " --output json"][..] } else { &[""][..] };
            for output in outputs {
                let run = desk.run_with(
                    &format!("{line}{output}"),
                    &[&LOUD, outage].concat(),
                    &format!("inv_{code}\n"),
                );
                let text = format!("{}{}", run.stdout, run.stderr);
                for secret in secrets {
                    assert!(!text.contains(secret), "`{line}` printed {secret}: {text}");
                }
                let may_show = !without.contains(line) || line.starts_with("invite show -");
                assert!(may_show || !text.contains(ADDRESS), "`{line}` printed the address: {text}");
                printed += &text;
            }
        }
    }

    assert!(printed.contains(&sub), "the sub may be printed, and shows that something was");
    assert!(printed.contains("Invite") || printed.contains("invite"), "{printed}");
    println!("canary\ttenantctl\t{}\t{}", printed.lines().count(), secrets.len() + 1);
}
