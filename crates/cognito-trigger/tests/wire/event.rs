//! Events are read tolerantly, and returned byte for byte. Generated events: `tests/fuzz`.

use cognito_trigger::event::{Envelope, EventVersion, Subject, UnreadableEvent, UnusableUsername};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tenancy::Presented;
use tenancy::address::{Identities, Identity, ProviderKind};

const ATTRIBUTE: &str = "custom:tenantId";

fn raw(text: impl Into<String>) -> Box<RawValue> {
    RawValue::from_string(text.into()).unwrap()
}

fn event(change: impl FnOnce(&mut Value)) -> Box<RawValue> {
    let mut event = json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1",
        "userPoolId": "eu-west-1_EXAMPLE01", "userName": "ana",
        "callerContext": { "awsSdkVersion": "1", "clientId": "client1" },
        "request": { "userAttributes": { "sub": "sub-1", "email": "Ana@Example.com", "email_verified": "true" } },
        "response": {},
    });
    change(&mut event);
    raw(event.to_string())
}

#[test]
fn only_exactly_true_verifies_an_address() {
    let rows = [
        (json!("true"), true),
        (json!(true), true),
        (json!("false"), false),
        (json!(false), false),
        (json!("True"), false),
        (json!("TRUE"), false),
        (json!(" true"), false),
        (json!("1"), false),
        (json!(1), false),
        (json!("yes"), false),
        (json!(null), false),
        (json!(["true"]), false),
        (json!({}), false),
        (json!(""), false),
    ];

    for (value, verified) in rows {
        let event = event(|event| event["request"]["userAttributes"]["email_verified"] = value.clone());
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.request.is_email_verified, verified, "{value}");
    }
}

#[test]
fn metadata_is_read_for_two_keys_and_anything_odd_in_them_is_refused_later() {
    let code = || "inv_0123456789ABCDEFGHJKMNPQRS";
    let rows = [
        (json!(null), Presented::None, Presented::None),
        (json!("text"), Presented::None, Presented::None),
        (json!({ "other": 1 }), Presented::None, Presented::None),
        (json!({ "inviteCode": null, "tenantId": null }), Presented::None, Presented::None),
        (json!({ "inviteCode": code() }), Presented::parse(code()), Presented::None),
        (json!({ "inviteCode": 5, "tenantId": 5 }), Presented::Malformed, Presented::Malformed),
        (json!({ "inviteCode": "", "tenantId": "" }), Presented::None, Presented::None),
        (json!({ "inviteCode": " ", "tenantId": "\t " }), Presented::None, Presented::None),
        (json!({ "tenantId": "acme" }), Presented::None, Presented::parse("acme")),
        (json!({ "tenantId": "ACME" }), Presented::None, Presented::Malformed),
    ];

    for (metadata, invite_code, asked) in rows {
        let event = event(|event| event["request"]["clientMetadata"] = metadata.clone());
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(
            (event.request.invite_code, event.request.asked_tenant),
            (invite_code, asked),
            "{metadata}"
        );
    }
}

#[test]
fn the_shape_of_the_reply_is_told_by_version_scopes_or_container() {
    let rows = [
        (json!({ "version": "1" }), json!({}), json!({}), EventVersion::V1),
        (json!({ "version": "0" }), json!({}), json!({}), EventVersion::V1),
        (json!({ "version": null }), json!({}), json!({}), EventVersion::V1),
        (json!({ "version": "2" }), json!({}), json!({}), EventVersion::V2),
        (json!({ "version": "3" }), json!({}), json!({}), EventVersion::V2),
        (json!({ "version": 3 }), json!({}), json!({}), EventVersion::V2),
        (json!({ "version": "4" }), json!({}), json!({}), EventVersion::V2),
        (json!({ "version": "1" }), json!({ "scopes": [] }), json!({}), EventVersion::V2),
        (
            json!({ "version": "1" }),
            json!({}),
            json!({ "claimsAndScopeOverrideDetails": null }),
            EventVersion::V2,
        ),
        (json!({ "version": "1" }), json!({}), json!({ "claimsOverrideDetails": null }), EventVersion::V1),
        (
            json!({ "version": "1" }),
            json!({ "scopes": [] }),
            json!({ "claimsOverrideDetails": null }),
            EventVersion::V1,
        ),
        (
            json!({ "version": "2" }),
            json!({ "scopes": [] }),
            json!({ "claimsOverrideDetails": null }),
            EventVersion::V2,
        ),
        (json!({ "version": {} }), json!({}), json!([]), EventVersion::V1),
    ];

    for (outside, request, response, expected) in rows {
        let event = event(|event| {
            event["version"] = outside["version"].clone();
            if let Some(scopes) = request.get("scopes") {
                event["request"]["scopes"] = scopes.clone();
            }
            event["response"] = response.clone();
        });
        let version =
            Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap().token_request().unwrap().version;
        assert_eq!(version, expected, "{outside} {request} {response}");
    }
}

#[test]
fn what_cannot_be_acted_upon_is_named() {
    let twice = r#"{"userPoolId":"p","request":{"userAttributes":{"sub":"a","sub":"b"}}}"#;
    assert_eq!(
        Envelope::read(raw(twice).get()).unwrap().open(ATTRIBUTE).unwrap_err(),
        UnreadableEvent::Ambiguous
    );
    assert_eq!(Envelope::read(raw("[]").get()).err(), Some(UnreadableEvent::NotAnObject));
    let twice = r#"{"userPoolId":"p","userPoolId":"q"}"#;
    assert_eq!(Envelope::read(raw(twice).get()).err(), Some(UnreadableEvent::Ambiguous));
    for pool in [json!(null), json!(1), json!(""), json!("eu-west-1_X#Y"), json!("x".repeat(56))] {
        let event = event(|event| event["userPoolId"] = pool.clone());
        assert_eq!(
            Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap_err(),
            UnreadableEvent::NoPool,
            "{pool}"
        );
    }
    for (sub, expected) in [
        (json!(null), Subject::None),
        (json!(""), Subject::Invalid),
        (json!("a#b"), Subject::Invalid),
        (json!(7), Subject::Invalid),
    ] {
        let event = event(|event| event["request"]["userAttributes"]["sub"] = sub.clone());
        assert_eq!(
            Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap().request.subject,
            expected,
            "{sub}"
        );
    }
    for client in [json!(7), json!(""), json!("a#b")] {
        let event = event(|event| event["callerContext"]["clientId"] = client.clone());
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.client(), Err(UnreadableEvent::BadClient), "{client}");
    }
}

#[test]
fn scopes_that_stand_twice_are_refused_on_every_version() {
    for version in ["1", "2", "3"] {
        let twice =
            format!(r#"{{"version":"{version}","userPoolId":"p","request":{{"scopes":[],"scopes":["a"]}}}}"#);
        let event = raw(twice);
        let opened =
            Envelope::read(event.get()).unwrap().open(ATTRIBUTE).and_then(|event| event.token_request());
        assert_eq!(opened.unwrap_err(), UnreadableEvent::Ambiguous, "{version}");
    }
}

#[test]
fn identities_are_read_or_unreadable_and_never_guessed() {
    let of =
        |kind: &str| json!([{ "providerName": "Okta", "providerType": kind, "primary": true }]).to_string();
    let identity = |kind| Identity { provider: "Okta".parse().unwrap(), kind, is_primary: true };
    let federated = |kind| Identities::Federated(vec![identity(kind)]);
    let external = json!("EXTERNAL_PROVIDER");
    let confirmed = json!("CONFIRMED");
    let rows = [
        (&external, json!(of("SAML")), federated(ProviderKind::Enterprise)),
        (&external, json!(of("OIDC")), federated(ProviderKind::Enterprise)),
        (&external, json!(of("Google")), federated(ProviderKind::Social)),
        (&external, json!(of("SignInWithApple")), federated(ProviderKind::Social)),
        (&external, json!(of("saml")), federated(ProviderKind::Unknown)),
        (
            &external,
            json!("[{\"providerName\":\"Okta\",\"primary\":\"true\"}]"),
            federated(ProviderKind::Unknown),
        ),
        (&confirmed, json!(of("SAML")), Identities::Linked(vec![identity(ProviderKind::Enterprise)])),
        (&json!(null), json!(of("SAML")), Identities::Linked(vec![identity(ProviderKind::Enterprise)])),
        (&confirmed, json!(null), Identities::None),
        (&confirmed, json!(""), Identities::None),
        (&confirmed, json!("[]"), Identities::None),
        (&external, json!(null), Identities::Unreadable),
        (&external, json!("[]"), Identities::Unreadable),
        (&external, json!("{}"), Identities::Unreadable),
        (&confirmed, json!("not json"), Identities::Unreadable),
        (&confirmed, json!([{ "providerName": "Okta" }]), Identities::Unreadable),
        (&confirmed, json!("[{\"providerName\":\"a b\"}]"), Identities::Unreadable),
        (&confirmed, json!("[{\"providerType\":\"SAML\"}]"), Identities::Unreadable),
    ];

    for (status, identities, expected) in rows {
        let event = event(|event| {
            event["request"]["userAttributes"]["cognito:user_status"] = status.clone();
            event["request"]["userAttributes"]["identities"] = identities.clone();
        });
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.request.identities, expected, "{status} {identities}");
    }
}

#[test]
fn an_event_says_which_groups_the_pool_has_or_does_not() {
    let rows = [
        (json!({ "groupsToOverride": ["a"], "iamRolesToOverride": [], "preferredRole": null }), true),
        (json!({ "groupsToOverride": [] }), true),
        (json!({ "groupsToOverride": [], "iamRolesToOverride": null }), true),
        (json!(null), false),
        (json!({}), false),
        (json!({ "groupsToOverride": null }), false),
        (json!({ "groupsToOverride": "admin" }), false),
        (json!({ "groupsToOverride": [1] }), false),
        (json!({ "groupsToOverride": [], "iamRolesToOverride": "arn" }), false),
        (json!([]), false),
    ];

    for (configuration, expected) in rows {
        let event = event(|event| event["request"]["groupConfiguration"] = configuration.clone());
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.token_request().unwrap().pool_groups.is_known, expected, "{configuration}");
    }
}

#[test]
fn a_user_name_that_cannot_be_used_is_told_apart_from_a_missing_one() {
    let long = "x".repeat(129);
    let rows = [
        (json!("ana"), None),
        (json!("x".repeat(128)), None),
        (json!(long), Some(UnusableUsername::TooLong)),
        (json!(""), Some(UnusableUsername::Missing)),
        (json!(null), Some(UnusableUsername::Missing)),
    ];

    for (name, expected) in rows {
        let event = event(|event| event["userName"] = name.clone());
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.username.err(), expected, "{name}");
    }
}

#[test]
fn the_response_is_put_in_where_there_was_none() {
    let rows = [
        (r#" { "userPoolId" : "p" } "#, r#"{ "userPoolId" : "p" ,"response":[1]}"#),
        (r#"{"userPoolId":"p","response":null}"#, r#"{"userPoolId":"p","response":[1]}"#),
        (
            r#"{"response" : {"a":{"response":2}} , "userPoolId":"p"}"#,
            r#"{"response" : [1] , "userPoolId":"p"}"#,
        ),
        (
            r#"{"re\u0073ponse":7,"userPoolId":"p","x":1e400}"#,
            r#"{"re\u0073ponse":[1],"userPoolId":"p","x":1e400}"#,
        ),
    ];

    for (event, expected) in rows {
        let event: Box<RawValue> = serde_json::from_str(event).unwrap();
        let event = Envelope::read(event.get()).unwrap().open(ATTRIBUTE).unwrap();
        assert_eq!(event.with_response("[1]").unwrap().get(), expected);
    }
}
