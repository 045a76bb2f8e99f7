//! How long a verification takes with cached keys, beside the bare RSA verification that it cannot do without.
//!
//! ```text
//! cargo run --release -p tenant-token --example speed
//! ```
//!
//! It prints a table, and writes nothing.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_imports,
    reason = "it shares the tokens of the tests"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use tenant_token::Verifier;

use support::*;

#[allow(dead_code, reason = "made for the tests too")]
#[path = "../tests/verifier/support.rs"]
mod support;

const ROUNDS: usize = 50_000;

fn main() {
    let token = access_token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (key, signature) = (KEY.public(), URL_SAFE_NO_PAD.decode(signature).unwrap());
    let verifier = Verifier::new(rules(), keys()).unwrap();

    let bare = || key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
    let whole = || drop(black_box(judge_now(&verifier, black_box(&token)).unwrap()));
    // Turn by turn, so that both see the same machine.
    let (mut of_bare, mut of_whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_bare.push(timed(bare));
        of_whole.push(timed(whole));
    }

    if cfg!(debug_assertions) {
        println!("a debug build: the figures mean little without --release");
    }
    println!("{}, one thread, {ROUNDS} rounds, a token of {} bytes", std::env::consts::ARCH, token.len());
    println!("{:<32}{:>10}{:>10}", "", "median", "p99");
    report("RSA verification by ring", of_bare);
    report("Verifier::verify, keys cached", of_whole);
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| format!("{:.1} us", times[times.len() * percent / 100].as_secs_f64() * 1e6);
    println!("{name:<32}{:>10}{:>10}", at(50), at(99));
}
