//! A table and Cognito in memory, and one call of the trigger on them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cognito_trigger::trigger::conclude;
use cognito_trigger::{Handled, Incoming};
use function::{Call, Settings};
use post_confirmation::{Config, PostConfirmation};
use serde_json::{Value, json};
use tenancy::join::{JoinPlan, Offer, OfferTerms};
use tenancy::ports::{
    Commit, DirectoryError, Joins, Offers, ProviderBindings, Records, Stamps, StoreError, UserDirectory,
};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, Invite, InviteCode, InviteHash, InvitePointer, InviteStatus,
    Membership, MembershipStatus, PoolId, ProviderBinding, ProviderName, Stamp, Tenant, TenantId,
    TenantStatus, Timestamp, UserKey, UserRecords, Username,
};
use tokio::time::Instant;

/// The code of the only invite, which is for `acme`.
pub(crate) const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

/// All tenants are active and exist.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) memberships: Vec<&'static str>,
    /// How Cognito answers a stamp, if it is not done.
    pub(crate) stamp_fails_with: Option<&'static str>,
    pub(crate) stamped: Mutex<Vec<String>>,
    pub(crate) noted: Mutex<Vec<String>>,
}

fn code() -> InviteCode {
    CODE.parse().unwrap()
}

fn tenant(id: &TenantId) -> Arc<Tenant> {
    let (name, tier) = ("Acme".parse().unwrap(), "pro".parse().unwrap());
    let (status, roles) = (TenantStatus::Active, BTreeMap::new());
    Arc::new(Tenant { id: id.clone(), name, tier, status, roles, pools: Vec::new() })
}

impl Records for Store {
    async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
        let membership = |tenant: &&str| Membership {
            tenant: tenant.parse().unwrap(),
            roles: vec!["viewer".parse().unwrap()],
            status: MembershipStatus::Active,
            stamp: Stamp::Pending,
            version: 1,
            joined_at: None,
        };
        let memberships = self.memberships.iter().map(membership).collect();
        Ok(UserRecords { memberships, ..UserRecords::default() })
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        Ok(Some(tenant(id)))
    }

    async fn client_binding(&self, _: &PoolId, _: &ClientId) -> Result<Option<ClientBinding>, StoreError> {
        Ok(None)
    }
}

impl Offers for Store {
    async fn offer(&self, hash: &InviteHash, _: &UserKey) -> Result<Offer, StoreError> {
        if *hash != code().hash() {
            return Ok(Offer::default());
        }
        let id: TenantId = "acme".parse().unwrap();
        let invite = Invite {
            hash: hash.clone(),
            tenant: id.clone(),
            email: None,
            roles: vec!["viewer".parse().unwrap()],
            uses: 0,
            max_uses: 1,
            status: InviteStatus::Open,
            expires_at: Timestamp::from_epoch_seconds(1_000),
            created_at: Timestamp::from_epoch_seconds(0),
        };
        let terms = OfferTerms { invite, tenant: tenant(&id), pointer: None };
        Ok(Offer { terms: Some(terms), ..Offer::default() })
    }

    async fn pointer(&self, _: &EmailHash, _: &TenantId) -> Result<Option<InvitePointer>, StoreError> {
        Ok(None)
    }

    async fn pointers(&self, _: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        Ok(Vec::new())
    }
}

impl ProviderBindings for Store {
    async fn provider_binding(
        &self,
        _: &PoolId,
        _: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        Ok(None)
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for Store {
    async fn commit(&self, _: &JoinPlan) -> Result<Commit, StoreError> {
        Ok(Commit::Done)
    }
}

impl Stamps for Store {
    async fn mark_stamped(&self, _: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        self.noted.lock().unwrap().push(tenant.to_string());
        Ok(())
    }
}

impl UserDirectory for Store {
    async fn set_tenant(&self, _: &PoolId, user: &Username, tenant: &TenantId) -> Result<(), DirectoryError> {
        match self.stamp_fails_with {
            None => {
                self.stamped.lock().unwrap().push(format!("{} {tenant}", user.as_str()));
                Ok(())
            }
            Some("hanging") => std::future::pending().await,
            Some(cause) => Err(DirectoryError(cause.into())),
        }
    }
}

/// The event of a confirmed sign-up.
pub(crate) fn event(code: Option<&str>) -> Value {
    json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "region": "eu-west-1",
        "userPoolId": "eu-west-1_AbCdEf123", "userName": "ana", "callerContext": { "clientId": "web" },
        "request": { "userAttributes": { "sub": "sub-1" }, "clientMetadata": { "inviteCode": code } },
        "response": {},
    })
}

/// One call, which has half a second.
pub(crate) fn handled(store: &Store, settings: &[(&str, &str)], event: &Value) -> (Incoming, Handled) {
    let lookup = |name: &str| {
        let found = settings.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    let config = settings.finish(config).unwrap();
    let trigger = PostConfirmation { config: &config, store, users: store };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (event, began) = (event.to_string(), Instant::now());
        let (now, deadline) = (SystemTime::UNIX_EPOCH, began + Duration::from_millis(500));
        let call = Call { event: &event, request_id: "r", is_cold_start: false, now, began, deadline };
        conclude(&trigger, &call).await
    })
}
