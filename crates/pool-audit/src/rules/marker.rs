//! The marker scope (`MARKER_SCOPE`): who may ask for it, and whether the pool knows it.

use serde_json::Value;

use super::{of_client, of_pool};
use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::snapshot::Snapshot;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "marker-requestable",
        severity: Severity::Critical,
        looks_for: "An app client, or a client registered through DcrConfiguration, can request the marker scope (MARKER_SCOPE \
                    of pre-token-generation).",
        why: "The scope says that a token has a tenant. A client that asks for it can get one without a tenant as soon as the \
              trigger is off or on event version V1_0, and every API that goes by the scope lets it in.",
        check: Check::Any(requestable),
    },
    Rule {
        id: "marker-undefined",
        severity: Severity::Info,
        looks_for: "No resource server of the pool defines the marker scope (MARKER_SCOPE of pre-token-generation).",
        why: "AWS does not document whether a trigger can add a scope that the pool does not define. If it cannot, every API \
              that requires the scope refuses every request.",
        check: Check::Any(undefined),
    },
];

fn requestable(snapshot: &Snapshot) -> Look {
    let Some(marker) = snapshot.marker_scope()? else { return Ok(Vec::new()) };
    let asks = |scopes: &[String]| scopes.iter().any(|scope| scope == marker);
    let mut findings: Vec<Finding> = snapshot
        .described_clients()
        .filter(|client| asks(client.settings.allowed_o_auth_scopes()))
        .map(|client| {
            let mend = of_client(format_args!(
                "AllowedOAuthScopes without {marker}: pre-token-generation adds it by itself"
            ));
            Finding::new(client.subject(), format!("AllowedOAuthScopes has {marker}."), mend)
        })
        .collect();
    let registered = snapshot.described.pointer("/DcrConfiguration/AllowedScopes").and_then(Value::as_array);
    if registered.is_some_and(|scopes| scopes.iter().any(|scope| scope == marker)) {
        let found = format!("DcrConfiguration.AllowedScopes has {marker}.");
        let mend = of_pool(format_args!("DcrConfiguration.AllowedScopes without {marker}"));
        findings.push(Finding::new("the user pool", found, mend));
    }
    if findings.is_empty() {
        snapshot.sees_all_clients()?;
    }
    Ok(findings)
}

fn undefined(snapshot: &Snapshot) -> Look {
    let Some(marker) = snapshot.marker_scope()? else { return Ok(Vec::new()) };
    let defined = snapshot.marker_server.as_ref().map_err(ToString::to_string)?;
    let (server, name) = marker.split_once('/').unwrap_or((marker, ""));
    if defined.iter().any(|scope| scope == name) {
        return Ok(Vec::new());
    }
    let found = format!("MARKER_SCOPE is {marker}, and no resource server of the pool has this scope.");
    let mend = format!(
        "Add an AWS::Cognito::UserPoolResourceServer with Identifier: {server} and a scope with ScopeName: {name}; list it in no \
         app client."
    );
    Ok(vec![Finding::new("the user pool", found, mend)])
}
