//! When keys are fetched, and what callers get while they cannot be.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::*;
use serde_json::json;
use tenant_token::{FetchError, JwksUrl, KeySource, Refusal, Verifier};
use tokio::sync::Semaphore;

/// An issuer whose key set the test changes.
#[derive(Clone)]
struct Published(Arc<Inner>);

struct Inner {
    document: Mutex<Result<Vec<u8>, FetchError>>,
    fetches: AtomicUsize,
    /// A fetch ends when it gets a permit.
    open: Semaphore,
}

impl Published {
    fn new() -> Self {
        let open = Semaphore::new(Semaphore::MAX_PERMITS);
        Self(Arc::new(Inner { document: Mutex::new(Ok(KEY.jwks(KID))), fetches: AtomicUsize::new(0), open }))
    }

    fn publish(&self, document: Vec<u8>) {
        *self.0.document.lock().unwrap() = Ok(document);
    }

    fn fail(&self) {
        *self.0.document.lock().unwrap() = Err(FetchError::new("no route"));
    }

    fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::SeqCst)
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(rules(), self.clone()).unwrap()
    }
}

impl KeySource for Published {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        self.0.fetches.fetch_add(1, Ordering::SeqCst);
        self.0.open.acquire().await.unwrap().forget();
        self.0.document.lock().unwrap().clone()
    }
}

/// A token that is valid at `seconds` after the tests' time, with this key id.
fn token_at(seconds: u64, kid: &str) -> String {
    let issued = NOW_SECONDS + seconds;
    let claims = but(access_claims(), json!({ "iat": issued, "exp": issued + 300 }));
    KEY.sign(&json!({ "kid": kid, "alg": "RS256" }).to_string(), &claims.to_string())
}

async fn verdict(verifier: &Verifier, seconds: u64, kid: &str) -> Result<(), Refusal> {
    let verdict = verifier.verify(&token_at(seconds, kid), at(NOW_SECONDS + seconds)).await.map(|_| ());
    // Lets what was begun in the background end.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    verdict
}

const HOUR: u64 = 3_600;

#[tokio::test]
async fn keys_are_fetched_once_an_hour_and_not_for_each_token() {
    let published = Published::new();
    let verifier = published.verifier();

    for seconds in (0..HOUR * 4 / 5).step_by(60) {
        assert_eq!(verdict(&verifier, seconds, KID).await, Ok(()));
    }
    assert_eq!(published.fetches(), 1, "up to 20 % less than an hour");

    assert_eq!(verdict(&verifier, HOUR + 1, KID).await, Ok(()));
    assert_eq!(published.fetches(), 2);
}

#[tokio::test]
async fn fifty_callers_at_once_cause_one_fetch_and_all_get_the_key() {
    let published = Published::new();
    published.0.open.forget_permits(Semaphore::MAX_PERMITS);
    let verifier = published.verifier();
    let token = access_token();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token, now()).await.map(|_| ()) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;

    published.0.open.add_permits(50);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(()));
    }

    assert_eq!(published.fetches(), 1);
}

#[tokio::test]
async fn fifty_callers_of_an_issuer_that_fails_cause_one_fetch_and_are_told_to_come_again() {
    let published = Published::new();
    published.fail();
    let verifier = published.verifier();
    let token = access_token();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token, now()).await.map(|_| ()) })
        })
        .collect();

    for caller in callers {
        assert_eq!(caller.await.unwrap(), Err(Refusal::KeysUnavailable));
    }

    assert_eq!(published.fetches(), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_stop_the_fetch() {
    let published = Published::new();
    published.0.open.forget_permits(Semaphore::MAX_PERMITS);
    let verifier = published.verifier();
    let token = access_token();
    let gone = tokio::time::timeout(Duration::from_millis(10), verifier.verify(&token, now())).await;
    assert!(gone.is_err(), "the caller did not wait");

    published.0.open.add_permits(1);

    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
    assert_eq!(published.fetches(), 1);
}

#[tokio::test]
async fn while_the_issuer_fails_the_last_good_keys_are_used_for_a_day_and_no_longer() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
    published.fail();

    for seconds in [HOUR + 1, 2 * HOUR, 12 * HOUR, 24 * HOUR - 1] {
        assert_eq!(verdict(&verifier, seconds, KID).await, Ok(()), "after {seconds} s");
    }
    assert_eq!(published.fetches(), 5, "each time, the keys were asked for again");
    assert_eq!(verdict(&verifier, 24 * HOUR, KID).await, Err(Refusal::KeysUnavailable));

    published.publish(KEY.jwks(KID));
    assert_eq!(verdict(&verifier, 24 * HOUR + 60, KID).await, Ok(()));
}

#[tokio::test]
async fn stale_keys_are_used_at_once_while_the_new_ones_come() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
    published.0.open.forget_permits(Semaphore::MAX_PERMITS);

    for _ in 0..3 {
        assert_eq!(verdict(&verifier, 2 * HOUR, KID).await, Ok(()), "nobody waits");
    }

    assert_eq!(published.fetches(), 2, "one fetch is on its way");
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_thirty_seconds() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));

    for seconds in 0..30 {
        assert_eq!(
            verdict(&verifier, seconds, &format!("made-up-{seconds}")).await,
            Err(Refusal::KeyUnknown)
        );
    }
    assert_eq!(published.fetches(), 1);
    for seconds in 30..60 {
        assert_eq!(
            verdict(&verifier, seconds, &format!("made-up-{seconds}")).await,
            Err(Refusal::KeyUnknown)
        );
    }

    assert_eq!(published.fetches(), 2);
    assert_eq!(verdict(&verifier, 59, KID).await, Ok(()), "known keys are not held up");
}

#[tokio::test]
async fn a_rotated_key_is_found_and_the_old_one_is_forgotten() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));

    published.publish(KEY.jwks("the-next-key"));

    assert_eq!(verdict(&verifier, 10, "the-next-key").await, Err(Refusal::KeyUnknown), "within the 30 s");
    assert_eq!(verdict(&verifier, 30, "the-next-key").await, Ok(()));
    assert_eq!(verdict(&verifier, 31, KID).await, Err(Refusal::KeyUnknown), "it has left the key set");
}

#[tokio::test]
async fn an_unknown_key_of_an_issuer_that_fails_is_no_verdict_about_the_token() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
    published.fail();

    assert_eq!(verdict(&verifier, 30, "the-next-key").await, Err(Refusal::KeysUnavailable));
    assert_eq!(verdict(&verifier, 31, "the-next-key").await, Err(Refusal::KeysUnavailable), "without a call");

    assert_eq!(published.fetches(), 2);
    assert_eq!(verdict(&verifier, 31, KID).await, Ok(()));
}

#[tokio::test]
async fn failed_fetches_are_repeated_after_1_2_4_seconds_and_at_most_60() {
    let published = Published::new();
    published.fail();
    let verifier = published.verifier();
    let mut fetched_at = Vec::new();

    for seconds in 0..200 {
        let before = published.fetches();
        assert_eq!(verdict(&verifier, seconds, KID).await, Err(Refusal::KeysUnavailable));
        if published.fetches() > before {
            fetched_at.push(seconds);
        }
    }

    assert_eq!(fetched_at, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
}

#[tokio::test]
async fn a_document_without_a_usable_key_does_not_replace_good_keys() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));

    for (hours, document) in [(2, "{}"), (3, r#"{"keys":[]}"#), (4, "<html>"), (5, "")] {
        published.publish(document.into());
        assert_eq!(verdict(&verifier, hours * HOUR, KID).await, Ok(()), "{document}");
    }

    assert_eq!(published.fetches(), 5);
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_loses_the_keys_nor_keeps_them_for_ever() {
    let published = Published::new();
    let verifier = published.verifier();
    assert_eq!(verdict(&verifier, 48 * HOUR, KID).await, Ok(()));

    assert_eq!(verdict(&verifier, 48 * HOUR - 60, KID).await, Ok(()));
    assert_eq!(published.fetches(), 1);
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
    assert_eq!(published.fetches(), 2);
}

struct Panicking;

impl KeySource for Panicking {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        panic!("a fault of the source")
    }
}

#[tokio::test]
async fn a_source_that_panics_is_a_source_that_fails() {
    let verifier = Verifier::new(rules(), Panicking).unwrap();

    assert_eq!(verdict(&verifier, 0, KID).await, Err(Refusal::KeysUnavailable));
}

#[test]
fn without_a_tokio_runtime_the_caller_fetches() {
    let published = Published::new();
    let verifier = published.verifier();
    let token = access_token();
    let mut call = std::pin::pin!(verifier.verify(&token, now()));

    let polled = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));

    assert!(matches!(polled, std::task::Poll::Ready(Ok(_))));
}

#[tokio::test]
async fn keys_are_there_before_the_first_request_if_they_are_asked_for() {
    let published = Published::new();
    let verifier = published.verifier();

    assert_eq!(verifier.prefetch(now()).await, Ok(()));
    assert_eq!(verifier.prefetch(now()).await, Ok(()));
    assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));

    assert_eq!(published.fetches(), 1);
}

/// The second before each bound of the cache, the bound, and the second after.
#[tokio::test]
async fn the_bounds_of_the_cache_hold_to_the_second() {
    const DAY: u64 = 24 * HOUR;
    let unknown = Err(Refusal::KeyUnknown);
    let unavailable = Err(Refusal::KeysUnavailable);
    let rows = [
        ("fresh, up to a fifth less than an hour", false, KID, 2_880, Ok(()), 1),
        ("fresh, at most an hour", false, KID, HOUR, Ok(()), 2),
        ("fresh, at most an hour", false, KID, HOUR + 1, Ok(()), 2),
        ("unknown key", false, "unknown", 29, unknown, 1),
        ("unknown key", false, "unknown", 30, unknown, 2),
        ("unknown key", false, "unknown", 31, unknown, 2),
        ("unknown key in an outage", true, "unknown", 29, unknown, 1),
        ("unknown key in an outage", true, "unknown", 30, unavailable, 2),
        ("unknown key in an outage", true, "unknown", 31, unavailable, 2),
        ("outage of a day", true, KID, DAY - 1, Ok(()), 2),
        ("outage of a day", true, KID, DAY, unavailable, 2),
        ("outage of a day", true, KID, DAY + 1, unavailable, 2),
    ];

    for (row, outage, kid, seconds, expected, fetches) in rows {
        let published = Published::new();
        let verifier = published.verifier();
        assert_eq!(verdict(&verifier, 0, KID).await, Ok(()));
        if outage {
            published.fail();
        }

        assert_eq!(verdict(&verifier, seconds, kid).await, expected, "{row}, after {seconds} s");
        assert_eq!(published.fetches(), fetches, "{row}, after {seconds} s");
    }
}
