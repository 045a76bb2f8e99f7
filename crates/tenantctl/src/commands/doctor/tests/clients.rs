//! App clients.

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType,
    TokenValidityUnitsType,
};

use super::super::finding::Severity::{Critical, High, Low, Medium};
use super::super::judge::judge;
use super::super::snapshot::Snapshot;
use super::super::unread::{No, Unread};
use super::sample::{attribute, machine, web};
use super::{check, sample};

fn writes(snapshot: &mut Snapshot, names: &[&str]) {
    web(snapshot).write_attributes = Some(names.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn a_client_that_can_write_what_it_must_not_is_found() {
    check(&[
        (
            "the tenant attribute",
            |s| writes(s, &["email", "name", "custom:tenantId"]),
            &[("attribute-writable", Critical)],
        ),
        (
            "the tenant attribute, of a machine",
            |s| machine(s).write_attributes = Some(vec!["custom:tenantId".into()]),
            &[("attribute-writable", High)],
        ),
        (
            "the tenant attribute of another name",
            |s| {
                s.expected.tenant_attribute = "custom:tid".into();
                sample::tenant_attribute(s).name = Some("custom:tid".into());
                for function in &mut s.functions {
                    function.configuration = Ok(sample::configuration(&[
                        ("TENANCY_TABLE", "tenancy"),
                        ("USER_POOL_IDS", sample::POOL),
                        ("TENANT_ATTRIBUTE", "custom:tid"),
                    ]));
                }
                writes(s, &["email", "custom:tid"]);
            },
            &[("attribute-writable", Critical)],
        ),
        ("no list", |s| web(s).write_attributes = None, &[("attribute-write-default", High)]),
        (
            "an empty list, which Cognito takes for none",
            |s| writes(s, &[]),
            &[("attribute-write-default", High)],
        ),
        (
            "no list, of a machine",
            |s| machine(s).write_attributes = None,
            &[("attribute-write-default", Low)],
        ),
        (
            "an attribute that was named",
            |s| {
                s.expected.protected = vec!["custom:role".into()];
                writes(s, &["email", "custom:role"]);
            },
            &[("attribute-protected-writable", High)],
        ),
        (
            "an attribute that sounds like a right",
            |s| {
                s.pool.schema_attributes.as_mut().unwrap().push(attribute("custom:role").build());
                writes(s, &["email", "custom:role"]);
            },
            &[("attribute-suspect-writable", Medium)],
        ),
        (
            "the word of Cognito on an address",
            |s| writes(s, &["email", "email_verified"]),
            &[("email-verified-writable", Medium)],
        ),
        (
            "not what its provider is mapped onto",
            |s| writes(s, &["name"]),
            &[("provider-mapping-not-writable", Low)],
        ),
    ]);
}

#[test]
fn how_an_attribute_would_be_written_is_said() {
    let found = |change: fn(&mut Snapshot)| {
        let mut snapshot = sample::snapshot();
        writes(&mut snapshot, &["custom:tenantId"]);
        sample::sso(&mut snapshot).attribute_mapping = None;
        change(&mut snapshot);
        judge(&snapshot).findings[0].1.clone()
    };

    let with_scope =
        found(|s| web(s).allowed_o_auth_scopes = Some(vec!["aws.cognito.signin.user.admin".into()]));
    let public = found(|s| web(s).client_secret = None);

    assert!(with_scope.found.contains("any access token of this client"), "{}", with_scope.found);
    assert!(
        public.found.starts_with("It can write custom:tenantId. A user does so at sign-up"),
        "{}",
        public.found
    );
    assert!(public.mend.contains("--client-id web --write-attributes email"), "{}", public.mend);
}

#[test]
fn a_client_that_is_weaker_than_it_should_be_is_found() {
    fn flows(snapshot: &mut Snapshot, flows: &[OAuthFlowType]) {
        web(snapshot).allowed_o_auth_flows = Some(flows.to_vec());
    }
    check(&[
        (
            "it tells who exists",
            |s| web(s).prevent_user_existence_errors = Some(PreventUserExistenceErrorTypes::Legacy),
            &[("client-user-existence", Medium)],
        ),
        (
            "the same, unsaid",
            |s| web(s).prevent_user_existence_errors = None,
            &[("client-user-existence", Medium)],
        ),
        (
            "implicit flow",
            |s| flows(s, &[OAuthFlowType::Implicit, OAuthFlowType::Code]),
            &[("client-implicit-flow", High)],
        ),
        (
            "implicit flow, with OAuth off",
            |s| {
                flows(s, &[OAuthFlowType::Implicit]);
                web(s).allowed_o_auth_flows_user_pool_client = Some(false);
            },
            &[("client-implicit-flow", Medium)],
        ),
        (
            "no revocation",
            |s| web(s).enable_token_revocation = Some(false),
            &[("client-token-revocation", Medium)],
        ),
        ("revocation unsaid", |s| web(s).enable_token_revocation = None, &[("client-token-revocation", Low)]),
        (
            "passwords as they are, of a public client",
            |s| {
                web(s).client_secret = None;
                web(s).explicit_auth_flows = Some(vec![ExplicitAuthFlowsType::AllowUserPasswordAuth]);
            },
            &[("client-password-auth", Low)],
        ),
        (
            "passwords as they are, of a client with a secret",
            |s| web(s).explicit_auth_flows = Some(vec![ExplicitAuthFlowsType::AllowUserPasswordAuth]),
            &[],
        ),
        (
            "back without TLS",
            |s| web(s).callback_urls = Some(vec!["http://app.example.com/".into()]),
            &[("client-callback-url", Medium)],
        ),
        (
            "out without TLS",
            |s| web(s).logout_urls = Some(vec!["http://app.example.com/".into()]),
            &[("client-callback-url", Low)],
        ),
        (
            "a machine without a secret",
            |s| machine(s).client_secret = None,
            // It is no longer one for machines alone: anybody can use it.
            &[
                ("client-machine-secret", High),
                ("client-user-existence", Medium),
                ("client-token-revocation", Low),
            ],
        ),
        (
            "machines and users",
            |s| flows(s, &[OAuthFlowType::ClientCredentials, OAuthFlowType::Code]),
            &[("client-machine-mixed", Medium)],
        ),
        ("no way in", |s| web(s).supported_identity_providers = None, &[("client-no-provider", Low)]),
        ("tokens of two hours", |s| web(s).access_token_validity = Some(2), &[("token-life-access", Low)]),
        (
            "tokens of sixty minutes",
            |s| {
                web(s).id_token_validity = Some(60);
                let units = TokenValidityUnitsType::builder().id_token(TimeUnitsType::Minutes).build();
                web(s).token_validity_units = Some(units);
            },
            &[],
        ),
        ("refresh tokens of 31 days", |s| web(s).refresh_token_validity = 31, &[("token-life-refresh", Low)]),
    ]);
}

#[test]
fn a_client_that_was_not_seen_is_a_finding_and_keeps_rules_from_passing() {
    let mut snapshot = sample::snapshot();
    let denied = Unread {
        kind: No::Denied,
        reason: "these credentials may not call DescribeUserPoolClient".to_owned(),
        action: "cognito-idp:DescribeUserPoolClient",
    };
    snapshot.clients.as_mut().unwrap()[0].described = Err(denied.clone());

    let one = judge(&snapshot);
    snapshot.clients = Err(denied);
    let all = judge(&snapshot);

    for (name, judgement) in [("one", one), ("all", all)] {
        let found: Vec<&str> = judgement.findings.iter().map(|(rule, _)| rule.id).collect();
        assert_eq!(found, ["not-checked"], "{name}");
        assert!(judgement.findings[0].1.mend.contains("cognito-idp:DescribeUserPoolClient"), "{name}");
        assert!(!judgement.passed.iter().any(|rule| rule.id == "attribute-writable"), "{name}");
        assert!(judgement.not_checked.iter().any(|gap| gap.rules.contains(&"attribute-writable")), "{name}");
    }
}
