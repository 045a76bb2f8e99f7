//! The marker scope.

use aws_sdk_cognitoidentityprovider::types::PreTokenGenerationLambdaVersionType as Version;
use serde_json::json;

use crate::{check, sample};
use pool_audit::finding::Severity::{Critical, High, Info};
use pool_audit::judge;
use pool_audit::snapshot::Snapshot;
use pool_audit::unread::No;

const MARKER: &str = "tenancy/member";

/// The marker is set and defined, and no app client may ask for it.
fn mark(snapshot: &mut Snapshot) {
    let settings = [("TENANCY_TABLE", "tenancy"), ("USER_POOL_IDS", sample::POOL), ("MARKER_SCOPE", MARKER)];
    snapshot.functions[1].configuration = Ok(sample::configuration(&settings));
    snapshot.marker_server = Ok(vec!["admin".to_owned(), "member".to_owned()]);
}

#[test]
fn only_the_trigger_may_bring_the_marker() {
    check(&[
        ("the marker is defined, and nobody may ask for it", mark, &[]),
        (
            "without a marker the scope is like any other",
            |s| sample::web(s).allowed_o_auth_scopes = Some(vec![MARKER.to_owned()]),
            &[],
        ),
        (
            "a client of users",
            |s| {
                mark(s);
                sample::web(s).allowed_o_auth_scopes = Some(vec!["openid".to_owned(), MARKER.to_owned()]);
            },
            &[("marker-requestable", Critical)],
        ),
        (
            "a client of machines",
            |s| {
                mark(s);
                sample::machine(s).allowed_o_auth_scopes = Some(vec![MARKER.to_owned()]);
            },
            &[("marker-requestable", Critical)],
        ),
        (
            "a scope that looks like it",
            |s| {
                mark(s);
                let others = ["tenancy/members", "tenancy/member/x", "Tenancy/member"];
                sample::web(s).allowed_o_auth_scopes = Some(others.map(str::to_owned).into());
            },
            &[],
        ),
        (
            "clients that anybody registers",
            |s| {
                mark(s);
                let configuration =
                    json!({ "EnableStatus": "Disabled", "AllowedScopes": ["openid", MARKER] });
                s.described["DcrConfiguration"] = configuration;
            },
            &[("marker-requestable", Critical)],
        ),
    ]);
}

#[test]
fn a_marker_that_no_token_can_carry_is_found() {
    check(&[
        (
            "no such resource server",
            |s| {
                mark(s);
                s.marker_server = Ok(Vec::new());
            },
            &[("marker-undefined", Info)],
        ),
        (
            "no such scope of it",
            |s| {
                mark(s);
                s.marker_server = Ok(vec!["members".to_owned()]);
            },
            &[("marker-undefined", Info)],
        ),
        (
            "event version 1",
            |s| {
                mark(s);
                s.pool.lambda_config = Some(sample::triggers(Version::V10));
            },
            &[("event-version-old", High), ("event-version-machine", High)],
        ),
    ]);
}

/// The rules that could not look, after a change of the sample with a marker.
fn hidden(change: impl FnOnce(&mut Snapshot)) -> Vec<&'static str> {
    let mut snapshot = sample::snapshot();
    mark(&mut snapshot);
    change(&mut snapshot);
    let gaps = judge(&snapshot).not_checked.into_iter();
    gaps.flat_map(|gap| gap.rules).filter(|rule| rule.starts_with("marker-")).collect()
}

#[test]
fn a_marker_passes_only_where_everything_was_seen() {
    let both = ["marker-requestable", "marker-undefined"];

    assert_eq!(hidden(|_| ()), Vec::<&str>::new());
    assert_eq!(hidden(|s| s.functions[1].configuration = Err(sample::unread(No::Denied))), both);
    assert_eq!(hidden(|s| s.functions.truncate(1)), both);
    assert_eq!(hidden(|s| s.clients = Err(sample::unread(No::Denied))), ["marker-requestable"]);
    assert_eq!(hidden(|s| s.unlisted_clients = Some(sample::unread(No::Failed))), ["marker-requestable"]);
    assert_eq!(hidden(|s| s.marker_server = Err(sample::unread(No::Denied))), ["marker-undefined"]);
}
