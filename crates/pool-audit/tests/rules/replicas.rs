//! The pool in other Regions.

use aws_sdk_cognitoidentityprovider::types::{
    LambdaConfigType,
    PreTokenGenerationLambdaVersionType::{V10, V30},
};

use crate::sample;
use pool_audit::finding::Severity::{self, Critical, High, Info, Medium};
use pool_audit::snapshot::{Replica, Snapshot};
use pool_audit::unread::{No, Read, Unread};
use pool_audit::{judge, severity};

fn unread(operation: &'static str) -> Unread {
    Unread {
        kind: No::Denied,
        reason: format!("these credentials may not call {operation}"),
        action: "cognito-idp:x",
    }
}

/// The finding about a pool with a replica, and its severity.
fn found(snapshot: &Snapshot) -> Option<(Severity, String)> {
    let judgement = judge(snapshot);
    let mut found = judgement.findings.iter().filter(|(rule, _)| rule.id == "replica-triggers");
    found
        .next()
        .map(|(rule, finding)| (severity(rule, finding), format!("{}: {}", finding.subject, finding.found)))
}

fn with_replica(is_active: bool, triggers: Read<Option<LambdaConfigType>>) -> Snapshot {
    let mut snapshot = sample::snapshot();
    snapshot.replicas = Ok(vec![Replica { region: "us-west-2".to_owned(), is_active, triggers }]);
    snapshot
}

#[test]
fn a_replica_that_would_issue_tokens_without_a_tenant_is_found() {
    let join_alone = LambdaConfigType::builder().post_confirmation("arn:of:join").build();
    for (what, is_active, triggers, wanted, said) in [
        ("no triggers", true, Ok(None), Critical, "Nothing is attached to PreTokenGeneration."),
        ("the other trigger", true, Ok(Some(join_alone)), Critical, "Nothing is attached"),
        ("not yet in use", false, Ok(None), High, "Nothing is attached"),
        (
            "other tokens",
            true,
            Ok(Some(sample::triggers(V10))),
            High,
            "gets event version V1_0 there, and V3_0 here",
        ),
        ("attached", true, Ok(Some(sample::triggers(V30))), Info, "has not looked at the function"),
        ("may not be read", true, Err(unread("DescribeUserPool")), Medium, "may not call DescribeUserPool"),
    ] {
        let (severity, text) = found(&with_replica(is_active, triggers)).unwrap();

        assert_eq!(severity, wanted, "{what}");
        assert!(text.starts_with("the user pool in us-west-2: ") && text.contains(said), "{what}: {text}");
    }
}

#[test]
fn before_anything_is_installed_a_replica_without_triggers_is_good_to_know() {
    let mut snapshot = with_replica(true, Ok(None));
    snapshot.expected.is_installed = false;
    snapshot.expected.table = None;
    snapshot.functions = Vec::new();
    snapshot.pool.lambda_config = None;
    snapshot.bindings = Err(sample::unread(No::Failed));

    assert_eq!(found(&snapshot).map(|(severity, _)| severity), Some(Info));
}

#[test]
fn replicas_that_could_not_be_listed_are_not_checked_and_not_passed() {
    let mut snapshot = sample::snapshot();
    snapshot.replicas = Err(unread("ListUserPoolReplicas"));

    let judgement = judge(&snapshot);

    let gap = judgement.not_checked.iter().find(|gap| gap.rules.contains(&"replica-triggers")).unwrap();
    assert_eq!(gap.what, "the pool in other Regions");
    assert_eq!(gap.reason, "these credentials may not call ListUserPoolReplicas");
    assert!(!judgement.passed.iter().any(|rule| rule.id == "replica-triggers"));
}
