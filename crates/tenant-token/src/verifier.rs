use std::{
    collections::HashMap, future::poll_fn, marker::PhantomData, sync::Arc, task::Poll, time::SystemTime,
};

use serde_json::Value;

use crate::{
    Issuer, KeySource, Refusal, Rules, RulesFault, TenantId, TenantRule, TenantToken, cache::KeyCache,
    claims, compact, keys::AnySource,
};

/// Verifies tokens by [`Rules`], and caches the keys of the issuers. Make one when the program starts and share it: a clone
/// has the same cache.
///
/// The cache of each issuer:
///
/// | When | What happens |
/// | --- | --- |
/// | no keys yet | one fetch; all callers wait for it |
/// | keys older than [`keys_fresh_for`](Rules::keys_fresh_for) | they are used, and one fetch runs in the background |
/// | that fetch fails | the old keys are used until 24 h after the last good fetch. Then: [`Refusal::KeysUnavailable`] |
/// | a fetch failed | the next one is 1 s later at the earliest, then 2 s, 4 s, up to 60 s |
/// | a token with an unknown `kid` | one fetch, at most every 30 s. In between: [`Refusal::KeyUnknown`] without a call |
/// | a key has left the key set | it is gone after the next good fetch |
///
/// ```
/// # async fn run(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::SystemTime;
/// use tenant_token::{Clients, FixedKeys, Issuer, IssuerForm, Rules, Verifier};
///
/// let issuers = Issuer::of_pool("eu-west-1_AbCdEf123", IssuerForm::Original)?;
/// let rules = Rules::new(issuers, Clients::listed(["6g1example"]));
/// let verifier = Verifier::new(rules, FixedKeys::new())?;
///
/// let token = verifier.verify(token, SystemTime::now()).await?;
/// println!("{} acts for {}", token.subject(), token.tenant());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verifier<T: TenantRule = TenantId> {
    shared: Arc<Shared>,
    tenant: PhantomData<fn() -> T>,
}

#[derive(Debug)]
struct Shared {
    rules: Rules,
    /// By the text of `iss`.
    issuers: HashMap<String, (Issuer, Arc<KeyCache>)>,
}

impl Verifier<TenantId> {
    /// A verifier that refuses tokens without a tenant. It fetches no keys yet: see [`prefetch`](Self::prefetch).
    ///
    /// # Errors
    ///
    /// [`RulesFault`], the first that is found.
    pub fn new(rules: Rules, keys: impl KeySource) -> Result<Self, RulesFault> {
        Self::with_rules(rules, keys)
    }
}

impl Verifier<Option<TenantId>> {
    /// A verifier that accepts tokens without a tenant, for the few places that serve users who are not in a tenant yet.
    ///
    /// # Errors
    ///
    /// [`RulesFault`], the first that is found.
    pub fn tenant_optional(rules: Rules, keys: impl KeySource) -> Result<Self, RulesFault> {
        Self::with_rules(rules, keys)
    }
}

impl<T: TenantRule> Verifier<T> {
    fn with_rules(rules: Rules, keys: impl KeySource) -> Result<Self, RulesFault> {
        if let Some(fault) = rules.faults().into_iter().next() {
            return Err(fault);
        }
        let source: Arc<dyn AnySource> = Arc::new(keys);
        let cached = |issuer: &Issuer| {
            let cache = KeyCache::new(issuer.keys_url().clone(), Arc::clone(&source), rules.keys_fresh_for);
            (issuer.url().to_owned(), (issuer.clone(), Arc::new(cache)))
        };
        let issuers = rules.issuers.iter().map(cached).collect();
        Ok(Self { shared: Arc::new(Shared { rules, issuers }), tenant: PhantomData })
    }

    /// Verifies a token: the text after `Bearer `, nothing else.
    ///
    /// `now` is mostly [`SystemTime::now`]. It decides about the token's times and about the age of cached keys. Tests pass
    /// a time of their own.
    ///
    /// Each refusal is one `tracing` event `token.refused` at level INFO, with the reason, the issuer if it is one of
    /// yours, and `sub` if the signature was good. No event has the token.
    ///
    /// Inside a tokio runtime, keys are fetched by a task of their own. Outside of one, the call itself fetches them.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: the first check that failed.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<TenantToken<T>, Refusal> {
        let compact = compact::read(token).map_err(|refusal| refused(refusal, None, None))?;
        // Not proven yet. It only selects the keys, and the signature over it is checked next.
        let issuer = compact.payload.get("iss").and_then(Value::as_str);
        let known = issuer.and_then(|issuer| self.shared.issuers.get(issuer));
        let (issuer, cache) = known.ok_or_else(|| refused(Refusal::Issuer, None, None))?;
        let key =
            cache.key(&compact.kid, now).await.map_err(|refusal| refused(refusal, Some(issuer), None))?;
        if !key.verifies(compact.signed, &compact.signature) {
            return Err(refused(Refusal::Signature, Some(issuer), None));
        }
        let sub = compact.payload.get("sub").and_then(Value::as_str).map(str::to_owned);
        claims::judge(compact.payload, issuer, &self.shared.rules, now)
            .map_err(|refusal| refused(refusal, Some(issuer), sub.as_deref()))
    }

    /// Fetches the keys of all issuers at the same time, so that the first request does not wait for them.
    ///
    /// A pool with both [forms of issuer](crate::IssuerForm::Both) needs the keys of one: AWS answers 403 for the form that
    /// a pool does not use ([aws-jwt-verify#279](https://github.com/awslabs/aws-jwt-verify/issues/279)).
    ///
    /// # Errors
    ///
    /// The ids of the pools without keys. You can use the verifier: it fetches their keys when a token needs them.
    pub async fn prefetch(&self, now: SystemTime) -> Result<(), PoolsWithoutKeys> {
        let mut pools: HashMap<&str, bool> = HashMap::new();
        let fetches: Vec<_> = self.shared.issuers.values().map(|(_, cache)| cache.prefetch(now)).collect();
        for ((issuer, _), found) in self.shared.issuers.values().zip(all(fetches).await) {
            *pools.entry(issuer.pool_id()).or_default() |= found;
        }
        let mut missing: Vec<String> =
            pools.into_iter().filter(|(_, found)| !found).map(|(pool, _)| pool.to_owned()).collect();
        missing.sort();
        if missing.is_empty() { Ok(()) } else { Err(PoolsWithoutKeys(missing)) }
    }

    /// Waits until no keys are being fetched in the background.
    ///
    /// AWS Lambda freezes the process between two calls, and a fetch with it. There, await this before you answer a call, in
    /// a timeout. When nothing is fetched, it returns at once.
    pub async fn fetches_done(&self) {
        for (_, cache) in self.shared.issuers.values() {
            cache.fetch_done().await;
        }
    }

    /// Whether the last fetch of an issuer's keys failed, so that older keys are used, or none. For a metric or a health
    /// check. `issuer` is the claim `iss` of a verified token, or [`Issuer::url`].
    #[must_use]
    pub fn has_stale_keys(&self, issuer: &str) -> bool {
        self.shared.issuers.get(issuer).is_some_and(|(_, cache)| cache.is_stale())
    }

    /// The scopes that are required, with blanks between them, as `WWW-Authenticate` has them.
    #[cfg(feature = "tower")]
    pub(crate) fn required_scopes(&self) -> String {
        self.shared.rules.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// The keys of these user pools could not be fetched.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("could not fetch the keys of {}", .0.join(", "))]
pub struct PoolsWithoutKeys(pub Vec<String>);

/// The results of all futures, which run at the same time.
async fn all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, result) in &mut running {
            if result.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *result = Some(ready);
            }
        }
        if running.iter().all(|(_, result)| result.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}

/// Logs a refusal.
pub(crate) fn refused(refusal: Refusal, issuer: Option<&Issuer>, sub: Option<&str>) -> Refusal {
    let issuer = issuer.map(Issuer::url);
    tracing::info!(event = "token.refused", reason = refusal.code(), issuer, sub, "{refusal}");
    refusal
}
