//! Identity providers.

use aws_sdk_cognitoidentityprovider::types::IdentityProviderTypeType as Kind;
use tenancy::ClientBindingMode;

use crate::check;
use crate::sample::{POOL, attribute, bound_client, client, configuration, sso};
use pool_audit::finding::Severity::{self, Critical, High, Low, Medium};
use pool_audit::snapshot::Snapshot;

fn map(snapshot: &mut Snapshot, name: &str) {
    sso(snapshot).attribute_mapping.as_mut().unwrap().insert(name.to_owned(), "x".to_owned());
}

fn detail(snapshot: &mut Snapshot, name: &str, value: &str) {
    sso(snapshot).provider_details.as_mut().unwrap().insert(name.to_owned(), value.to_owned());
}

fn terms(snapshot: &mut Snapshot, joins: bool, is_email_trusted: bool) {
    let bound = &mut snapshot.bindings.as_mut().unwrap().providers[0];
    (bound.joins, bound.is_email_trusted) = (joins, is_email_trusted);
}

/// A second app client, of another tenant, with the same provider.
fn another_tenants_client(snapshot: &mut Snapshot) {
    snapshot.clients.as_mut().unwrap().push(client("globex-web"));
    let bound = bound_client("globex-web", "globex", ClientBindingMode::Required);
    snapshot.bindings.as_mut().unwrap().clients.push(bound);
}

#[test]
fn a_provider_that_is_mapped_onto_what_it_must_not_say_is_found() {
    check(&[
        ("the tenant", |s| map(s, "custom:tenantId"), &[("provider-maps-tenant", Critical)]),
        (
            "an attribute that was named",
            |s| {
                s.expected.protected = vec!["custom:role".into()];
                map(s, "custom:role");
            },
            &[("provider-maps-protected", High), ("provider-mapping-not-writable", Low)],
        ),
        (
            "an attribute that sounds like a right",
            |s| {
                s.pool.schema_attributes.as_mut().unwrap().push(attribute("custom:role").build());
                map(s, "custom:role");
            },
            &[("provider-maps-protected", Medium), ("provider-mapping-not-writable", Low)],
        ),
    ]);
}

/// Both functions take the word of the sample's provider.
fn list_it(snapshot: &mut Snapshot) {
    for function in &mut snapshot.functions {
        let variables = [
            ("TENANCY_TABLE", "tenancy"),
            ("USER_POOL_IDS", POOL),
            ("EMAIL_VERIFIED_PROVIDERS", "other, acme-sso"),
        ];
        function.configuration = Ok(configuration(&variables));
    }
}

fn unbind(snapshot: &mut Snapshot) {
    snapshot.bindings.as_mut().unwrap().providers.clear();
}

#[test]
fn a_provider_that_says_which_addresses_are_verified_must_verify_them() {
    const NOT_WRITABLE: (&str, Severity) = ("provider-mapping-not-writable", Low);
    check(&[
        (
            "an OpenID provider of no tenant",
            |s| {
                unbind(s);
                map(s, "email_verified");
            },
            &[("provider-maps-email-verified", Medium), NOT_WRITABLE],
        ),
        (
            "a SAML provider of a tenant",
            |s| {
                sso(s).provider_type = Some(Kind::Saml);
                map(s, "email_verified");
            },
            &[("provider-maps-email-verified", Medium), NOT_WRITABLE],
        ),
        (
            "one of a tenant whose word counts for every tenant",
            |s| {
                list_it(s);
                map(s, "email_verified");
            },
            &[("provider-maps-email-verified", High), NOT_WRITABLE],
        ),
        (
            "GitHub, whose word counts for every tenant",
            |s| {
                unbind(s);
                list_it(s);
                detail(s, "oidc_issuer", "https://github.com");
                map(s, "email_verified");
            },
            &[("provider-maps-email-verified", High), NOT_WRITABLE],
        ),
        (
            "the operator's own, whose word counts for every tenant",
            |s| {
                unbind(s);
                list_it(s);
                map(s, "email_verified");
            },
            &[NOT_WRITABLE],
        ),
        ("one whose word counts, and that does not give it", list_it, &[]),
        (
            "Google",
            |s| {
                sso(s).provider_type = Some(Kind::Google);
                terms(s, false, false);
                map(s, "email_verified");
            },
            &[NOT_WRITABLE],
        ),
        (
            "Facebook",
            |s| {
                sso(s).provider_type = Some(Kind::Facebook);
                terms(s, false, false);
                map(s, "email_verified");
            },
            &[("provider-maps-email-verified", High), NOT_WRITABLE],
        ),
    ]);
}

#[test]
fn a_provider_where_anybody_can_have_a_user_is_not_one_tenants() {
    check(&[
        (
            "Google joins",
            |s| {
                sso(s).provider_type = Some(Kind::Google);
                terms(s, true, false);
            },
            &[("provider-anyone-joins", Critical)],
        ),
        (
            "Google is trusted",
            |s| {
                sso(s).provider_type = Some(Kind::Google);
                terms(s, false, true);
            },
            &[("provider-anyone-trusted", High)],
        ),
        (
            "Facebook is trusted",
            |s| {
                sso(s).provider_type = Some(Kind::Facebook);
                terms(s, false, true);
            },
            &[("provider-anyone-trusted", High)],
        ),
        (
            "Google, and invites",
            |s| {
                sso(s).provider_type = Some(Kind::Google);
                terms(s, false, false);
            },
            &[],
        ),
        (
            "Microsoft for all organizations",
            |s| detail(s, "oidc_issuer", "https://login.microsoftonline.com/organizations/v2.0"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "Microsoft for one organization",
            |s| {
                detail(
                    s,
                    "oidc_issuer",
                    "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0",
                );
            },
            &[],
        ),
        (
            "GitLab",
            |s| detail(s, "oidc_issuer", "https://gitlab.com"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "LinkedIn",
            |s| detail(s, "oidc_issuer", "https://www.linkedin.com/oauth"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "Microsoft for persons",
            |s| detail(s, "oidc_issuer", "https://login.live.com"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "Microsoft by its older name",
            |s| detail(s, "oidc_issuer", "https://STS.windows.net:443/common/"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "addresses of GitHub behind an issuer of one's own",
            |s| detail(s, "authorize_url", "https://github.com/login/oauth/authorize"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
        (
            "Microsoft by its older name, for one organization",
            |s| detail(s, "oidc_issuer", "https://sts.windows.net/6babcaad-604b-40ac-a9d7-9fd97c0b779f/"),
            &[],
        ),
        ("a GitLab of one's own", |s| detail(s, "oidc_issuer", "https://gitlab.acme.example"), &[]),
        ("a name that begins so", |s| detail(s, "oidc_issuer", "https://github.community"), &[]),
        (
            "a customer's Google Workspace",
            |s| {
                sso(s).provider_type = Some(Kind::Saml);
                detail(s, "MetadataURL", "https://accounts.google.com/o/saml2/idp?idpid=C0");
            },
            &[],
        ),
        (
            "Google as an OpenID provider",
            |s| detail(s, "oidc_issuer", "https://accounts.google.com"),
            &[("provider-anyone-joins", Critical), ("provider-anyone-trusted", High)],
        ),
    ]);
}

#[test]
fn a_provider_that_serves_clients_of_two_tenants_is_found() {
    check(&[
        ("it is of one of them", another_tenants_client, &[("provider-cross-tenant", High)]),
        (
            "it is of neither",
            |s| {
                another_tenants_client(s);
                s.bindings.as_mut().unwrap().providers.clear();
            },
            &[("provider-two-tenants", High)],
        ),
        (
            "it is everybody's",
            |s| {
                another_tenants_client(s);
                s.bindings.as_mut().unwrap().providers.clear();
                sso(s).provider_type = Some(Kind::SignInWithApple);
            },
            &[("provider-two-tenants", Low)],
        ),
        (
            "the other client does not offer it",
            |s| {
                another_tenants_client(s);
                let settings = s.clients.as_mut().unwrap()[2].described.as_mut().unwrap();
                settings.supported_identity_providers = Some(vec!["COGNITO".into()]);
            },
            &[],
        ),
    ]);
}

#[test]
fn a_provider_that_can_be_listened_to_or_misled_is_found() {
    check(&[(
        "metadata without TLS",
        |s| detail(s, "MetadataURL", "http://idp.acme.example/metadata"),
        &[("provider-without-tls", High)],
    )]);
}
