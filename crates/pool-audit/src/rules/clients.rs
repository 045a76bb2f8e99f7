//! App clients: flows, errors, machines.

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes,
};

use super::{bracketed, of_client};
use crate::finding::{Check, Finding, Rule, Severity};
use crate::snapshot::{Client, Snapshot};
use user_pool::words::listed;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "client-user-existence",
        severity: Severity::Medium,
        looks_for: "An app client tells whether a user exists.",
        why: "Anybody can find out which addresses have a user, and so who your customers are.",
        check: Check::Client(user_existence),
    },
    Rule {
        id: "client-implicit-flow",
        severity: Severity::High,
        looks_for: "An app client has the implicit OAuth flow. Severity medium while OAuth is off for the client.",
        why: "Tokens are returned in the page URL, where the browser history, logs and other scripts can read them. OAuth 2.1 \
              removes this flow.",
        check: Check::Client(implicit_flow),
    },
    Rule {
        id: "client-token-revocation",
        severity: Severity::Medium,
        looks_for: "Refresh tokens of an app client cannot be revoked. Severity low if the setting is missing.",
        why: "A stolen refresh token stays valid. (A user who is removed from a tenant gets no new token for it anyway.)",
        check: Check::Client(token_revocation),
    },
    Rule {
        id: "client-machine-secret",
        severity: Severity::High,
        looks_for: "An app client of machines (client_credentials or ALLOW_CLIENT_TOKEN_AUTH) without a secret.",
        why: "The secret is the only proof that a caller may get tokens for the client's tenant.",
        check: Check::Secret(machine_secret),
    },
    Rule {
        id: "client-machine-mixed",
        severity: Severity::Medium,
        looks_for: "A machine app client that users can also sign in through. Severity low if only the default sign-in flows \
                    allow it.",
        why: "A binding means different things for machines and for users, and Cognito requires client_credentials to be a \
              client's only OAuth flow.",
        check: Check::Client(machine_mixed),
    },
];

fn user_existence(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let setting = client.settings.prevent_user_existence_errors();
    if setting == Some(&PreventUserExistenceErrorTypes::Enabled) || client.is_machine_only() {
        return None;
    }
    let found = setting.map_or_else(
        || "PreventUserExistenceErrors is not set, which means LEGACY.".to_owned(),
        |setting| format!("PreventUserExistenceErrors is {}.", setting.as_str()),
    );
    Some(Finding::new(client.subject(), found, of_client("PreventUserExistenceErrors: ENABLED")))
}

fn implicit_flow(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    client.has_flow(&OAuthFlowType::Implicit).then(|| {
        let is_off = client.settings.allowed_o_auth_flows_user_pool_client() == Some(false);
        let finding = Finding::new(
            client.subject(),
            if is_off {
                "AllowedOAuthFlows has implicit, though OAuth is off for this client."
            } else {
                "AllowedOAuthFlows has implicit."
            },
            own_flows(client),
        );
        if is_off { finding.at(Severity::Medium) } else { finding }
    })
}

/// What takes the flows of users and of machines apart, and the implicit one away.
fn own_flows(client: &Client<'_>) -> String {
    if client.has_flow(&OAuthFlowType::ClientCredentials) {
        // Cognito takes client_credentials beside no other flow.
        format!(
            "First make another client for users, with AllowedOAuthFlows: [code] and PKCE, and move the application to it. Then: {}",
            of_client("AllowedOAuthFlows: [client_credentials]")
        )
    } else if client.is_machine() {
        format!(
            "First make another client for users, with AllowedOAuthFlows: [code] and PKCE, and move the application to it. Then: {}",
            of_client("AllowedOAuthFlowsUserPoolClient: false and AllowedOAuthFlows: []")
        )
    } else {
        of_client("AllowedOAuthFlows: [code], and PKCE in the application")
    }
}

fn token_revocation(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let setting = client.settings.enable_token_revocation();
    if setting == Some(true) || client.is_machine_only() {
        return None;
    }
    let mend = of_client("EnableTokenRevocation: true");
    Some(match setting {
        Some(_) => Finding::new(client.subject(), "EnableTokenRevocation is false.", mend),
        // New clients have it on by default; those from before it was there do not say (API reference).
        None => Finding::new(
            client.subject(),
            "EnableTokenRevocation is not set; it is off for clients created before June 2021.",
            mend,
        )
        .at(Severity::Low),
    })
}

fn machine_secret(_: &Snapshot, client: &Client<'_>) -> Result<Option<Finding>, String> {
    if !client.is_machine() || client.has_secret().map_err(ToString::to_string)? {
        return Ok(None);
    }
    Ok(Some(Finding::new(
        client.subject(),
        format!("{}, and there is no secret.", client.machine_flows().join(", ")),
        "Cognito adds secrets only to a client that has one: make a new client with GenerateSecret: true, bind it (tenantctl client \
         bind), and delete this one.",
    )))
}

fn machine_mixed(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    if !client.is_machine() {
        return None;
    }
    let others: Vec<&str> = client
        .settings
        .allowed_o_auth_flows()
        .iter()
        .filter(|flow| **flow != OAuthFlowType::ClientCredentials)
        .map(OAuthFlowType::as_str)
        .collect();
    if !others.is_empty() {
        let found = if client.has_flow(&OAuthFlowType::ClientCredentials) {
            format!("AllowedOAuthFlows has client_credentials and {}.", listed(others))
        } else {
            format!("{}, and AllowedOAuthFlows has {}.", client.machine_flows().join(", "), listed(others))
        };
        return Some(Finding::new(client.subject(), found, own_flows(client)));
    }
    let sign_ins: Vec<&str> = client.user_flows().collect();
    if !sign_ins.is_empty() {
        let keep = client
            .settings
            .explicit_auth_flows()
            .iter()
            .map(ExplicitAuthFlowsType::as_str)
            .filter(|flow| !sign_ins.contains(flow));
        // An empty list counts as none, which means sign-ins of users.
        let keep: Vec<&str> = keep.collect();
        let keep = if keep.is_empty() { vec!["ALLOW_REFRESH_TOKEN_AUTH"] } else { keep };
        let found = format!(
            "{}, and users can sign in: ExplicitAuthFlows has {}.",
            client.machine_flows().join(", "),
            listed(&sign_ins)
        );
        let mend = format!(
            "First make another client for users, and move the application to it. Then: {}",
            of_client(format_args!("ExplicitAuthFlows: {}", bracketed(keep)))
        );
        return Some(Finding::new(client.subject(), found, mend));
    }
    client.settings.explicit_auth_flows().is_empty().then(|| {
        let found = "ExplicitAuthFlows is not set, which means that users can sign in with SRP and custom challenges as well.";
        let mend = of_client("ExplicitAuthFlows: [ALLOW_REFRESH_TOKEN_AUTH], unless users sign in through it");
        Finding::new(client.subject(), found, mend).at(Severity::Low)
    })
}
