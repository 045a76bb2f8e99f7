//! Fetches in the background: how a program that is frozen between two calls waits for them, and what it can tell of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::*;
use serde_json::json;
use tenant_token::{Clients, FetchError, Issuer, IssuerForm, JwksUrl, KeySource, Rules, Verifier};
use tokio::{sync::Barrier, time::timeout};

const HOUR: u64 = 3_600;

/// Takes 50 ms for a key set, and can fail.
#[derive(Clone, Default)]
struct Slow(Arc<AtomicBool>);

impl KeySource for Slow {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if self.0.load(Ordering::SeqCst) { Err(FetchError::new("no route")) } else { Ok(KEY.jwks(KID)) }
    }
}

async fn verify(verifier: &Verifier, seconds: u64) {
    let issued = NOW_SECONDS + seconds;
    let token = signed(&but(access_claims(), json!({ "iat": issued, "exp": issued + 300 })));
    verifier.verify(&token, at(issued)).await.unwrap();
}

#[tokio::test]
async fn a_fetch_in_the_background_can_be_waited_for_and_its_failure_is_told() {
    let source = Slow::default();
    let verifier = Verifier::new(rules(), source.clone()).unwrap();
    verify(&verifier, 0).await;
    source.0.store(true, Ordering::SeqCst);

    verify(&verifier, 2 * HOUR).await;
    assert!(!verifier.has_stale_keys(ISSUER), "the fetch is on its way");
    verifier.fetches_done().await;
    assert!(verifier.has_stale_keys(ISSUER), "it has failed");

    source.0.store(false, Ordering::SeqCst);
    verify(&verifier, 3 * HOUR).await;
    verifier.fetches_done().await;
    assert!(!verifier.has_stale_keys(ISSUER), "the keys are fresh again");
    assert!(!verifier.has_stale_keys("https://another.example/pool"));
}

#[tokio::test]
async fn without_a_fetch_there_is_nothing_to_wait_for() {
    let verifier = Verifier::new(rules(), keys()).unwrap();
    verify(&verifier, 0).await;

    let mut wait = std::pin::pin!(verifier.fetches_done());
    let polled = wait.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));

    assert!(polled.is_ready());
}

/// Answers when all three issuers are asked.
struct AllAtOnce(Arc<Barrier>);

impl KeySource for AllAtOnce {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        self.0.wait().await;
        Ok(KEY.jwks(KID))
    }
}

#[tokio::test]
async fn the_keys_of_all_pools_are_prefetched_at_the_same_time() {
    let pools = ["eu-west-1_a", "eu-west-1_b", "us-east-1_c"];
    let issuers = pools.into_iter().flat_map(|pool| Issuer::of_pool(pool, IssuerForm::Original).unwrap());
    let source = AllAtOnce(Arc::new(Barrier::new(3)));
    let verifier = Verifier::new(Rules::new(issuers, Clients::OfThePools), source).unwrap();

    let fetched = timeout(Duration::from_mins(1), verifier.prefetch(now())).await;

    assert_eq!(fetched.expect("no fetch waits for another"), Ok(()));
}

/// Has the keys once, and panics from then on.
#[derive(Clone, Default)]
struct Panicking(Arc<AtomicUsize>);

impl KeySource for Panicking {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        assert!(self.0.fetch_add(1, Ordering::SeqCst) == 0, "a bug in the source");
        Ok(KEY.jwks(KID))
    }
}

#[tokio::test]
async fn a_source_that_panics_in_the_background_is_called_as_seldom_as_one_that_fails() {
    let source = Panicking::default();
    let verifier = Verifier::new(rules(), source.clone()).unwrap();
    verify(&verifier, 0).await;

    for _ in 0..5 {
        verify(&verifier, 2 * HOUR).await;
        verifier.fetches_done().await;
    }
    assert_eq!(source.0.load(Ordering::SeqCst), 2, "the next try is a second later");
    assert!(verifier.has_stale_keys(ISSUER));

    verify(&verifier, 2 * HOUR + 1).await;
    verifier.fetches_done().await;
    assert_eq!(source.0.load(Ordering::SeqCst), 3);
}
