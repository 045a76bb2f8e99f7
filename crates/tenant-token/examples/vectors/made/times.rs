//! Check 6: the times, a second before, at and after each bound.

use serde_json::{Value, json};

use super::{Vector, access, access_with_text, vector};
use crate::support::*;

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = bounds();
    all.extend(values());
    all
}

fn bounds() -> Vec<Vector> {
    let (issued, expires, begins) = (NOW_SECONDS - 600, NOW_SECONDS + 300, NOW_SECONDS - 100);
    let token = access_token();
    let later = access(json!({ "nbf": begins }));
    let mut all = Vec::new();
    for leeway in [0, 30] {
        let add = |name: String, token: &str, now: u64| {
            vector(format!("{name}, leeway {leeway} s"), token)
                .rules(json!({ "leewaySeconds": leeway }))
                .at(now)
        };
        let end = expires + leeway;
        all.push(add("exp, 1 s before the bound".to_owned(), &token, end - 1));
        all.push(add("exp, at the bound".to_owned(), &token, end).refused("expired").differs("exp-bound"));
        all.push(add("exp, 1 s after the bound".to_owned(), &token, end + 1).refused("expired"));
        let begin = issued - leeway;
        all.push(
            add("iat, 1 s before the bound".to_owned(), &token, begin - 1)
                .refused("too_early")
                .differs("iat"),
        );
        all.push(add("iat, at the bound".to_owned(), &token, begin));
        all.push(add("iat, 1 s after the bound".to_owned(), &token, begin + 1));
        let begin = begins - leeway;
        all.push(add("nbf, 1 s before the bound".to_owned(), &later, begin - 1).refused("too_early"));
        all.push(add("nbf, at the bound".to_owned(), &later, begin));
        all.push(add("nbf, 1 s after the bound".to_owned(), &later, begin + 1));
    }
    let limited = |name: &str, now: u64| vector(name, &token).rules(json!({ "maxAgeSeconds": 700 })).at(now);
    all.push(limited("age, 1 s before the bound", issued + 699));
    all.push(limited("age, at the bound", issued + 700));
    all.push(limited("age, 1 s after the bound", issued + 701).refused("too_old").differs("max-age"));
    all.push(vector("the longest leeway", &token).rules(json!({ "leewaySeconds": 300 })).at(expires + 299));
    all.push(vector("a clock at 1970", &token).at(0).refused("too_early").differs("iat"));
    all.push(vector("nbf after exp", access(json!({ "nbf": expires + 60 }))).refused("too_early"));
    all
}

fn values() -> Vec<Vector> {
    let exp = |value: Value| access(json!({ "exp": value }));
    let exp_text = |text: &str| access_with_text("\"exp\":1790000300", &format!("\"exp\":{text}"));
    let iat = |value: Value| access(json!({ "iat": value }));
    let nbf = |value: Value| access(json!({ "nbf": value }));
    let null = |name: &str| {
        let mut claims = access_claims();
        claims[name] = Value::Null;
        signed(&claims)
    };
    vec![
        vector("no exp", exp(json!(null))).malformed("exp").differs("exp-missing"),
        vector("exp is null", null("exp")).malformed("exp"),
        vector("exp is a text", exp(json!("1790000300"))).malformed("exp"),
        vector("exp is a list", exp(json!([1_790_000_300]))).malformed("exp"),
        vector("exp is true", exp(json!(true))).malformed("exp"),
        vector("exp is negative", exp(json!(-1))).malformed("exp"),
        vector("exp is 0", exp(json!(0))).refused("expired"),
        vector("exp with a fraction", exp(json!(1_790_000_300.5))).malformed("exp").differs("time-number"),
        vector("exp with a fraction of zero", exp_text("1790000300.0"))
            .malformed("exp")
            .differs("time-number"),
        vector("exp with an exponent", exp_text("1.7900003e9")).malformed("exp").differs("time-number"),
        vector("exp in milliseconds", exp(json!(1_790_000_300_000_u64)))
            .malformed("exp")
            .differs("time-number"),
        vector("exp at the end of the year 9999", exp(json!(253_402_300_799_u64))),
        vector("exp a second later", exp(json!(253_402_300_800_u64))).malformed("exp").differs("time-number"),
        vector("exp of 64 bits", exp(json!(u64::MAX))).malformed("exp").differs("time-number"),
        vector("exp of 65 bits", exp_text("18446744073709551616")).malformed("exp").differs("time-number"),
        vector("exp that no number holds", exp_text("1e400")).malformed("payload"),
        vector("exp is NaN", exp_text("NaN")).malformed("payload"),
        vector("no iat", iat(json!(null))).malformed("iat").differs("iat"),
        vector("iat is a text", iat(json!("1789999400"))).malformed("iat"),
        vector("iat is negative", iat(json!(-1))).malformed("iat").differs("iat"),
        vector("iat with a fraction", iat(json!(1.5))).malformed("iat").differs("iat"),
        vector("iat in milliseconds", iat(json!(1_789_999_400_000_u64))).malformed("iat").differs("iat"),
        vector("nbf is a text", nbf(json!("now"))).malformed("nbf"),
        vector("nbf is null", null("nbf")).malformed("nbf"),
        vector("nbf is negative", nbf(json!(-1))).malformed("nbf").differs("time-number"),
        vector("nbf with a fraction", nbf(json!(1_789_999_400.5))).malformed("nbf").differs("time-number"),
    ]
}
