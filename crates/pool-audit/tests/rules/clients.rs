//! App clients.

use aws_sdk_cognitoidentityprovider::types::{
    OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
};

use crate::sample::{attribute, machine, web};
use crate::{check, sample};
use pool_audit::finding::Severity::{Critical, High, Info, Low, Medium};
use pool_audit::judge;
use pool_audit::snapshot::Snapshot;
use pool_audit::unread::{No, Unread};

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
        ("no list", |s| web(s).write_attributes = None, &[("attribute-write-default", Critical)]),
        (
            "an empty list, which Cognito takes for none",
            |s| writes(s, &[]),
            &[("attribute-write-default", Critical)],
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
    assert!(public.mend.contains("WriteAttributes: [email], without custom:tenantId;"), "{}", public.mend);
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
        (
            "a machine that users can sign in through by default",
            |s| machine(s).explicit_auth_flows = None,
            &[
                ("client-machine-mixed", Low),
                ("client-user-existence", Medium),
                ("client-token-revocation", Low),
            ],
        ),
        (
            "the same without a list, which is no machine's matter any more",
            |s| {
                machine(s).explicit_auth_flows = None;
                machine(s).write_attributes = None;
            },
            &[
                ("attribute-write-default", Critical),
                ("client-machine-mixed", Low),
                ("client-user-existence", Medium),
                ("client-token-revocation", Low),
            ],
        ),
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
fn a_client_of_machines_is_known_by_get_client_token_too() {
    fn by_client_token(snapshot: &mut Snapshot, flows: &[&str]) {
        machine(snapshot).allowed_o_auth_flows = None;
        machine(snapshot).explicit_auth_flows = Some(flows.iter().map(|flow| (*flow).into()).collect());
    }
    check(&[
        (
            "a machine by GetClientToken",
            |s| {
                by_client_token(s, &["ALLOW_CLIENT_TOKEN_AUTH"]);
                machine(s).write_attributes = None;
            },
            &[("attribute-write-default", Low)],
        ),
        (
            "a machine by GetClientToken, without a secret",
            |s| {
                by_client_token(s, &["ALLOW_CLIENT_TOKEN_AUTH"]);
                machine(s).client_secret = None;
            },
            &[
                ("client-machine-secret", High),
                ("client-user-existence", Medium),
                ("client-token-revocation", Low),
            ],
        ),
        (
            "a machine by GetClientToken, and users by SRP",
            |s| by_client_token(s, &["ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]),
            &[
                ("client-machine-mixed", Medium),
                ("client-user-existence", Medium),
                ("client-token-revocation", Low),
            ],
        ),
        (
            "a machine by GetClientToken, and users by managed login",
            |s| web(s).explicit_auth_flows = Some(vec!["ALLOW_CLIENT_TOKEN_AUTH".into()]),
            &[("client-machine-mixed", Medium)],
        ),
        (
            "a machine whose secrets could not be listed",
            |s| {
                machine(s).client_secret = None;
                machine(s).write_attributes = None;
                s.unread_secrets.insert("machine".to_owned(), sample::unread(No::Denied));
            },
            // No finding about the secret, and no advice to delete the client.
            &[("attribute-write-default", Low)],
        ),
    ]);
}

#[test]
fn a_rule_about_a_secret_that_could_not_be_looked_for_is_not_checked() {
    let mut snapshot = sample::snapshot();
    machine(&mut snapshot).client_secret = None;
    snapshot.unread_secrets.insert("machine".to_owned(), sample::unread(No::Denied));

    let judgement = judge(&snapshot);

    assert_eq!(judgement.findings.iter().map(|(rule, _)| rule.id).collect::<Vec<_>>(), [] as [&str; 0]);
    let gaps: Vec<_> =
        judgement.not_checked.iter().map(|gap| (gap.rules.as_slice(), gap.reason.as_str())).collect();
    assert_eq!(gaps, [(&["client-machine-secret"][..], "app client machine-app (machine): no")]);
}

/// A rule, a change that it finds, and what its mend must say.
type Mended = (&'static str, fn(&mut Snapshot), &'static [&'static str]);

/// What each finding of a client says to do, by rule.
fn mends(change: fn(&mut Snapshot)) -> Vec<(&'static str, String)> {
    let mut snapshot = sample::snapshot();
    change(&mut snapshot);
    judge(&snapshot).findings.into_iter().map(|(rule, finding)| (rule.id, finding.mend)).collect()
}

#[test]
fn no_mend_puts_back_what_another_takes_away() {
    let mends = mends(|s| {
        for name in ["custom:role", "custom:org_id"] {
            s.pool.schema_attributes.as_mut().unwrap().push(attribute(name).build());
        }
        s.expected.protected = vec!["custom:role".into()];
        writes(s, &["email", "custom:tenantId", "custom:role", "custom:org_id", "email_verified"]);
        let mapping = sample::sso(s).attribute_mapping.as_mut().unwrap();
        for name in ["custom:tenantId", "custom:role", "custom:org_id", "email_verified"] {
            mapping.insert(name.into(), "http://x/claims/a b".into());
        }
    });

    let of = |prefix: &str| mends.iter().filter(|(rule, _)| rule.starts_with(prefix)).collect::<Vec<_>>();
    let writable: Vec<_> = [of("attribute-"), of("email-")].concat();
    assert_eq!(writable.len(), 4);
    for (rule, mend) in writable {
        assert!(
            mend.contains("WriteAttributes: [email], without custom:tenantId, custom:role,"),
            "{rule}: {mend}"
        );
        assert!(
            mend.starts_with("First take custom:org_id, custom:role, custom:tenantId and email_verified out"),
            "{mend}"
        );
    }
    let mapped = of("provider-maps");
    assert_eq!(mapped.len(), 4);
    for (rule, mend) in mapped {
        let without = "remove custom:org_id, custom:role, custom:tenantId and email_verified from AttributeMapping; keep all";
        assert!(mend.contains(without), "{rule}: {mend}");
    }
}

#[test]
fn a_mend_of_a_client_keeps_what_it_lives_by() {
    let of = |rule: &str, change: fn(&mut Snapshot)| {
        let found = mends(change).into_iter().find(|(found, _)| *found == rule);
        found.unwrap_or_else(|| panic!("{rule} found nothing")).1
    };
    let rows: [Mended; 6] = [
        (
            "attribute-write-default",
            |s| {
                web(s).write_attributes = None;
                let mapping = sample::sso(s).attribute_mapping.as_mut().unwrap();
                mapping.insert("given_name".into(), "first".into());
                mapping.insert("custom:dept".into(), "dept".into());
            },
            &["WriteAttributes: [email, custom:dept, given_name], plus other"],
        ),
        (
            "token-life-access",
            |s| {
                web(s).access_token_validity = Some(20);
                let units = TokenValidityUnitsType::builder().refresh_token(TimeUnitsType::Minutes);
                web(s).token_validity_units = Some(units.build());
            },
            &["AccessToken: minutes, IdToken: minutes, RefreshToken: minutes"],
        ),
        (
            "token-life-refresh",
            |s| web(s).refresh_token_validity = 400,
            &["RefreshTokenValidity: 30", "AccessToken: hours, IdToken: hours, RefreshToken: days"],
        ),
        (
            "client-implicit-flow",
            |s| {
                web(s).allowed_o_auth_flows =
                    Some(vec![OAuthFlowType::Implicit, OAuthFlowType::ClientCredentials]);
            },
            &["another client for users", "AllowedOAuthFlows: [client_credentials]"],
        ),
        (
            "client-machine-mixed",
            |s| {
                web(s).allowed_o_auth_flows =
                    Some(vec![OAuthFlowType::Implicit, OAuthFlowType::ClientCredentials]);
            },
            &["another client for users", "AllowedOAuthFlows: [client_credentials]"],
        ),
        (
            "attribute-writable",
            |s| {
                writes(s, &["custom:tenantId"]);
                sample::sso(s).attribute_mapping = None;
                s.pool.schema_attributes.as_mut().unwrap()[0].required = Some(false);
            },
            &["WriteAttributes: [locale], without custom:tenantId"],
        ),
    ];

    for (rule, change, parts) in rows {
        let mend = of(rule, change);
        for part in parts {
            assert!(mend.contains(part), "{rule}: {part}: {mend}");
        }
        assert!(mend.ends_with("; keep all other settings."), "{rule}: {mend}");
    }
}

#[test]
fn the_life_of_tokens_is_told_as_people_write_it() {
    let rows: [(i32, TimeUnitsType, &str); 3] = [
        (365, TimeUnitsType::Days, "They live 365d."),
        (1_000, TimeUnitsType::Hours, "They live 1000h."),
        (100_000, TimeUnitsType::Minutes, "They live 69d 10h."),
    ];

    for (number, unit, told) in rows {
        let mut snapshot = sample::snapshot();
        web(&mut snapshot).refresh_token_validity = number;
        let units = TokenValidityUnitsType::builder().refresh_token(unit);
        web(&mut snapshot).token_validity_units = Some(units.build());
        let judgement = judge(&snapshot);
        let found: Vec<&str> = judgement.findings.iter().map(|(_, finding)| finding.found.as_str()).collect();
        assert_eq!(found, [told]);
    }
}

#[test]
fn what_was_seen_of_a_list_that_ends_early_is_judged() {
    let mut snapshot = sample::snapshot();
    writes(&mut snapshot, &["email", "custom:tenantId"]);
    snapshot.bindings.as_mut().unwrap().clients.push(sample::bound_client(
        "on-the-next-page",
        "acme",
        tenancy::ClientBindingMode::Required,
    ));
    snapshot.unlisted_clients = Some(sample::unread(No::Failed));

    let judgement = judge(&snapshot);

    let found: Vec<&str> = judgement.findings.iter().map(|(rule, _)| rule.id).collect();
    assert_eq!(found, ["attribute-writable", "not-checked"]);
    assert!(!judgement.passed.iter().any(|rule| rule.id == "client-implicit-flow"));
}

#[test]
fn a_client_that_was_deleted_meanwhile_is_told_and_hides_nothing() {
    let mut snapshot = sample::snapshot();
    snapshot.clients.as_mut().unwrap().push(sample::client("gone"));
    snapshot.clients.as_mut().unwrap()[2].described = Err(sample::unread(No::Missing));

    let judgement = judge(&snapshot);

    let found: Vec<_> =
        judgement.findings.iter().map(|(rule, finding)| (rule.id, finding.severity)).collect();
    assert_eq!(found, [("not-checked", Some(Info))]);
    assert!(judgement.passed.iter().any(|rule| rule.id == "attribute-writable"));
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
