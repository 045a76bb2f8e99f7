//! A table in memory, and one call of the trigger on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cognito_trigger::Handled;
use cognito_trigger::trigger::conclude;
use function::{Call, Settings};
use pre_token_generation::{Config, PreTokenGeneration};
use serde_json::{Value, json};
use tenancy::join::{DefaultChange, JoinPlan, Offer, OfferTerms};
use tenancy::ports::{Commit, Defaults, Joins, Offers, ProviderBindings, Records, StoreError};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, EmailHash, Invite, InviteHash, InvitePointer,
    Membership, MembershipStatus, PoolId, Profile, ProviderBinding, ProviderName, Role, RoleGrant, Stamp,
    Tenant, TenantId, TenantStatus, Timestamp, UserKey, UserRecords,
};
use tokio::time::Instant;

/// Ana's memberships, the tenants, the bindings of the app client and of her identity provider, and an invite of her address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) memberships: Vec<(String, MembershipStatus)>,
    pub(crate) tenants: Vec<(String, TenantStatus)>,
    pub(crate) binding: Option<(String, ClientBindingMode)>,
    /// Of every identity provider.
    pub(crate) provider: Option<ProviderBinding>,
    pub(crate) invite: Option<Invite>,
    pub(crate) is_silent: bool,
    /// What each tenant lists for the role `viewer`, which members have.
    pub(crate) grant: RoleGrant,
    pub(crate) has_no_roles: bool,
    pub(crate) default: Option<String>,
    /// What a move of the default ends in, if it is not done.
    pub(crate) move_fails_with: Option<&'static str>,
}

impl Store {
    fn answer<T>(&self, value: T) -> Result<T, StoreError> {
        if self.is_silent {
            return Err(StoreError::Unavailable { operation: "read", source: "down".into() });
        }
        Ok(value)
    }
}

impl Records for Store {
    async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
        let memberships = self.memberships.iter().map(|(tenant, status)| Membership {
            tenant: tenant.parse().unwrap(),
            roles: if self.has_no_roles { Vec::new() } else { vec!["viewer".parse::<Role>().unwrap()] },
            status: *status,
            stamp: Stamp::Done,
            version: 1,
            joined_at: None,
        });
        let default_tenant = self.default.as_ref().map(|tenant| tenant.parse().unwrap());
        self.answer(UserRecords { memberships: memberships.collect(), profile: Profile { default_tenant } })
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let found = self.tenants.iter().find(|(tenant, _)| tenant == id.as_str());
        self.answer(found.map(|(_, status)| {
            let (name, tier) = ("Acme".parse().unwrap(), "pro".parse().unwrap());
            Arc::new(Tenant {
                id: id.clone(),
                name,
                tier,
                status: *status,
                roles: [("viewer".parse().unwrap(), self.grant.clone())].into(),
                pools: Vec::new(),
            })
        }))
    }

    async fn client_binding(&self, _: &PoolId, _: &ClientId) -> Result<Option<ClientBinding>, StoreError> {
        let binding = self.binding.as_ref();
        self.answer(
            binding.map(|(tenant, mode)| ClientBinding { tenant: tenant.parse().unwrap(), mode: *mode }),
        )
    }
}

impl Store {
    fn pointer_of(invite: &Invite) -> InvitePointer {
        let Invite { tenant, hash, .. } = invite.clone();
        InvitePointer {
            tenant,
            hash,
            created_at: Some(invite.created_at),
            expires_at: Some(invite.expires_at),
        }
    }
}

impl Offers for Store {
    async fn offer(&self, hash: &InviteHash, _: &UserKey) -> Result<Offer, StoreError> {
        let Some(invite) = self.invite.clone().filter(|invite| invite.hash == *hash) else {
            return self.answer(Offer::default());
        };
        let tenant = self.tenant(&invite.tenant).await?.unwrap();
        let pointer = invite.email.as_ref().map(EmailHash::of);
        Ok(Offer { terms: Some(OfferTerms { invite, tenant, pointer }), ..Offer::default() })
    }

    async fn pointer(&self, _: &EmailHash, tenant: &TenantId) -> Result<Option<InvitePointer>, StoreError> {
        let invite = self.invite.as_ref().filter(|invite| invite.tenant == *tenant);
        self.answer(invite.map(Self::pointer_of))
    }

    async fn pointers(&self, _: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        self.answer(self.invite.iter().map(|invite| Ok(Self::pointer_of(invite))).collect())
    }
}

impl ProviderBindings for Store {
    async fn provider_binding(
        &self,
        _: &PoolId,
        _: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        self.answer(self.provider.clone())
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for Store {
    async fn commit(&self, _: &JoinPlan) -> Result<Commit, StoreError> {
        self.answer(Commit::Done)
    }
}

impl Defaults for Store {
    async fn move_default(
        &self,
        _: &UserKey,
        _: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        match self.move_fails_with {
            None => self.answer(Commit::Done),
            Some("outdated") => Ok(Commit::Outdated),
            Some("hanging") => std::future::pending().await,
            Some(source) => Err(StoreError::Unavailable { operation: "move", source: source.into() }),
        }
    }
}

pub(crate) async fn handled(store: &Store, settings: &BTreeMap<&str, &str>, event: &str) -> Handled {
    let lookup = |name: &str| settings.get(name).map(|value| (*value).to_owned());
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    let config = settings.finish(config).unwrap();
    let (now, began) = (SystemTime::UNIX_EPOCH, Instant::now());
    let call = Call {
        event,
        request_id: "r",
        is_cold_start: false,
        now,
        began,
        deadline: began + Duration::from_millis(500),
    };
    conclude(&PreTokenGeneration { config: &config, cached: store, store }, &call).await.1
}

pub(crate) fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

pub(crate) fn event(
    version: &str,
    source: &str,
    is_machine: bool,
    scopes: &[&str],
    asked: Option<&str>,
) -> Value {
    let container = if version == "1" { "claimsOverrideDetails" } else { "claimsAndScopeOverrideDetails" };
    let attributes = if is_machine { json!({}) } else { json!({ "sub": "ana" }) };
    let mut event = json!({
        "version": version, "triggerSource": source, "region": "eu-west-1", "userPoolId": "eu-west-1_AbCdEf123",
        "userName": "ana", "callerContext": { "clientId": "web" },
        "request": { "userAttributes": attributes, "clientMetadata": { "tenantId": asked } },
        "response": { container: null },
    });
    if version != "1" {
        event["request"]["scopes"] = json!(scopes);
    }
    event
}
