//! The pool, its tenant attribute and its triggers.

use aws_sdk_cognitoidentityprovider::types::{
    AttributeDataType, InboundFederationLambdaType, PreTokenGenerationLambdaVersionType as Version,
    StringAttributeConstraintsType, UserPoolTierType, UsernameConfigurationType,
};

use aws_sdk_lambda::types::{EnvironmentError, EnvironmentResponse};

use crate::sample::{arn, attribute, tenant_attribute, triggers};
use crate::{check, sample};
use pool_audit::finding::Severity::{Critical, High, Info, Low, Medium};
use pool_audit::judge;
use pool_audit::snapshot::Snapshot;
use pool_audit::unread::No;

#[test]
fn a_tenant_attribute_that_cannot_hold_the_stamp_is_found() {
    fn bounds(snapshot: &mut Snapshot, min: &str, max: &str) {
        tenant_attribute(snapshot).string_attribute_constraints =
            Some(StringAttributeConstraintsType::builder().min_length(min).max_length(max).build());
    }
    check(&[
        ("missing", |s| drop(s.pool.schema_attributes.take()), &[("attribute-missing", High)]),
        (
            "another name",
            |s| tenant_attribute(s).name = Some("custom:tenant".into()),
            &[("attribute-missing", High)],
        ),
        ("immutable", |s| tenant_attribute(s).mutable = Some(false), &[("attribute-immutable", High)]),
        ("mutability unsaid", |s| tenant_attribute(s).mutable = None, &[]),
        (
            "a number",
            |s| tenant_attribute(s).attribute_data_type = Some(AttributeDataType::Number),
            &[("attribute-type", High)],
        ),
        (
            "for developers",
            |s| tenant_attribute(s).developer_only_attribute = Some(true),
            &[("attribute-type", High)],
        ),
        ("required", |s| tenant_attribute(s).required = Some(true), &[("attribute-required", High)]),
        ("too short", |s| bounds(s, "1", "62"), &[("attribute-length", Medium)]),
        ("too long", |s| bounds(s, "4", "63"), &[("attribute-length", Medium)]),
        ("just right", |s| bounds(s, "3", "63"), &[]),
        ("bounds that are none", |s| bounds(s, "", "many"), &[]),
        ("no bounds", |s| tenant_attribute(s).string_attribute_constraints = None, &[]),
    ]);
}

#[test]
fn a_pool_that_is_weaker_than_it_should_be_is_found() {
    fn case(snapshot: &mut Snapshot, is_sensitive: bool) {
        snapshot.pool.username_configuration =
            Some(UsernameConfigurationType::builder().case_sensitive(is_sensitive).build().unwrap());
    }
    check(&[
        ("open, by invite only", |s| s.pool.admin_create_user_config = None, &[("sign-up-open", Medium)]),
        (
            "open, as users sign up themselves",
            |s| {
                s.expected.is_invite_only = false;
                s.pool.admin_create_user_config = None;
            },
            &[("sign-up-open", Info)],
        ),
        ("case counts", |s| case(s, true), &[("username-case-sensitive", Medium)]),
        ("case unsaid", |s| s.pool.username_configuration = None, &[("username-case-sensitive", Low)]),
        ("unprotected", |s| s.pool.deletion_protection = None, &[("deletion-protection-off", Medium)]),
        (
            "addresses unproven",
            |s| s.pool.auto_verified_attributes = None,
            &[("email-not-auto-verified", Low)],
        ),
        (
            "addresses that change at once",
            |s| s.pool.user_attribute_update_settings = None,
            &[("email-change-unverified", Medium)],
        ),
        (
            "the same where no client can write them",
            |s| {
                s.pool.user_attribute_update_settings = None;
                sample::web(s).write_attributes = Some(vec!["name".into()]);
                sample::sso(s).attribute_mapping = None;
            },
            &[],
        ),
    ]);
}

/// Takes away all that tells that the product is installed, but the functions.
fn uninstalled(snapshot: &mut Snapshot) {
    snapshot.expected.is_installed = false;
    snapshot.bindings.as_mut().unwrap().clients.clear();
    snapshot.bindings.as_mut().unwrap().providers.clear();
}

#[test]
fn a_pool_that_the_table_knows_counts_as_installed() {
    check(&[
        (
            "none, and the table has bindings of the pool",
            |s| {
                s.expected.is_installed = false;
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("trigger-pre-token-generation-missing", Critical),
                ("trigger-post-confirmation-missing", High),
            ],
        ),
        (
            "none, and the table has members of the pool",
            |s| {
                uninstalled(s);
                s.bindings.as_mut().unwrap().has_members = Ok(true);
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("trigger-pre-token-generation-missing", Critical),
                ("trigger-post-confirmation-missing", High),
            ],
        ),
        (
            "none, and whether the table has members could not be read",
            |s| {
                uninstalled(s);
                s.bindings.as_mut().unwrap().has_members = Err(sample::unread(No::Failed));
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("trigger-pre-token-generation-missing", Medium),
                ("trigger-post-confirmation-missing", Medium),
            ],
        ),
        (
            "none, and the table could not be read",
            |s| {
                s.expected.is_installed = false;
                s.table = Err(sample::unread(No::Failed));
                s.bindings = Err(sample::unread(No::Failed));
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("trigger-pre-token-generation-missing", Medium),
                ("trigger-post-confirmation-missing", Medium),
            ],
        ),
        (
            "none, and no table was named",
            |s| {
                s.expected.is_installed = false;
                s.expected.table = None;
                s.table = Err(sample::unread(No::Failed));
                s.bindings = Err(sample::unread(No::Failed));
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[("trigger-pre-token-generation-missing", Info), ("trigger-post-confirmation-missing", Info)],
        ),
    ]);
}

#[test]
fn triggers_that_are_not_as_they_should_be_are_found() {
    fn changed(
        snapshot: &mut Snapshot,
        change: fn(&mut aws_sdk_cognitoidentityprovider::types::LambdaConfigType),
    ) {
        change(snapshot.pool.lambda_config.as_mut().unwrap());
    }
    check(&[
        (
            "none, but they should be there",
            |s| {
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("trigger-pre-token-generation-missing", Critical),
                ("trigger-post-confirmation-missing", High),
            ],
        ),
        (
            "none, and nothing is installed",
            |s| {
                uninstalled(s);
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[("trigger-pre-token-generation-missing", Info), ("trigger-post-confirmation-missing", Info)],
        ),
        (
            "one of two, which tells that the product is installed",
            |s| {
                uninstalled(s);
                changed(s, |triggers| triggers.post_confirmation = None);
                s.functions.remove(0);
            },
            &[("trigger-post-confirmation-missing", High)],
        ),
        (
            "another function than the one that was named",
            |s| s.expected.post_confirmation = Some("joins:live".parse().unwrap()),
            &[("trigger-other-function", High)],
        ),
        ("the one that was named", |s| s.expected.post_confirmation = Some("join".parse().unwrap()), &[]),
        (
            "another alias than the one that was named",
            |s| s.expected.pre_token_generation = Some("tokens:next".parse().unwrap()),
            &[("trigger-other-function", High)],
        ),
        (
            "a function that is not of this product, though one should be there",
            |s| s.functions[0].configuration = Ok(sample::configuration(&[])),
            &[("trigger-other-function", High)],
        ),
        (
            "the same at pre-token-generation, where the table has bindings of the pool",
            |s| {
                s.expected.is_installed = false;
                s.functions[1].configuration = Ok(sample::configuration(&[]));
            },
            &[("trigger-other-function", Critical)],
        ),
        (
            "the same before anything is installed",
            |s| {
                uninstalled(s);
                s.functions.iter_mut().for_each(|one| one.configuration = Ok(sample::configuration(&[])));
            },
            &[("trigger-other-function", Info)],
        ),
        (
            "one of two, and of which product it is could not be seen",
            |s| {
                uninstalled(s);
                changed(s, |triggers| triggers.post_confirmation = None);
                s.functions.remove(0);
                s.functions[0].configuration = Err(sample::unread(No::Denied));
            },
            &[("trigger-post-confirmation-missing", Medium), ("not-checked", Medium)],
        ),
        (
            "a function whose variables cannot be decrypted",
            |s| {
                let error = EnvironmentError::builder().error_code("AccessDeniedException").build();
                s.functions[0].configuration.as_mut().unwrap().environment =
                    Some(EnvironmentResponse::builder().error(error).build());
            },
            &[("not-checked", Medium)],
        ),
        (
            "two keys that differ",
            |s| changed(s, |triggers| triggers.pre_token_generation = Some(arn("other"))),
            &[("trigger-keys-differ", High)],
        ),
        (
            "no alias",
            |s| {
                changed(s, |triggers| triggers.post_confirmation = Some(arn("join").replace(":live", "")));
            },
            &[("trigger-latest", Medium)],
        ),
        (
            "other triggers",
            |s| {
                changed(s, |triggers| {
                    triggers.pre_sign_up = Some(arn("check"));
                    triggers.user_migration = Some(arn("migrate"));
                    triggers.inbound_federation = Some(
                        InboundFederationLambdaType::builder()
                            .lambda_arn(arn("rewrite"))
                            .lambda_version("V1_0".into())
                            .build()
                            .unwrap(),
                    );
                });
            },
            &[
                ("trigger-pre-sign-up", Low),
                ("trigger-user-migration", Info),
                ("trigger-inbound-federation", Info),
            ],
        ),
    ]);
}

#[test]
fn an_event_version_that_leaves_tenants_out_of_tokens_is_found() {
    fn version(snapshot: &mut Snapshot, version: Version, tier: UserPoolTierType) {
        snapshot.pool.lambda_config = Some(triggers(version));
        snapshot.pool.user_pool_tier = Some(tier);
    }
    fn with_add_on(snapshot: &mut Snapshot, made: i64) {
        version(snapshot, Version::V20, UserPoolTierType::Lite);
        snapshot.bindings.as_mut().unwrap().clients.retain(|bound| bound.client != "machine");
        let add_ons = aws_sdk_cognitoidentityprovider::types::UserPoolAddOnsType::builder()
            .advanced_security_mode("AUDIT".into())
            .build()
            .unwrap();
        snapshot.pool.user_pool_add_ons = Some(add_ons);
        snapshot.pool.creation_date =
            Some(aws_sdk_cognitoidentityprovider::primitives::DateTime::from_secs(made));
    }
    check(&[
        (
            "V1",
            |s| version(s, Version::V10, UserPoolTierType::Essentials),
            &[("event-version-old", Medium), ("event-version-machine", High)],
        ),
        (
            "the older key alone, which is V1",
            |s| s.pool.lambda_config.as_mut().unwrap().pre_token_generation_config = None,
            &[("event-version-old", Medium), ("event-version-machine", High)],
        ),
        (
            "V2 with a machine that is bound",
            |s| version(s, Version::V20, UserPoolTierType::Essentials),
            &[("event-version-machine", High)],
        ),
        (
            "V2 with a machine that is not bound",
            |s| {
                version(s, Version::V20, UserPoolTierType::Essentials);
                s.bindings.as_mut().unwrap().clients.clear();
            },
            &[("event-version-machine", Medium)],
        ),
        (
            "V2, and a machine by GetClientToken that is bound to a tenant",
            |s| {
                version(s, Version::V20, UserPoolTierType::Essentials);
                sample::machine(s).allowed_o_auth_flows = None;
                sample::machine(s).explicit_auth_flows = Some(vec!["ALLOW_CLIENT_TOKEN_AUTH".into()]);
            },
            &[("event-version-machine", High)],
        ),
        (
            "V2 without machines",
            |s| {
                version(s, Version::V20, UserPoolTierType::Essentials);
                s.clients.as_mut().unwrap().remove(1);
                s.bindings.as_mut().unwrap().clients.remove(1);
            },
            &[],
        ),
        (
            "V3 on Lite",
            |s| version(s, Version::V30, UserPoolTierType::Lite),
            &[("event-version-plan", High), ("plan-lite", Medium)],
        ),
        (
            "V2 on Lite, of a pool that may have kept it",
            |s| with_add_on(s, 1_700_000_000),
            &[("event-version-plan", Info), ("plan-lite", Medium), ("event-version-machine", Medium)],
        ),
        (
            "V2 on Lite, of a pool that is too new for that",
            |s| with_add_on(s, 1_740_000_000),
            &[("event-version-plan", High), ("plan-lite", Medium), ("event-version-machine", Medium)],
        ),
        (
            "Lite before anything is attached",
            |s| {
                s.pool.user_pool_tier = Some(UserPoolTierType::Lite);
                uninstalled(s);
                s.pool.lambda_config = None;
                s.functions.clear();
            },
            &[
                ("plan-lite", Medium),
                ("trigger-pre-token-generation-missing", Info),
                ("trigger-post-confirmation-missing", Info),
            ],
        ),
    ]);
}

#[test]
fn an_event_version_of_the_future_is_neither_good_nor_bad() {
    let mut snapshot = sample::snapshot();
    snapshot.pool.lambda_config = Some(triggers("V4_0".into()));

    let judgement = judge(&snapshot);

    assert!(judgement.findings.is_empty());
    let hidden: Vec<&str> = judgement.not_checked.iter().flat_map(|gap| gap.rules.clone()).collect();
    assert_eq!(hidden, ["event-version-old", "event-version-machine"]);
}

/// What the finding of `rule` says to do.
fn mend(rule: &str, change: fn(&mut Snapshot)) -> String {
    let mut snapshot = sample::snapshot();
    change(&mut snapshot);
    let judgement = judge(&snapshot);
    let finding = judgement.findings.iter().find(|(found, _)| found.id == rule);
    finding.unwrap_or_else(|| panic!("{rule} found nothing")).1.mend.clone()
}

#[test]
fn a_mend_of_the_pool_keeps_what_its_lists_have() {
    let changed = mend("email-change-unverified", |s| {
        let settings = s.pool.user_attribute_update_settings.as_mut().unwrap();
        settings.attributes_require_verification_before_update = Some(vec!["phone_number".into()]);
        s.pool.auto_verified_attributes = Some(vec!["phone_number".into()]);
    });
    assert!(changed.contains("BeforeUpdate: [phone_number, email]"), "{changed}");
    assert!(changed.contains("AutoVerifiedAttributes: [phone_number, email]"), "{changed}");

    let verified = mend("email-not-auto-verified", |s| {
        s.pool.auto_verified_attributes = Some(vec!["phone_number".into()]);
    });
    assert!(verified.contains("AutoVerifiedAttributes: [phone_number, email]"), "{verified}");
}

#[test]
fn a_new_attribute_is_protected_before_it_is_there_and_has_a_name_of_its_own() {
    let missing = mend("attribute-missing", |s| s.pool.schema_attributes = None);
    let (first, then) = missing.split_once(" Then: ").unwrap();
    assert!(first.contains("WriteAttributes"), "{missing}");
    assert!(then.contains("--custom-attributes 'Name=tenantId,"), "{missing}");

    let immutable = mend("attribute-immutable", |s| {
        s.expected.tenant_attribute = "custom:tenant".into();
        let mut tenant = attribute("custom:tenant").build();
        tenant.mutable = Some(false);
        s.pool.schema_attributes.as_mut().unwrap().push(tenant);
    });
    assert!(immutable.contains("Name=tenantKey,") && immutable.contains("custom:tenantKey"), "{immutable}");
}

#[test]
fn a_new_event_version_is_named_and_the_plan_that_has_it() {
    let machine = mend("event-version-machine", |s| {
        s.pool.lambda_config = Some(triggers(Version::V20));
    });
    assert!(
        machine.starts_with("tenantctl pool attach") && machine.contains("--event-version V3_0"),
        "{machine}"
    );

    let lite = mend("event-version-old", |s| {
        s.pool.lambda_config = Some(triggers(Version::V10));
        s.pool.user_pool_tier = Some(UserPoolTierType::Lite);
    });
    assert!(lite.find("UserPoolTier: ESSENTIALS") < lite.find("--event-version V2_0"), "{lite}");
}

#[test]
fn no_mend_is_a_command_that_resets_what_it_is_not_sent() {
    let rows: [fn(&mut Snapshot); 4] = [
        |s| s.pool = aws_sdk_cognitoidentityprovider::types::UserPoolType::builder().build(),
        |s| {
            s.pool.lambda_config = Some(triggers(Version::V10));
            s.pool.user_pool_tier = Some(UserPoolTierType::Lite);
        },
        |s| *sample::web(s) = aws_sdk_cognitoidentityprovider::types::UserPoolClientType::builder().build(),
        |s| {
            let web = sample::web(s);
            web.write_attributes = Some(vec!["custom:tenantId".into(), "email_verified".into()]);
            web.allowed_o_auth_flows = Some(vec!["implicit".into(), "client_credentials".into()]);
            web.client_secret = None;
            web.explicit_auth_flows = Some(vec!["ALLOW_USER_PASSWORD_AUTH".into()]);
            (web.access_token_validity, web.refresh_token_validity) = (Some(20), 400);
            let mapping = sample::sso(s).attribute_mapping.as_mut().unwrap();
            mapping.insert("custom:tenantId".into(), "tid".into());
        },
    ];

    for change in rows {
        let mut snapshot = sample::snapshot();
        change(&mut snapshot);
        let judgement = judge(&snapshot);
        assert!(judgement.findings.len() > 2);
        for (rule, finding) in judgement.findings {
            for call in ["update-user-pool", "update-identity-provider", "set-user-pool-mfa-config"] {
                assert!(!finding.mend.contains(call), "{}: {}", rule.id, finding.mend);
            }
        }
    }
}

#[test]
fn an_attribute_that_sounds_like_a_right_is_told_from_one_that_does_not() {
    let mut snapshot = sample::snapshot();
    for name in [
        "custom:role",
        "custom:isAdmin",
        "custom:orgId",
        "custom:planet",
        "custom:shoeSize",
        "dev:role",
        "profile",
    ] {
        snapshot.pool.schema_attributes.as_mut().unwrap().push(attribute(name).build());
    }
    snapshot.expected.protected = vec!["custom:role".to_owned()];

    let suspects: Vec<&str> = snapshot.suspects().collect();

    assert_eq!(suspects, ["custom:isAdmin", "custom:orgId"]);
}

#[test]
fn what_a_server_does_not_say_is_not_checked_and_not_passed() {
    let mut snapshot = sample::snapshot();
    snapshot.pool.user_pool_tier = None;
    snapshot.pool.arn = None;

    let judgement = judge(&snapshot);

    assert!(judgement.findings.is_empty());
    let hidden: Vec<&str> = judgement.not_checked.iter().flat_map(|gap| gap.rules.clone()).collect();
    for rule in ["plan-lite", "event-version-plan", "permission-missing"] {
        assert!(hidden.contains(&rule), "{rule}");
        assert!(!judgement.passed.iter().any(|passed| passed.id == rule), "{rule}");
    }
}
