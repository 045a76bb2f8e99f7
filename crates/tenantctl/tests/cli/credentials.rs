//! Credentials that cannot be had: each reason has its own sentence, and what to do.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake_aws::{Answer, serve, serve_tls};
use crate::support::{Run, run};

/// A home with `.aws/config`, and no keys in the environment.
pub(crate) struct Home {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Home {
    pub(crate) fn new(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir_all(folder.path().join(".aws/sso/cache")).unwrap();
        std::fs::write(folder.path().join(".aws/config"), config).unwrap();
        let environment = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("TENANCY_TABLE", "tenancy"),
            ("USER_POOL_ID", "eu-west-1_AbCdEf123"),
            ("PATH", "/usr/bin:/bin"),
            // Nothing is called by mistake.
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ];
        Self { folder, environment: environment.map(|(name, value)| (name.into(), value.into())).into() }
    }

    /// With a session of `aws sso login`, good until `expires`.
    pub(crate) fn signed_in(self, expires: &str) -> Self {
        // The SHA-1 of `corp`.
        let cache = self.folder.path().join(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
        std::fs::write(cache, json!({ "accessToken": "t", "expiresAt": expires }).to_string()).unwrap();
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        run(line, &self.environment, self.folder.path(), "")
    }

    /// The error, in JSON.
    fn error(&self, line: &str) -> Value {
        let run = self.run(&format!("{line} --output json"));
        serde_json::from_str::<Value>(&run.stderr).unwrap_or_else(|error| panic!("{error}: {run}"))["error"]
            .clone()
    }
}

/// A profile of IAM Identity Center, called `ops`.
pub(crate) const SSO: &str = "[profile ops]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Ops\n\
    [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";

/// What the portal of IAM Identity Center answers to who is signed in.
pub(crate) fn role_credentials() -> Answer {
    Answer::ok(&json!({ "roleCredentials": {
        "accessKeyId": "AKIAFAKE", "secretAccessKey": "fake", "sessionToken": "t", "expiration": 4_000_000_000_000_u64,
    } }))
}

#[track_caller]
fn assert_told(error: &Value, message: &str, hint: &str) {
    assert_eq!(error["reason"], "no-credentials", "{error}");
    let told = |member: &str, wanted: &str| {
        let text = error[member].as_str().unwrap_or_default();
        assert!(text.contains(wanted), "{member}: {wanted}: {error}");
    };
    told("message", "there are no usable credentials");
    told("message", message);
    told("hint", hint);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_does_not_exist_is_named() {
    let home = Home::new("[profile ops]\naws_access_key_id = A\naws_secret_access_key = S\n");
    let variable = Home::new("").with("AWS_PROFILE", "opps");

    let option = home.error("tenant list --profile opps");
    let variable = variable.error("tenant list");

    for error in [option, variable] {
        assert_told(&error, "there is no profile `opps`", "aws configure list-profiles");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_needs_the_aws_cli_is_refused_with_the_way_round() {
    let home = Home::new(
        "[profile base]\naws_access_key_id = A\naws_secret_access_key = S\n\
         [profile mfa]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/ana\n\
         [profile console]\nlogin_session = arn:aws:iam::1:user/ana\n",
    );

    let mfa = home.error("tenant list --profile mfa");
    let login = home.error("tenant list --profile console");

    let export =
        |name: &str| format!("eval \"$(aws configure export-credentials --profile {name} --format env)\"");
    assert_told(&mfa, "profile `mfa` asks for an MFA code (mfa_serial)", &export("mfa"));
    assert_told(&login, "profile `console` signs in with `aws login`", &export("console"));
    let process = "credential_process = aws configure export-credentials --profile console";
    assert!(login["hint"].as_str().unwrap().contains(process), "{login}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_whose_name_needs_quotes_is_told_with_the_way_round() {
    let home = Home::new("[profile \"we ird\"]\naws_access_key_id = A\naws_secret_access_key = S\n");

    let error = home.error("tenant list --profile 'we ird'");

    let export = "eval \"$(aws configure export-credentials --profile 'we ird' --format env)\"";
    assert_told(&error, "tenantctl cannot read a profile called `we ird`", export);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_without_credentials_is_named_and_the_configuration_is_not_blamed() {
    let home = Home::new(
        "[profile variables]\nrole_arn = arn:aws:iam::1:role/ops\ncredential_source = Environment\n\
         [profile instance]\nrole_arn = arn:aws:iam::1:role/ops\ncredential_source = Ec2InstanceMetadata\n\
         [profile container]\nrole_arn = arn:aws:iam::1:role/ops\ncredential_source = EcsContainer\n\
         [profile above]\nrole_arn = arn:aws:iam::2:role/ops\nsource_profile = variables\n",
    );

    for (profile, message, advice) in [
        (
            "variables",
            "profile `variables` takes them from credential_source=Environment",
            "Set AWS_ACCESS_KEY_ID",
        ),
        (
            "above",
            "profile `variables` takes them from credential_source=Environment",
            "Set AWS_ACCESS_KEY_ID",
        ),
        (
            "instance",
            "profile `instance` takes them from credential_source=Ec2InstanceMetadata",
            "Run this on an EC2 instance",
        ),
        (
            "container",
            "profile `container` takes them from credential_source=EcsContainer",
            "Run this in a container",
        ),
    ] {
        let error = home.error(&format!("tenant list --profile {profile}"));

        assert_told(&error, message, advice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_wrong_is_told_without_the_words_of_the_sdk() {
    let home = Home::new(
        "[profile lost]\nsso_session = gone\nsso_account_id = 111122223333\nsso_role_name = Ops\n\
         [profile odd]\nrole_arn = arn:aws:iam::1:role/ops\ncredential_source = Nowhere\n",
    );

    let lost = home.error("tenant list --profile lost");
    let odd = home.error("tenant list --profile odd");

    let correct = "Correct it in ~/.aws/config.";
    assert_told(
        &lost,
        "credentials: sso-session named `gone` (referenced by profile `lost`) was not found",
        correct,
    );
    assert_told(&odd, "Nowhere", correct);
    for error in [lost, odd] {
        assert!(!error["message"].as_str().unwrap().contains("could not be built"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_keys_are_taken_whatever_the_profile_needs() {
    let url = serve(|request| request.error("AccessDeniedException", ""));
    let home = Home::new("[profile console]\nlogin_session = arn:aws:iam::1:user/ana\n")
        .with("AWS_PROFILE", "console")
        .with("AWS_ENDPOINT_URL", &url)
        .with("AWS_ACCESS_KEY_ID", "A")
        .with("AWS_SECRET_ACCESS_KEY", "S");

    let error = home.error("tenant list");

    assert_eq!(error["reason"], "access-denied", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sso_session_that_is_missing_or_has_expired_is_told_with_the_command_that_ends_it() {
    let portal =
        serve(|request| request.error("UnauthorizedException", "Session token not found or invalid"));
    let rows = [
        ("never signed in", Home::new(SSO)),
        ("expired", Home::new(SSO).signed_in("2020-01-01T00:00:00Z")),
        (
            "ended elsewhere",
            Home::new(SSO).signed_in("2099-01-01T00:00:00Z").with("AWS_ENDPOINT_URL", &portal),
        ),
    ];

    for (name, home) in rows {
        let error = home.error("tenant list --profile ops");
        assert_told(
            &error,
            "the SSO session of profile `ops` is missing or has expired",
            "Sign in again: `aws sso login --profile ops`.",
        );
        assert_eq!(error["code"], "store", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sso_session_without_the_role_is_not_told_to_sign_in_again() {
    let portal = serve(|request| request.error("ForbiddenException", "No access"));
    let home = Home::new(SSO).signed_in("2099-01-01T00:00:00Z").with("AWS_ENDPOINT_URL", &portal);

    let error = home.error("tenant list --profile ops");

    assert_told(
        &error,
        "SSO gives profile `ops` no credentials: No access",
        "Ask an administrator of IAM Identity Center",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sso_session_that_is_good_gives_credentials() {
    let url = serve(|request| match request.operation.as_str() {
        "/federation/credentials" => role_credentials(),
        _ => Answer::ok(&json!({ "Items": [], "Count": 0 })),
    });
    let home = Home::new(SSO).signed_in("2099-01-01T00:00:00Z").with("AWS_ENDPOINT_URL", &url);

    home.run("tenant list --profile ops").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_network_is_told_apart_from_a_session_that_has_ended() {
    let home = Home::new(SSO).signed_in("2099-01-01T00:00:00Z");

    let error = home.error("tenant list --profile ops");

    assert_told(&error, "could not reach the service that provides them", "Check the network");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_process_that_fails_is_told_with_its_exit() {
    let home = Home::new(
        "[profile broken]\ncredential_process = sh -c 'echo no ticket >&2; exit 7'\n\
         [profile empty]\ncredential_process = echo {}\n",
    );

    let broken = home.error("tenant list --profile broken");
    let empty = home.error("tenant list --profile empty");

    assert_told(&broken, "the credential_process of profile `broken` failed: ", "Run its command by hand");
    let message = broken["message"].as_str().unwrap();
    assert!(message.contains("exit status: 7") && message.contains("no ticket"), "{message}");
    assert_told(&empty, "the credential_process of profile `empty` failed: ", "Run its command by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_be_assumed_is_named_with_the_permission() {
    let said = "User: arn:aws:iam::1:user/ana is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/ops";
    let rows = [
        ("AccessDenied", said, "is not authorized to perform: sts:AssumeRole", "Ask an administrator"),
        ("ExpiredToken", "expired", "the session has expired", "aws configure --profile base"),
        ("InvalidClientTokenId", "invalid", "AWS does not accept these keys", "aws configure --profile base"),
    ];

    for (code, said, message, hint) in rows {
        let sts = serve(move |request| request.error(code, said));
        let home = Home::new(
            "[profile base]\naws_access_key_id = A\naws_secret_access_key = S\n\
             [profile role]\nrole_arn = arn:aws:iam::2:role/ops\nsource_profile = base\n",
        )
        .with("AWS_ENDPOINT_URL", &sts);

        let error = home.error("tenant list --profile role");

        assert_told(&error, message, hint);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_authorities_is_all_that_is_trusted() {
    let url = serve_tls(|_| Answer::ok(&json!({ "Items": [], "Count": 0 })));
    let home = || {
        Home::new("[profile proxied]\nca_bundle = authority.pem\n")
            .with("AWS_ENDPOINT_URL", &url)
            .with("AWS_ACCESS_KEY_ID", "A")
            .with("AWS_SECRET_ACCESS_KEY", "S")
    };
    let with = |pem: &str, home: Home| {
        home.file("authority.pem", pem);
        home.run("tenant list")
    };
    // As real bundles are: comments, several certificates, and one that cannot be read.
    let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let authority =
        format!("# Corporate\n{}{odd}{}", include_str!("tls/other.pem"), include_str!("tls/authority.pem"));
    let variable = "AWS_CA_BUNDLE";

    with(&authority, home().with(variable, "authority.pem")).ok();
    with(&authority, home().with("AWS_PROFILE", "proxied")).ok();
    let other = with(include_str!("tls/other.pem"), home().with(variable, "authority.pem")).fails(1);

    assert!(other.contains("could not connect"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_cannot_be_used_is_refused_by_name() {
    let rows = [
        ("missing.pem", None, "which cannot be read"),
        ("empty.pem", Some("# nothing yet\n"), "which holds no certificate"),
        (
            "odd.pem",
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "which holds no certificate",
        ),
        (
            "broken.pem",
            Some("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
            "which is malformed",
        ),
    ];

    for (name, text, why) in rows {
        let home = Home::new("")
            .with("AWS_CA_BUNDLE", name)
            .with("AWS_ACCESS_KEY_ID", "A")
            .with("AWS_SECRET_ACCESS_KEY", "S");
        if let Some(text) = text {
            home.file(name, text);
        }

        let said = home.run("tenant list").fails(2);

        assert!(said.contains(&format!("AWS_CA_BUNDLE names {name}, {why}")), "{said}");
    }
}
