//! Users of pools, read and written at a steady pace. A call that was one too many waits and is made again; so is one that
//! got no answer.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use tenancy::ports::{DirectoryError, UserDirectory};
use tenancy::{PoolId, Sub, TenantId, Username};
use tokio::sync::Mutex;

use super::attribute::AttributeName;
use super::stop::Stop;
use super::trouble::Trouble;
use user_pool::aws_error::Meaning;
use user_pool::pace::Pacer;
use user_pool::users::{self, PoolUser, UserPages};

/// Calls of `ListUsers` a second: two thirds of the quota of 30 that the whole account has, which cannot be raised (Service
/// Quotas, "Rate of `UserList` requests").
const READS_PER_SECOND: u32 = 20;

/// Tries of a call that gets no answer.
const MAX_TRIES: u32 = 4;

/// Refusals of one call as one too many, one after the other: about five minutes.
const MAX_REFUSALS: u32 = 14;

/// The users of pools, and one attribute of theirs.
#[derive(Debug)]
pub(crate) struct PoolUsers {
    client: Client,
    attribute: AttributeName,
    reads: Mutex<Pacer>,
    updates: Mutex<Pacer>,
    stop: Stop,
    refusals: AtomicU64,
}

impl PoolUsers {
    /// Writes `attribute`, at most `per_second` users within any second.
    pub(crate) fn new(client: &Client, attribute: AttributeName, per_second: u32, stop: Stop) -> Self {
        // The SDK's own attempts would not keep the pace.
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self {
            client: Client::from_conf(config),
            attribute,
            reads: Mutex::new(Pacer::new(READS_PER_SECOND)),
            updates: Mutex::new(Pacer::new(per_second)),
            stop,
            refusals: AtomicU64::new(0),
        }
    }

    /// The user with this `sub`, with the stamp; `None` when the pool has none.
    pub(crate) async fn find(&self, pool: &PoolId, sub: &Sub) -> Result<Option<PoolUser>, Trouble> {
        let keep = [self.attribute.as_str()];
        self.patiently(&self.reads, || users::find_by_sub(&self.client, pool, sub, &keep)).await
    }

    /// The next page of `pages`; `None` after the last.
    pub(crate) async fn next_page(&self, pages: &mut UserPages) -> Result<Option<Vec<PoolUser>>, Trouble> {
        let pages = Mutex::new(pages);
        self.patiently(&self.reads, || async { pages.lock().await.next().await }).await
    }

    /// All users of a pool, for [`PoolUsers::next_page`].
    pub(crate) fn pages(&self, pool: &PoolId) -> UserPages {
        UserPages::new(self.client.clone(), pool.clone(), &[self.attribute.as_str()])
    }

    pub(crate) fn stamp_of<'a>(&self, user: &'a PoolUser) -> Option<&'a str> {
        user.attribute(self.attribute.as_str())
    }

    /// Writes the stamp, or takes it away.
    pub(crate) async fn write_stamp(
        &self,
        pool: &PoolId,
        username: &Username,
        tenant: Option<&TenantId>,
    ) -> Result<(), Trouble> {
        if let Some(tenant) = tenant {
            return self.write(pool, username, tenant).await;
        }
        let delete = || {
            self.client
                .admin_delete_user_attributes()
                .user_pool_id(pool.as_str())
                .username(username.as_str())
                .user_attribute_names(self.attribute.as_str())
                .send()
        };
        self.patiently(&self.updates, delete).await.map(|_| ())
    }

    /// How often Cognito has refused a call as one too many.
    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    async fn write(&self, pool: &PoolId, username: &Username, tenant: &TenantId) -> Result<(), Trouble> {
        let attribute = AttributeType::builder().name(self.attribute.as_str()).value(tenant.as_str()).build();
        let attribute = attribute.map_err(|error| Trouble::Refused(error.to_string()))?;
        let update = || {
            self.client
                .admin_update_user_attributes()
                .user_pool_id(pool.as_str())
                .username(username.as_str())
                .user_attributes(attribute.clone())
                .send()
        };
        self.patiently(&self.updates, update).await.map(|_| ())
    }

    /// Makes a call in its turn, and again when it was one too many or got no answer.
    async fn patiently<T, E: ProvideErrorMetadata, F: Future<Output = Result<T, SdkError<E>>>>(
        &self,
        pacer: &Mutex<Pacer>,
        call: impl Fn() -> F,
    ) -> Result<T, Trouble> {
        let mut pacer = pacer.lock().await;
        let (mut tries, mut refusals) = (0, 0);
        loop {
            tokio::select! {
                () = pacer.turn() => {}
                // The first turn of a user is short, and its user is finished; a long wait is not waited for.
                () = self.stop.requested(), if refusals > 0 => return Err(Trouble::Interrupted),
            }
            // An SDK call's future is large; on the heap it does not add up in every caller.
            let trouble = match Box::pin(call()).await {
                Ok(answer) => {
                    pacer.answered();
                    return Ok(answer);
                }
                Err(error) => Trouble::of(&error),
            };
            match trouble.meaning() {
                Some(Meaning::Throttled) => {
                    self.refusals.fetch_add(1, Ordering::Relaxed);
                    pacer.throttled();
                    refusals += 1;
                    if refusals >= MAX_REFUSALS {
                        return Err(trouble);
                    }
                }
                Some(meaning) if meaning.is_no_answer() && tries + 1 < MAX_TRIES => {
                    pacer.throttled();
                    tries += 1;
                }
                _ => {
                    pacer.answered();
                    return Err(trouble);
                }
            }
        }
    }
}

impl UserDirectory for PoolUsers {
    async fn set_tenant(
        &self,
        pool: &PoolId,
        username: &Username,
        tenant: &TenantId,
    ) -> Result<(), DirectoryError> {
        self.write(pool, username, tenant).await.map_err(|trouble| DirectoryError(Box::new(trouble)))
    }
}

/// A directory that has the right stamp already: nothing is written, since a write would make a dormant user one that is
/// billed for the month, and use up the quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AlreadyWritten;

impl UserDirectory for AlreadyWritten {
    async fn set_tenant(&self, _: &PoolId, _: &Username, _: &TenantId) -> Result<(), DirectoryError> {
        Ok(())
    }
}
