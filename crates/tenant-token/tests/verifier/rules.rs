//! Which rules a verifier takes.

use std::time::Duration;

use tenant_token::{AcceptedUse, Clients, Issuer, Rules, RulesFault, Verifier};

use crate::support::*;

#[test]
fn rules_that_cannot_be_meant_are_refused_at_start() {
    let named = |change: &dyn Fn(&mut tenant_token::ClaimNames)| {
        let mut names = tenant_token::ClaimNames::default();
        change(&mut names);
        rules().claim_names(names)
    };
    let claim = |claim, name: &str| RulesFault::ClaimName { claim, name: name.to_owned() };
    let many = (0..33).map(|n| Issuer::of_url(&format!("https://a.example/p{n}")).unwrap());
    let none: [&str; 0] = [];
    let rows = [
        (Rules::new([], Clients::OfThePools), RulesFault::IssuerCount(0)),
        (Rules::new(many, Clients::OfThePools), RulesFault::IssuerCount(33)),
        (Rules::new([issuer(), issuer()], Clients::OfThePools), RulesFault::IssuerTwice(ISSUER.to_owned())),
        (Rules::new([issuer()], Clients::listed(none)), RulesFault::NoClients),
        (Rules::new([issuer()], Clients::listed([CLIENT, ""])), RulesFault::NoClients),
        (rules().scope("a b"), RulesFault::Scope("a b".to_owned())),
        (rules().scope(""), RulesFault::Scope(String::new())),
        (rules().scope("a\"b"), RulesFault::Scope("a\"b".to_owned())),
        (rules().scope("a\\b"), RulesFault::Scope("a\\b".to_owned())),
        (rules().scope("a").token_use(AcceptedUse::Either), RulesFault::ScopeOfIdTokens),
        (named(&|names| names.tenant_id = String::new()), claim("tenant_id", "")),
        (named(&|names| names.tenant_id = "sub".to_owned()), claim("tenant_id", "sub")),
        (
            named(&|names| names.tenant_id = "custom:tenantId".to_owned()),
            claim("tenant_id", "custom:tenantId"),
        ),
        (
            named(&|names| names.tenant_roles = "cognito:groups".to_owned()),
            claim("tenant_roles", "cognito:groups"),
        ),
        (named(&|names| names.tenant_tier = "tenant_id".to_owned()), claim("tenant_tier", "tenant_id")),
        (rules().leeway(Duration::from_secs(301)), RulesFault::Leeway(Duration::from_secs(301))),
        (
            rules().keys_fresh_for(Duration::from_secs(299)),
            RulesFault::KeysFreshFor(Duration::from_secs(299)),
        ),
        (
            rules().keys_fresh_for(Duration::from_secs(86_401)),
            RulesFault::KeysFreshFor(Duration::from_secs(86_401)),
        ),
    ];

    for (rules, fault) in rows {
        assert_eq!(Verifier::new(rules, keys()).unwrap_err(), fault);
    }
}

#[test]
fn rules_at_their_bounds_are_accepted() {
    let many = (0..32).map(|n| Issuer::of_url(&format!("https://a.example/p{n}")).unwrap());
    let mut names = tenant_token::ClaimNames::default();
    names.tenant_id = "https://example.com/tenant".to_owned();
    names.tenant_tier = "t".repeat(128);
    let rows = [
        Rules::new(many, Clients::OfThePools),
        rules().scope("orders/read").scope("!#[]^~"),
        rules().leeway(Duration::ZERO),
        rules().leeway(Duration::from_mins(5)),
        rules().keys_fresh_for(Duration::from_mins(5)),
        rules().keys_fresh_for(Duration::from_hours(24)),
        rules().token_use(AcceptedUse::Id),
        rules().claim_names(names),
    ];

    for rules in rows {
        assert_eq!(rules.faults(), [], "{rules:?}");
    }
}

#[test]
fn no_claim_that_a_user_can_write_is_the_tenant() {
    let written_by_users =
        ["name", "nickname", "profile", "website", "zoneinfo", "Profile", "custom:org", "Custom:org"];
    let of_cognito = ["cnf", "device_key", "username", "version", "event_id", "client_id", "custom"];
    let malformed = ["a b", "a\"b", "a'b", "tenänt"];

    for name in [&written_by_users[..], &of_cognito, &malformed].concat() {
        let mut names = tenant_token::ClaimNames::default();
        names.tenant_id = name.to_owned();
        let fault = RulesFault::ClaimName { claim: "tenant_id", name: name.to_owned() };
        assert_eq!(Verifier::new(rules().claim_names(names), keys()).unwrap_err(), fault);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut names = tenant_token::ClaimNames::default();
    (names.tenant_id, names.tenant_roles) = ("sub".to_owned(), "email".to_owned());
    let rules = rules().claim_names(names).scope("a b").leeway(Duration::from_secs(301));

    let faults: Vec<_> = rules.faults().iter().map(ToString::to_string).collect();

    assert_eq!(
        faults,
        [
            "`a b` is not one scope",
            "`sub` cannot be the name of the claim tenant_id",
            "`email` cannot be the name of the claim tenant_roles",
            "the leeway is 301s: it can be 300 s at most",
        ]
    );
}
