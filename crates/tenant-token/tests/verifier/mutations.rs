//! Tokens that are nearly good: every flipped bit of one, and 100,000 mutations of some. The verifier refuses all.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::LazyLock,
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fastrand::Rng;
use serde_json::{Value, json};
use tenant_token::{Clients, Issuer, IssuerForm, Rules, Verifier};

use crate::support::*;

/// Mutation number `n` is made from `SEED + n`, so that each can be made again alone.
const SEED: u64 = 20_261_128;
const MUTATIONS: u64 = 100_000;

/// Two pools whose keys have the same `kid`.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let other = other_issuer();
    let keys = keys().with(other.keys_url(), OTHER_KEY.jwks(KID));
    Verifier::new(Rules::new([issuer(), other], Clients::OfThePools), keys).unwrap()
});

/// Good tokens of three tenants and a machine, from both pools.
static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rows = [
        json!({}),
        json!({ "tenant_id": "globex", "sub": "bob", "username": "bob", "tenant_roles": ["viewer"] }),
        json!({ "tenant_id": "initech", "tenant_name": null, "cognito:groups": null }),
        json!({ "sub": CLIENT, "username": null, "scope": "orders/read", "tenant_id": "globex" }),
    ];
    let pools = [(&KEY, ISSUER.to_owned()), (&OTHER_KEY, other_issuer().url().to_owned())];
    let headers = [header(), but(header(), json!({ "typ": "JWT" }))];
    let mut tokens = Vec::new();
    for (key, issuer) in &pools {
        for (row, header) in rows.iter().zip(headers.iter().cycle()) {
            let claims = but(but(access_claims(), row.clone()), json!({ "iss": issuer }));
            tokens.push(key.sign(&header.to_string(), &claims.to_string()));
        }
    }
    tokens
});

fn other_issuer() -> Issuer {
    Issuer::of_pool("us-east-1_Other4567", IssuerForm::Original).unwrap().remove(0)
}

fn is_refused(token: &str) -> bool {
    judge_now(&VERIFIER, token).is_err()
}

#[test]
fn a_token_with_any_bit_flipped_is_refused() {
    let good = &GOOD[0];
    assert!(!is_refused(good));

    // With its highest bit flipped a byte is no text any more, and cannot be passed.
    for bit in (0..good.len() * 8).filter(|bit| bit % 8 != 7) {
        let mut changed = good.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(is_refused(&String::from_utf8(changed).unwrap()), "bit {bit}");
    }
}

#[test]
fn any_flipped_bit_of_what_is_signed_and_of_the_signature_is_refused() {
    let parts: Vec<Vec<u8>> = GOOD[0].split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    for part in 0..3 {
        for bit in 0..parts[part].len() * 8 {
            let mut changed = parts.clone();
            changed[part][bit / 8] ^= 1 << (bit % 8);
            let token = changed.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
            assert!(is_refused(&token), "bit {bit} of part {part}");
        }
    }
}

#[test]
fn no_mutated_token_is_accepted() {
    assert!(GOOD.iter().all(|good| !is_refused(good)));

    let (mut counts, mut tokens) = (BTreeMap::<_, u64>::new(), HashSet::new());
    thread::scope(|scope| {
        let begun = [0, 1].map(|first| scope.spawn(move || refused_of((first..MUTATIONS).step_by(2))));
        for worker in begun {
            let (some, of_worker) = worker.join().unwrap();
            for (reason, count) in some {
                *counts.entry(reason).or_default() += count;
            }
            tokens.extend(of_worker);
        }
    });

    assert_eq!(counts.values().sum::<u64>(), MUTATIONS);
    assert!(tokens.len() > 90_000, "{} different tokens", tokens.len());
    // They come to every check that stands before the claims.
    for (reason, at_least) in [
        ("malformed", 10_000),
        ("algorithm", 1_000),
        ("issuer", 500),
        ("key_unknown", 500),
        ("signature", 40_000),
    ] {
        assert!(counts.get(reason).is_some_and(|count| *count >= at_least), "{reason}: {counts:?}");
    }
}

/// How many mutations were refused for which reason, and the hashes of the mutated tokens.
fn refused_of(numbers: impl Iterator<Item = u64>) -> (BTreeMap<&'static str, u64>, HashSet<u64>) {
    let (mut counts, mut tokens) = (BTreeMap::new(), HashSet::new());
    for number in numbers {
        let mut rng = Rng::with_seed(SEED + number);
        let (kind, token) = loop {
            let (kind, mutate) = any_kind(&mut rng);
            let token = mutate(&mut rng);
            if !GOOD.contains(&token) {
                break (kind, token);
            }
        };
        match judge_now(&VERIFIER, &token) {
            Ok(_) => panic!("accepted: mutation {number} of seed {SEED}, {kind}: {token}"),
            Err(refusal) => *counts.entry(refusal.code()).or_default() += 1,
        }
        tokens.insert(BuildHasherDefault::<DefaultHasher>::default().hash_one(token));
    }
    (counts, tokens)
}

type Mutate = fn(&mut Rng) -> String;

/// Of 100 mutations, how many are of each kind.
const KINDS: [(u32, &str, Mutate); 10] = [
    (15, "bits flipped in the text", flip_text),
    (15, "bits flipped in what is encoded", flip_decoded),
    (12, "bytes inserted", insert),
    (12, "bytes deleted", delete),
    (15, "two tokens spliced anywhere", splice),
    (1, "parts of three tokens", mix_parts),
    (10, "another header", other_header),
    (12, "claims edited", edit_claims),
    (6, "claims edited, with the header of another token", edit_claims_and_header),
    (2, "claims edited and signed with another key", sign_with_another_key),
];

fn any_kind(rng: &mut Rng) -> (&'static str, Mutate) {
    let mut drawn = rng.u32(..100);
    for (share, kind, mutate) in KINDS {
        if drawn < share {
            return (kind, mutate);
        }
        drawn -= share;
    }
    unreachable!("the shares are 100 in all")
}

fn any<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    &of[rng.usize(..of.len())]
}

fn any_good(rng: &mut Rng) -> String {
    any(rng, &GOOD).clone()
}

fn any_parts(rng: &mut Rng) -> Vec<String> {
    any(rng, &GOOD).split('.').map(str::to_owned).collect()
}

fn flip_text(rng: &mut Rng) -> String {
    let mut bytes = any_good(rng).into_bytes();
    for _ in 0..rng.usize(1..4) {
        let place = rng.usize(..bytes.len());
        bytes[place] ^= 1 << rng.u32(..7);
    }
    String::from_utf8(bytes).unwrap()
}

fn flip_decoded(rng: &mut Rng) -> String {
    let mut parts = any_parts(rng);
    let part = any(rng, &[0, 1, 1, 2, 2]);
    let mut bytes = URL_SAFE_NO_PAD.decode(&parts[*part]).unwrap();
    for _ in 0..rng.usize(1..4) {
        let place = rng.usize(..bytes.len());
        bytes[place] ^= 1 << rng.u32(..8);
    }
    parts[*part] = URL_SAFE_NO_PAD.encode(bytes);
    parts.join(".")
}

fn insert(rng: &mut Rng) -> String {
    let mut token = any_good(rng);
    for _ in 0..rng.usize(1..5) {
        let place = rng.usize(..=token.len());
        token.insert(place, char::from(*any(rng, b"Aa09-_.=+/ \n\0\x7f")));
    }
    token
}

fn delete(rng: &mut Rng) -> String {
    let mut token = any_good(rng);
    let begin = rng.usize(..token.len());
    let end = (begin + rng.usize(1..9)).min(token.len());
    token.replace_range(begin..end, "");
    token
}

fn splice(rng: &mut Rng) -> String {
    let (first, second) = (any_good(rng), any_good(rng));
    let place = rng.usize(..first.len().min(second.len()));
    format!("{}{}", first.split_at(place).0, second.split_at(place).1)
}

fn mix_parts(rng: &mut Rng) -> String {
    [0, 1, 2].map(|part| any_parts(rng).swap_remove(part)).join(".")
}

fn other_header(rng: &mut Rng) -> String {
    let change = match rng.u32(..10) {
        0 => json!({ "alg": "none" }),
        1 => json!({ "alg": "HS256" }),
        2 => json!({ "alg": "PS256" }),
        3 => json!({ "alg": null }),
        4 => json!({ "kid": "another" }),
        5 => json!({ "kid": null }),
        6 => json!({ "typ": "at+jwt" }),
        7 => json!({ "crit": ["exp"] }),
        8 => json!({ "jwk": OTHER_KEY.jwk(KID) }),
        _ => json!({}),
    };
    let mut parts = any_parts(rng);
    let changed = but(but(header(), change), json!({ "x": rng.u32(..) }));
    parts[0] = URL_SAFE_NO_PAD.encode(changed.to_string());
    parts.join(".")
}

/// The claims of a token with one or two changed, and a new `jti`.
fn edited(rng: &mut Rng, payload: &str) -> Value {
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    for _ in 0..rng.usize(1..3) {
        claims = but(claims, change_of_claims(rng));
    }
    but(claims, json!({ "jti": rng.u64(..).to_string() }))
}

fn change_of_claims(rng: &mut Rng) -> Value {
    match rng.u32(..14) {
        0 => json!({ "tenant_id": "acme" }),
        1 => json!({ "tenant_id": "globex" }),
        2 => json!({ "tenant_id": "victim" }),
        3 => json!({ "tenant_roles": ["owner", "admin"] }),
        4 => json!({ "tenant_tier": "enterprise" }),
        5 => json!({ "exp": NOW_SECONDS + rng.u64(301..1_000_000) }),
        6 => json!({ "iat": NOW_SECONDS - rng.u64(..599) }),
        7 => json!({ "sub": format!("user-{}", rng.u32(..)) }),
        8 => json!({ "client_id": "another" }),
        9 => json!({ "scope": "orders/read orders/write" }),
        10 => json!({ "iss": ISSUER }),
        11 => json!({ "iss": other_issuer().url() }),
        12 => json!({ "iss": "https://evil.example/eu-west-1_AbCdEf123" }),
        _ => json!({}),
    }
}

fn edit_claims(rng: &mut Rng) -> String {
    let mut parts = any_parts(rng);
    parts[1] = URL_SAFE_NO_PAD.encode(edited(rng, &parts[1]).to_string());
    parts.join(".")
}

fn edit_claims_and_header(rng: &mut Rng) -> String {
    let edited = edit_claims(rng);
    let (_, rest) = edited.split_once('.').unwrap();
    format!("{}.{rest}", any_parts(rng)[0])
}

/// By a key that signs for neither pool. The header may bring it along.
fn sign_with_another_key(rng: &mut Rng) -> String {
    let payload = any_parts(rng).swap_remove(1);
    let header = any(rng, &[header(), but(header(), json!({ "jwk": FORGER.jwk(KID) }))]).clone();
    FORGER.sign(&header.to_string(), &edited(rng, &payload).to_string())
}
