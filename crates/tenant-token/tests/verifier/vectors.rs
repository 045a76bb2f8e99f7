//! The token vectors of `tests/vectors/vectors.json`. `tests/apps/test/vectors.test.js` of the repository runs the same file
//! through `aws-jwt-verify`.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tenant_token::{
    AcceptedUse, Clients, FixedKeys, Issuer, IssuerForm, Refusal, Rules, TenantRule, TenantToken, Verifier,
};

use crate::{made, support::*};

fn file() -> String {
    std::fs::read_to_string(made::FILE).unwrap()
}

#[test]
fn the_file_is_what_the_command_makes() {
    assert!(
        file() == made::document(),
        "run `cargo run -p tenant-token --example vectors -- --write` and read the difference"
    );
}

#[tokio::test]
async fn each_vector_gets_its_verdict() {
    let document: Value = serde_json::from_str(&file()).unwrap();

    let mut wrong = Vec::new();
    for vector in document["vectors"].as_array().unwrap() {
        let (verdict, expected) = (verdict(&document, vector).await, &vector["expected"]);
        // A vector names the facts that it is about.
        let differs = |(name, value): (&String, &Value)| verdict.get(name) != Some(value);
        if verdict.get("refused") != expected.get("refused")
            || expected.as_object().unwrap().iter().any(differs)
        {
            wrong.push(format!("{}: {verdict}, and not {expected}", vector["name"]));
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_vectors_have_names_of_their_own_and_cover_every_refusal_and_the_readme_counts_them() {
    let document: Value = serde_json::from_str(&file()).unwrap();
    let vectors = document["vectors"].as_array().unwrap();
    let all = |name: &str| vectors.iter().filter_map(|vector| vector[name].as_str()).collect::<BTreeSet<_>>();
    let refused: BTreeSet<&str> =
        vectors.iter().filter_map(|vector| vector["expected"]["refused"].as_str()).collect();
    let reasons = document["differences"].as_object().unwrap().keys().map(String::as_str).collect();

    assert_eq!(all("name").len(), vectors.len());
    assert_eq!(refused.len(), 15, "{refused:?}");
    assert_eq!(all("difference"), reasons, "each reason is that of a vector");
    let different = vectors.iter().filter(|vector| vector.get("difference").is_some()).count();
    for count in [format!("has {} tokens", vectors.len()), format!("({different} tokens)")] {
        assert!(include_str!("../../README.md").contains(&count), "the README does not say `{count}`");
    }
}

/// What the verifier says of a vector, as the file writes it.
async fn verdict(document: &Value, vector: &Value) -> Value {
    let named = but(document["defaults"].clone(), vector["rules"].clone());
    let form = match named["issuerForm"].as_str().unwrap() {
        "original" => IssuerForm::Original,
        "updated" => IssuerForm::Updated,
        "both" => IssuerForm::Both,
        other => panic!("{other}"),
    };
    let pools = texts(&named["pools"]);
    let issuers: Vec<Issuer> = pools.iter().flat_map(|pool| Issuer::of_pool(pool, form).unwrap()).collect();
    let mut keys = FixedKeys::new();
    for issuer in &issuers {
        if let Some(set) = document["keys"].get(issuer.pool_id()) {
            keys = keys.with(issuer.keys_url(), set.to_string());
        }
    }
    let rules = rules(&named, issuers);
    let (token, now) = (vector["token"].as_str().unwrap(), at(vector["now"].as_u64().unwrap()));
    if named["tenantOptional"] == true {
        let verdict = Verifier::tenant_optional(rules, keys).unwrap().verify(token, now).await;
        told(verdict, |token| token.tenant().map(ToString::to_string))
    } else {
        let verdict = Verifier::new(rules, keys).unwrap().verify(token, now).await;
        told(verdict, |token| Some(token.tenant().to_string()))
    }
}

fn rules(named: &Value, issuers: Vec<Issuer>) -> Rules {
    let clients = match &named["clients"] {
        Value::String(any) if any == "any" => Clients::OfThePools,
        listed => Clients::listed(texts(listed)),
    };
    let token_use = match named["tokenUse"].as_str().unwrap() {
        "access" => AcceptedUse::Access,
        "id" => AcceptedUse::Id,
        "either" => AcceptedUse::Either,
        other => panic!("{other}"),
    };
    let leeway = Duration::from_secs(named["leewaySeconds"].as_u64().unwrap());
    let mut rules = Rules::new(issuers, clients).token_use(token_use).leeway(leeway);
    if let Some(seconds) = named["maxAgeSeconds"].as_u64() {
        rules = rules.max_age(Duration::from_secs(seconds));
    }
    texts(&named["scopes"]).into_iter().fold(rules, Rules::scope)
}

fn texts(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).unwrap()
}

fn told<T: TenantRule>(
    verdict: Result<TenantToken<T>, Refusal>,
    tenant: impl Fn(&TenantToken<T>) -> Option<String>,
) -> Value {
    match verdict {
        Ok(token) => json!({
            "tenant": tenant(&token), "roles": token.roles(), "machine": token.is_machine(),
            "subject": token.subject().to_string(),
        }),
        Err(refusal @ (Refusal::Malformed(which) | Refusal::BadClaim(which))) => {
            json!({ "refused": refusal.code(), "which": which })
        }
        Err(refusal) => json!({ "refused": refusal.code() }),
    }
}
