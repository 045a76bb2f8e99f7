//! Checks 3 to 5: issuer, key, signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{OTHER_POOL, SILENT_POOL, Vector, access, vector, with_header};
use crate::support::*;

pub(super) fn vectors() -> Vec<Vector> {
    let iss = |iss: Value| access(json!({ "iss": iss }));
    let updated = ISSUER.replace("cognito-idp", "issuer-cognito-idp");
    let both_pools = json!({ "pools": [POOL, OTHER_POOL], "clients": "any" });
    let of = |pool: &str| {
        let region = pool.split('_').next().unwrap();
        let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
        but(access_claims(), json!({ "iss": issuer, "tenant_id": "globex" })).to_string()
    };
    let head = header().to_string();
    let of_other = but(header(), json!({ "kid": "of-the-other" })).to_string();
    let mut all = vec![
        vector("no iss", iss(json!(null))).refused("issuer"),
        vector("iss is a list", iss(json!([ISSUER]))).refused("issuer"),
        vector("iss, last byte off", iss(json!(ISSUER.replace("123", "124")))).refused("issuer"),
        vector("iss, one byte more", iss(json!(format!("{ISSUER}4")))).refused("issuer"),
        vector("iss, one byte less", iss(json!(ISSUER.replace("123", "12")))).refused("issuer"),
        vector("iss with a slash behind", iss(json!(format!("{ISSUER}/")))).refused("issuer"),
        vector("iss with a blank behind", iss(json!(format!("{ISSUER} ")))).refused("issuer"),
        vector("iss in capitals", iss(json!(ISSUER.to_uppercase()))).refused("issuer"),
        vector("iss with http", iss(json!(ISSUER.replace("https", "http")))).refused("issuer"),
        vector("iss with the port", iss(json!(ISSUER.replace(".com", ".com:443")))).refused("issuer"),
        vector(
            "iss of another host",
            iss(json!(ISSUER.replace("amazonaws.com", "amazonaws.com.evil.example"))),
        )
        .refused("issuer"),
        vector("iss with a letter that looks the same", iss(json!(ISSUER.replace("AbC", "\u{410}bC"))))
            .refused("issuer"),
        vector("updated issuer, original wanted", iss(json!(updated)))
            .refused("issuer")
            .differs("issuer-form"),
        vector("updated issuer, updated wanted", iss(json!(updated)))
            .rules(json!({ "issuerForm": "updated" })),
        vector("original issuer, updated wanted", access_token())
            .rules(json!({ "issuerForm": "updated" }))
            .refused("issuer")
            .differs("issuer-form"),
        vector("updated issuer, both wanted", iss(json!(updated))).rules(json!({ "issuerForm": "both" })),
        vector("original issuer, both wanted", access_token()).rules(json!({ "issuerForm": "both" })),
        vector("another pool, which the rules do not name", OTHER_KEY.sign(&head, &of(OTHER_POOL)))
            .refused("issuer"),
        vector("two pools, a token of the second", OTHER_KEY.sign(&head, &of(OTHER_POOL)))
            .rules(both_pools.clone())
            .tells(json!({ "tenant": "globex", "subject": format!("{OTHER_POOL}|3f0c8d1e-ana") })),
        vector("two pools, the same kid, signed by the other pool", OTHER_KEY.sign(&head, &of(POOL)))
            .rules(both_pools.clone())
            .refused("signature"),
        vector("two pools, the same kid, signed by the first pool", KEY.sign(&head, &of(OTHER_POOL)))
            .rules(both_pools.clone())
            .refused("signature"),
        vector("two pools, a kid that the other pool alone has", OTHER_KEY.sign(&of_other, &of(POOL)))
            .rules(both_pools)
            .refused("key_unknown"),
        vector("keys cannot be fetched", KEY.sign(&head, &of(SILENT_POOL)))
            .rules(json!({ "pools": [SILENT_POOL] }))
            .refused("keys_unavailable"),
        vector("an unknown kid", with_header(json!({ "kid": "another" }))).refused("key_unknown"),
        vector("kid in capitals", with_header(json!({ "kid": "THE-KEY" }))).refused("key_unknown"),
        vector("a key for encryption", with_header(json!({ "kid": "for-encryption" })))
            .refused("key_unknown"),
    ];
    all.extend(signatures());
    all
}

fn signatures() -> Vec<Vector> {
    let good = access_token();
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { unreachable!() };
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |bytes: &[u8]| format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let globex = but(access_claims(), json!({ "tenant_id": "globex" })).to_string();
    let later = but(access_claims(), json!({ "exp": NOW_SECONDS + 86_400 })).to_string();
    let other_head = URL_SAFE_NO_PAD.encode(but(header(), json!({ "typ": "JWT" })).to_string());
    let spaced = URL_SAFE_NO_PAD.encode(access_claims().to_string().replacen(':', ": ", 1));
    let mut flipped = bytes.clone();
    flipped[128] ^= 1;
    let rows = [
        ("signed with another key", OTHER_KEY.sign(&header().to_string(), &access_claims().to_string())),
        (
            "another tenant, not signed again",
            format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(globex)),
        ),
        ("a later exp, not signed again", format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(later))),
        ("the same claims, written otherwise", format!("{head}.{spaced}.{signature}")),
        ("another header, not signed again", format!("{other_head}.{body}.{signature}")),
        ("the signature of another token", {
            let other = signed(&but(access_claims(), json!({ "jti": "9" })));
            format!("{head}.{body}.{}", other.rsplit('.').next().unwrap())
        }),
        ("a signature with one bit flipped", with(&flipped)),
        ("a signature without its last byte", with(&bytes[..255])),
        ("a signature with one byte more", with(&[bytes.as_slice(), &[0]].concat())),
        ("a signature with a zero before", with(&[&[0], bytes.as_slice()].concat())),
        ("a signature of zeros", with(&[0; 256])),
        ("a signature of the number 1", with(&[[0; 255].as_slice(), &[1]].concat())),
    ];
    rows.into_iter().map(|(name, token)| vector(name, token).refused("signature")).collect()
}
