//! Our reading of recorded events and our replies, against the structs that AWS publishes in `aws_lambda_events`. The functions
//! do not use these structs (docs/decisions/0002); what the structs can read, both must read the same.

use std::path::Path;

use aws_lambda_events::event::cognito::{
    CognitoEventUserPoolsPostConfirmation, CognitoEventUserPoolsPreTokenGen,
    CognitoEventUserPoolsPreTokenGenResponse, CognitoEventUserPoolsPreTokenGenResponseV2,
    CognitoEventUserPoolsPreTokenGenV2,
};
use cognito_trigger::event::{Event, Subject};
use cognito_trigger::reply::{Claim, GroupChange, GroupOverride, TokenContents};
use cognito_trigger::{Envelope, EventVersion};
use serde::de::DeserializeOwned;

fn recorded(folder: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(folder);
    let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap())).collect()
}

/// Both readings of the recorded events that the published struct `T` can read.
fn both<T: DeserializeOwned>(folder: &str) -> Vec<(String, T, String)> {
    let events = recorded(folder).into_iter();
    events.filter_map(|(name, text)| Some((name, serde_json::from_str(&text).ok()?, text))).collect()
}

fn ours(text: &str) -> Event<'_> {
    Envelope::read(text).unwrap().open("custom:tenantId").unwrap()
}

fn sub<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    match &event.request.subject {
        Subject::User(user) => Some(user.sub.as_str()),
        Subject::None | Subject::Invalid => None,
    }
}

#[test]
fn a_confirmation_that_the_published_struct_reads_is_read_the_same() {
    let events = both::<CognitoEventUserPoolsPostConfirmation>("post-confirmation");
    assert!(events.len() >= 10, "{}", events.len());

    for (name, theirs, text) in events {
        let ours = ours(&text);
        let (header, attributes) = (theirs.cognito_event_user_pools_header, theirs.request.user_attributes);
        assert_eq!(header.user_pool_id.as_deref(), Some(ours.pool.as_str()), "{name}");
        assert_eq!(attributes.get("sub").map(String::as_str), sub(&ours), "{name}");
        let email = attributes.get("email").map(|email| email.parse().unwrap());
        assert_eq!(email, ours.request.email, "{name}");
        let is_verified = attributes.get("email_verified").is_some_and(|value| value == "true");
        assert_eq!(is_verified, ours.request.is_email_verified, "{name}");
        let has_code = theirs.request.client_metadata.contains_key("inviteCode");
        assert_eq!(has_code, ours.request.invite_code != tenancy::Presented::None, "{name}");
    }
}

#[test]
fn a_sign_in_that_a_published_struct_reads_is_read_the_same() {
    let (v1, v2) = (
        both::<CognitoEventUserPoolsPreTokenGen>("pre-token-generation"),
        both::<CognitoEventUserPoolsPreTokenGenV2>("pre-token-generation"),
    );
    assert!(v1.len() >= 10 && v2.len() >= 10, "{} {}", v1.len(), v2.len());
    let v1 = v1.into_iter().map(|(name, event, text)| {
        (name, event.cognito_event_user_pools_header.caller_context, event.request.group_configuration, text)
    });
    let v2 = v2.into_iter().map(|(name, event, text)| {
        (name, event.cognito_event_user_pools_header.caller_context, event.request.group_configuration, text)
    });

    for (name, caller, groups, text) in v1.chain(v2) {
        let ours = ours(&text);
        let client = ours.client().unwrap().map(tenancy::ClientId::as_str);
        assert_eq!(caller.client_id.as_deref(), client, "{name}");
        let pool = ours.token_request().unwrap().pool_groups;
        assert_eq!(groups.groups_to_override, pool.groups, "{name}");
        assert_eq!(groups.iam_roles_to_override, pool.iam_roles, "{name}");
        assert_eq!(groups.preferred_role, pool.preferred_role, "{name}");
    }
}

#[test]
fn a_reply_is_what_the_published_structs_say() {
    let claims = |names: &[&str]| -> Vec<(String, Claim)> {
        names.iter().map(|name| ((*name).to_owned(), Claim::Text("acme".to_owned()))).collect()
    };
    let groups = GroupOverride {
        groups_to_override: vec!["acme-admins".to_owned()],
        iam_roles_to_override: Vec::new(),
        preferred_role: Some("arn:aws:iam::123456789012:role/acme".to_owned()),
    };
    let contents = TokenContents {
        id: claims(&["tenant_id", "custom:tenantId"]),
        access: claims(&["tenant_id"]),
        scopes: vec!["tenancy/member".to_owned()],
        suppressed_scopes: Vec::new(),
        groups: GroupChange::Replace(groups),
    };

    let v1 = contents.response(EventVersion::V1).json;
    let v2 = contents.response(EventVersion::V2).json;

    // The struct demands a list that Cognito does without.
    let v1 = v1.replace("{\"claimsToAdd", "{\"claimsToSuppress\":[],\"claimsToAdd");
    let v1: CognitoEventUserPoolsPreTokenGenResponse = serde_json::from_str(&v1).unwrap();
    let details = v1.claims_override_details.unwrap();
    assert_eq!(details.claims_to_add_or_override.len(), 2);
    assert_eq!(details.group_override_details.groups_to_override, ["acme-admins"]);
    let v2: CognitoEventUserPoolsPreTokenGenResponseV2 = serde_json::from_str(&v2).unwrap();
    let details = v2.claims_and_scope_override_details.unwrap();
    assert_eq!(details.id_token_generation.unwrap().claims_to_add_or_override.len(), 2);
    let access = details.access_token_generation.unwrap();
    assert_eq!(access.claims_to_add_or_override.len(), 1);
    assert_eq!(access.scopes_to_add, ["tenancy/member"]);
    assert_eq!(details.group_override_details.groups_to_override, ["acme-admins"]);
}
