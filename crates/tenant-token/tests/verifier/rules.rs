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
    let claim = |name: &str| RulesFault::ClaimName(name.to_owned());
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
        (rules().scope("a").token_use(AcceptedUse::Either), RulesFault::ScopeOfIdTokens),
        (named(&|names| names.tenant_id = String::new()), claim("")),
        (named(&|names| names.tenant_id = "sub".to_owned()), claim("sub")),
        (named(&|names| names.tenant_id = "custom:tenantId".to_owned()), claim("custom:tenantId")),
        (named(&|names| names.tenant_roles = "cognito:groups".to_owned()), claim("cognito:groups")),
        (named(&|names| names.tenant_tier = "tenant_id".to_owned()), claim("tenant_id")),
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
