//! The functions of the triggers.

use aws_sdk_lambda::operation::get_alias::GetAliasOutput;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, LastUpdateStatus, State};

use crate::sample::{of_one_tenant, unread};
use crate::{check, sample};
use pool_audit::finding::Severity::{Critical, High, Info, Low, Medium};
use pool_audit::judge;
use pool_audit::snapshot::Snapshot;
use pool_audit::unread::No;
use user_pool::function::Configuration;

fn settings(snapshot: &mut Snapshot) -> &mut Configuration {
    snapshot.functions[1].configuration.as_mut().unwrap()
}

/// Sets variables of pre-token-generation, besides those of the sample.
fn set(snapshot: &mut Snapshot, variables: &[(&str, &str)]) {
    let known = settings(snapshot).environment.as_mut().unwrap().variables.as_mut().unwrap();
    known.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
}

/// Replaces a text in the policy of pre-token-generation.
fn policy(snapshot: &mut Snapshot, from: &str, to: &str) {
    let policy = snapshot.functions[1].policy.as_mut().unwrap().as_mut().unwrap();
    assert!(policy.contains(from), "{policy}");
    *policy = policy.replace(from, to);
}

#[test]
fn a_function_that_cannot_run_or_be_called_is_found() {
    check(&[
        (
            "it is not there",
            |s| {
                s.functions[1].configuration = Err(unread(No::Missing));
                s.functions[1].policy = Ok(None);
            },
            &[("function-missing", Critical)],
        ),
        ("it failed", |s| settings(s).state = Some(State::Failed), &[("function-state", Critical)]),
        ("it sleeps", |s| settings(s).state = Some(State::Inactive), &[("function-state", High)]),
        (
            "its update failed",
            |s| settings(s).last_update_status = Some(LastUpdateStatus::Failed),
            &[("function-state", Medium)],
        ),
        (
            "no calls",
            |s| s.functions[0].reserved_concurrency = Ok(Some(0)),
            &[("function-concurrency", Critical)],
        ),
        (
            "at the wrong trigger",
            |s| s.functions[1].name.name = "post-confirmation".to_owned(),
            &[("function-swapped", Critical)],
        ),
        ("some calls", |s| s.functions[0].reserved_concurrency = Ok(Some(10)), &[]),
        ("6 s", |s| settings(s).timeout = Some(6), &[("function-timeout-long", Low)]),
        ("4 s", |s| settings(s).timeout = Some(4), &[]),
        ("3 s", |s| settings(s).timeout = Some(3), &[("function-timeout-short", Medium)]),
        (
            "two versions",
            |s| {
                let weights =
                    AliasRoutingConfiguration::builder().additional_version_weights("2", 0.1).build();
                let alias = GetAliasOutput::builder().function_version("1").routing_config(weights).build();
                s.functions[1].alias = Some(Ok(alias));
            },
            &[("function-alias-split", Info)],
        ),
        ("no policy", |s| s.functions[1].policy = Ok(None), &[("permission-missing", Critical)]),
        (
            "a policy for the function, not for its alias",
            |s| policy(s, ":live", ""),
            &[("permission-missing", Critical)],
        ),
        (
            "a policy for another pool",
            |s| policy(s, "eu-west-1_AbCdEf123", "eu-west-1_XyZ"),
            &[("permission-missing", Critical)],
        ),
        (
            "a policy for any pool",
            |s| policy(s, r#""Condition""#, r#""Ignored""#),
            &[("permission-any-pool", High)],
        ),
        (
            "a policy for the pools of the account",
            |s| {
                policy(
                    s,
                    r#""AWS:SourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123""#,
                    r#""AWS:SourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/*""#,
                );
            },
            &[("permission-pools-of-account", Medium)],
        ),
        (
            "a policy that cannot be read",
            |s| s.functions[1].policy = Ok(Some("{not json".into())),
            &[("not-checked", Medium)],
        ),
        (
            "a policy that cannot be judged",
            |s| policy(s, r#""ArnLike":{"AWS:SourceArn""#, r#""ForAnyValue:ArnLike":{"AWS:SourceArn""#),
            &[("permission-missing", High)],
        ),
        (
            "a policy for another account as well",
            |s| {
                policy(
                    s,
                    r#""Service":"cognito-idp.amazonaws.com""#,
                    r#""AWS":"999999999999","Service":"cognito-idp.amazonaws.com""#,
                );
            },
            &[("permission-others", High)],
        ),
        (
            "a policy for a role here as well",
            |s| {
                policy(
                    s,
                    r#""Service":"cognito-idp.amazonaws.com""#,
                    r#""AWS":"arn:aws:iam::123456789012:role/x","Service":"cognito-idp.amazonaws.com""#,
                );
            },
            &[("permission-others", Low)],
        ),
        (
            "a policy for an address of its own as well",
            |s| {
                let open = r#""Statement":[{"Sid":"url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl"},"#;
                policy(s, r#""Statement":["#, open);
            },
            &[("permission-anybody", High)],
        ),
        (
            "a policy without the account",
            |s| policy(s, r#""StringEquals":{"AWS:SourceAccount":"123456789012"}"#, r#""StringEquals":{}"#),
            &[("permission-source-account", Low)],
        ),
        (
            "a policy for anybody",
            |s| {
                policy(s, r#"{"Service":"cognito-idp.amazonaws.com"}"#, r#""*""#);
                policy(s, r#""Condition""#, r#""Ignored""#);
            },
            &[("permission-anybody", Critical)],
        ),
    ]);
}

/// What the finding of `rule` says to do.
fn mend(snapshot: &Snapshot, rule: &str) -> String {
    let judgement = judge(snapshot);
    let finding = judgement.findings.iter().find(|(found, _)| found.id == rule);
    finding.unwrap_or_else(|| panic!("{rule} found nothing")).1.mend.clone()
}

#[test]
fn a_statement_is_taken_away_only_after_one_of_another_id_is_there() {
    let mut snapshot = sample::snapshot();
    let taken = format!("cognito-{}", sample::POOL);
    policy(&mut snapshot, r#""Sid":"pool""#, &format!(r#""Sid":"{taken}""#));
    policy(&mut snapshot, r#""StringEquals":{"AWS:SourceAccount":"123456789012"}"#, r#""StringEquals":{}"#);

    let mend = mend(&snapshot, "permission-source-account");

    let (add, remove) = mend.split_once("; only when that has worked, ").unwrap();
    assert!(add.contains(&format!("--statement-id {taken}-2 ")), "{mend}");
    assert!(remove.ends_with(&format!("--statement-id {taken}.")), "{mend}");
}

#[test]
fn every_wide_statement_is_taken_away_and_one_without_an_id_by_its_template() {
    let mut snapshot = sample::snapshot();
    let statement = |sid: &str| {
        format!(
            r#"{{{sid}"Effect":"Allow","Principal":{{"Service":"cognito-idp.amazonaws.com"}},"Action":"lambda:InvokeFunction"}}"#
        )
    };
    let statements = [statement(r#""Sid":"one","#), statement(r#""Sid":"two","#), statement("")].join(",");
    snapshot.functions[1].policy = Ok(Some(format!(r#"{{"Statement":[{statements}]}}"#)));

    let mend = mend(&snapshot, "permission-any-pool");

    for part in [
        "--statement-id one;",
        "--statement-id two;",
        "statement without an id out of the template",
        "other pools",
    ] {
        assert!(mend.contains(part), "{part}: {mend}");
    }
}

#[test]
fn a_function_of_another_account_is_named_by_its_arn() {
    let mut snapshot = sample::snapshot();
    let arn = sample::arn("tokens").replace("123456789012", "999999999999");
    snapshot.functions[1].name = arn.parse().unwrap();
    snapshot.functions[1].arn = arn;
    snapshot.functions[1].policy = Ok(None);

    let mend = mend(&snapshot, "permission-missing");

    let named = "--function-name arn:aws:lambda:eu-west-1:999999999999:function:tokens --qualifier live";
    assert!(mend.contains(named), "{mend}");
}

#[test]
fn a_function_that_is_set_to_something_else_is_found() {
    check(&[
        ("another table", |s| set(s, &[("TENANCY_TABLE", "other")]), &[("function-table", High)]),
        (
            "another table than the other function, none being named",
            |s| {
                s.expected.table = None;
                set(s, &[("TENANCY_TABLE", "other")]);
            },
            &[("function-table", High)],
        ),
        (
            "the table by its ARN",
            |s| set(s, &[("TENANCY_TABLE", "arn:aws:dynamodb:eu-west-1:123456789012:table/tenancy")]),
            &[],
        ),
        (
            "other pools",
            |s| set(s, &[("USER_POOL_IDS", "eu-west-1_Other,eu-west-1_More")]),
            &[("function-pool-refused", Critical)],
        ),
        (
            "this pool among others",
            |s| set(s, &[("USER_POOL_IDS", "eu-west-1_Other, eu-west-1_AbCdEf123")]),
            &[],
        ),
        ("any pool", |s| set(s, &[("USER_POOL_IDS", " ")]), &[("function-any-pool", Info)]),
        ("it only watches", |s| set(s, &[("MODE", "observe")]), &[("function-observe", Medium)]),
        ("it enforces", |s| set(s, &[("MODE", "enforce")]), &[]),
        (
            "another attribute",
            |s| set(s, &[("TENANT_ATTRIBUTE", "custom:tenant")]),
            &[("function-attribute", High)],
        ),
        (
            "a pool of one tenant, to one function",
            |s| set(s, &[("POOL_TENANT", "acme"), ("USER_POOL_IDS", "eu-west-1_AbCdEf123")]),
            &[("function-pool-tenant", High)],
        ),
        (
            "a pool of one tenant, and two pools",
            |s| {
                of_one_tenant(s, "acme");
                set(s, &[("USER_POOL_IDS", "eu-west-1_AbCdEf123,eu-west-1_Other")]);
            },
            &[("function-pool-tenant", High)],
        ),
        ("a pool of one tenant, to both", |s| of_one_tenant(s, "acme"), &[]),
        (
            "a pool of two tenants",
            |s| {
                of_one_tenant(s, "acme");
                set(s, &[("POOL_TENANT", "globex")]);
            },
            &[("function-pool-tenant", High), ("binding-tenant", Medium)],
        ),
        ("nobody joins", |s| set(s, &[("REDEEM", "off")]), &[("function-redeem-off", Info)]),
        ("people join", |s| set(s, &[("REDEEM", "on")]), &[]),
        (
            "roles of any account",
            |s| set(s, &[("IAM_ROLE_ALLOWLIST", "arn:aws:iam::*:role/tenants/*,arn:*")]),
            &[("function-iam-roles", Medium)],
        ),
        (
            "roles of any name",
            |s| set(s, &[("IAM_ROLE_ALLOWLIST", "arn:aws:iam::123456789012:role/*")]),
            &[("function-iam-roles", Medium)],
        ),
        (
            "roles below a path",
            |s| set(s, &[("IAM_ROLE_ALLOWLIST", "arn:aws:iam::123456789012:role/tenants/*")]),
            &[],
        ),
        (
            "strangers",
            |s| {
                let known = s.functions[0].configuration.as_mut().unwrap();
                known
                    .environment
                    .as_mut()
                    .unwrap()
                    .variables
                    .as_mut()
                    .unwrap()
                    .insert("UNINVITED".into(), "admit".into());
            },
            &[("function-admits-uninvited", Info)],
        ),
    ]);
}

#[test]
fn a_function_that_may_not_be_looked_at_is_not_passed() {
    let mut snapshot = sample::snapshot();
    for function in &mut snapshot.functions {
        function.configuration = Err(unread(No::Denied));
        function.policy = Err(unread(No::Denied));
        function.reserved_concurrency = Err(unread(No::Unsupported));
    }

    let judgement = judge(&snapshot);

    let found: Vec<&str> = judgement.findings.iter().map(|(rule, _)| rule.id).collect();
    assert_eq!(found, ["not-checked"]);
    let looked_at_functions = |id: &str| id.starts_with("function-") || id.starts_with("permission-");
    let passed: Vec<&str> =
        judgement.passed.iter().map(|rule| rule.id).filter(|id| looked_at_functions(id)).collect();
    // What the alias is does not depend on the rest.
    assert_eq!(passed, ["function-alias-split"]);
}
