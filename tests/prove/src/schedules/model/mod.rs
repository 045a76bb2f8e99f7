//! A model of the adapter and its engine, for many more schedules than those can do. It keeps the items that they keep, and not the
//! records of `memory`, so that one watch and one set of checks judges both. Nothing tries a request again here: a fault ends
//! the call.

mod items;
mod operator;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use items::{
    audit, binding_of, invite_key, invite_of, member_item, member_key, names, pointer_key, pointer_of,
    profile_key, provider_key, records_of, tenant_key, tenant_of,
};
use memory::{Present, may_join, parsed};
use serde_json::{Value, json};
use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Offer, OfferTerms, Way};
use tenancy::ports::{Commit, Defaults, Joins, Offers, ProviderBindings, Records, Stamps, StoreError};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, InviteHash, InvitePointer, PoolId, ProviderBinding,
    ProviderName, Tenant, TenantId, Timestamp, UserKey, UserRecords,
};

use crate::schedules::backend::{Backend, Operation};
use crate::schedules::schedule::{Act, BEGIN};
use crate::schedules::table::{Table, key, number, text, use_key};
use crate::schedules::turns::{Spoilt, Turns};
use crate::schedules::watch::{Watch, Written};

pub(crate) type Key = (String, String);

#[derive(Clone)]
pub(crate) struct Model {
    table: Arc<Mutex<Table>>,
    watch: Arc<Mutex<Watch>>,
    turns: Turns,
}

/// A part of a transaction.
pub(crate) enum Edit {
    Put(Key, Value),
    Set(Key, Vec<(&'static str, Value)>),
    /// One more, or one less.
    Count(Key, &'static str, i64),
    Delete(Key),
}

/// The attributes `names` of an item must be those of `before`; without `before`, there must be no item.
pub(crate) struct Guard {
    pub(crate) key: Key,
    pub(crate) before: Option<Value>,
    pub(crate) names: &'static [&'static str],
}

impl Guard {
    fn holds(&self, table: &Table) -> bool {
        match (&self.before, table.get(&self.key)) {
            (None, now) => now.is_none(),
            (Some(_), None) => false,
            (Some(before), Some(now)) => self.names.iter().all(|name| before.get(name) == now.get(name)),
        }
    }
}

impl Model {
    pub(crate) fn new(table: &Table, watch: Arc<Mutex<Watch>>, turns: Turns) -> Self {
        Self { table: Arc::new(Mutex::new(table.clone())), watch, turns }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Model {
    type Store = Self;

    fn store(&self) -> Self {
        self.clone()
    }

    fn act(&self, change: &Act, at: u64) -> Operation {
        let (model, change) = (self.clone(), change.clone());
        Box::pin(async move {
            operator::act(&model, &change, Timestamp::from_epoch_seconds(BEGIN + at)).await.is_some()
        })
    }

    fn snapshot(&self) -> Result<Table, String> {
        Ok(self.table().clone())
    }
}

fn unavailable(spoilt: Spoilt) -> StoreError {
    StoreError::Unavailable { operation: "ask the model", source: format!("{spoilt:?}").into() }
}

impl Model {
    pub(crate) async fn read<T>(&self, name: &str, read: impl FnOnce(&Table) -> T) -> Result<T, StoreError> {
        self.turns.request(name, || read(&self.table())).await.map_err(unavailable)
    }

    pub(crate) async fn item(&self, name: &str, key: &Key) -> Result<Option<Value>, StoreError> {
        self.read(name, |table| table.get(key).cloned()).await
    }

    /// All of the edits, or nothing.
    pub(crate) async fn transact(
        &self,
        edits: Vec<Edit>,
        when: impl FnOnce(&Table) -> bool,
    ) -> Result<Commit, StoreError> {
        let write = || {
            let mut table = self.table();
            if !when(&table) {
                return Commit::Outdated;
            }
            let written: Vec<Written> = edits.into_iter().map(|edit| edited(&table, edit)).collect();
            for (key, item) in written.clone() {
                match item {
                    Some(item) => drop(table.insert(key, item)),
                    None => drop(table.remove(&key)),
                }
            }
            let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
            watch.wrote(written);
            Commit::Done
        };
        self.turns.request("TransactWriteItems", write).await.map_err(unavailable)
    }

    /// An operator's transaction. `None`: overtaken or failed.
    pub(crate) async fn apply(&self, guards: Vec<Guard>, edits: Vec<Edit>) -> Option<()> {
        let holds = move |table: &Table| guards.iter().all(|guard| guard.holds(table));
        (self.transact(edits, holds).await.ok()? == Commit::Done).then_some(())
    }
}

fn edited(table: &Table, edit: Edit) -> Written {
    match edit {
        Edit::Put(key, item) => (key, Some(item)),
        Edit::Delete(key) => (key, None),
        Edit::Set(key, set) => {
            let mut item = table.get(&key).and_then(Value::as_object).cloned().unwrap_or_default();
            item.extend(set.into_iter().map(|(name, value)| (name.to_owned(), value)));
            (key, Some(Value::Object(item)))
        }
        Edit::Count(key, name, by) => {
            let count = table.get(&key).map(|item| number(item, name)).unwrap_or_default();
            edited(table, Edit::Set(key, vec![(name, json!(count.saturating_add_signed(by)))]))
        }
    }
}

fn damage(problem: &str) -> StoreError {
    Damage { key: "model".to_owned(), problem: problem.to_owned() }.into()
}

impl Records for Model {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        self.read("Query USER", |table| records_of(table, user)).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let item = self.item("GetItem TENANT", &tenant_key(id)).await?;
        Ok(item.map(|item| Arc::new(tenant_of(&item))))
    }

    async fn client_binding(&self, _: &PoolId, _: &ClientId) -> Result<Option<ClientBinding>, StoreError> {
        self.read("GetItem CLIENT", |_| None).await
    }
}

impl Offers for Model {
    /// The use is read first. Another call may write before the invite is read: the worst order of two parallel reads.
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let usage = self.item("GetItem USE", &use_key(hash, user.sub.as_str())).await?;
        let invite = self.item("GetItem INVITE", &invite_key(hash)).await?;
        if let Some(usage) = usage {
            return Ok(Offer { used_for: Some(parsed(text(&usage, "tid"))), ..Offer::default() });
        }
        let Some(item) = invite else { return Ok(Offer::default()) };
        let invite = invite_of(hash, &item);
        let tenant = self.tenant(&invite.tenant).await?.ok_or_else(|| damage("no such tenant"))?;
        let pointer = match invite.email.as_ref().map(EmailHash::of) {
            Some(email) => {
                let found = self.pointer(&email, &invite.tenant).await?;
                found.filter(|pointer| pointer.hash == *hash).map(|_| email)
            }
            None => None,
        };
        Ok(Offer {
            used_for: None,
            terms: Some(OfferTerms { invite, tenant, pointer }),
            damaged_pointer: None,
        })
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        let key = pointer_key(email, tenant);
        let item = self.item("GetItem EMAIL", &key).await?;
        Ok(item.map(|item| pointer_of(&key.1, &item)))
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        let pk = format!("EMAIL#{}", email.as_str());
        let found = |table: &Table| {
            let all = table.range(key(pk.clone(), "")..).take_while(|((of, _), _)| *of == pk);
            all.map(|((_, sk), item)| Ok(pointer_of(sk, item))).collect()
        };
        self.read("Query EMAIL", found).await
    }
}

impl ProviderBindings for Model {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let item = self.item("GetItem IDP", &provider_key(pool, provider)).await?;
        Ok(item.as_ref().map(binding_of))
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for Model {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        let JoinPlan { user, tenant, roles, at, .. } = plan;
        let actor = format!("user:{}:{}", user.pool, user.sub);
        let member = match plan.membership {
            MembershipChange::Create => member_item(user, tenant, roles, *at),
            MembershipChange::AddRoles { version } => Edit::Set(
                member_key(user, tenant),
                vec![("roles", names(roles)), ("ver", json!(version + 1))],
            ),
        };
        let mut edits = vec![member];
        edits.extend(plan.default.as_ref().map(|change| default_edit(user, change)));
        match &plan.way {
            Way::Invite(hash) => {
                let id = format!("{}-{actor}", hash.short());
                edits.push(audit(tenant, *at, &id, "invite.redeem", &actor));
                edits.push(Edit::Count(invite_key(hash), "uses", 1));
                let usage = json!({ "tid": tenant.as_str(), "at": at.epoch_seconds() });
                edits.push(Edit::Put(use_key(hash, user.sub.as_str()), usage));
                edits.extend(
                    plan.spent_pointer.as_ref().map(|email| Edit::Delete(pointer_key(email, tenant))),
                );
            }
            Way::Provider(_) => edits.push(audit(tenant, *at, &format!("idp-{actor}"), "idp.join", &actor)),
        }
        self.transact(edits, |table| holds(table, plan)).await
    }
}

/// Whether the conditions of a join hold.
fn holds(table: &Table, plan: &JoinPlan) -> bool {
    let records = records_of(table, &plan.user);
    let mut present = Present::of(&records);
    match &plan.way {
        Way::Invite(hash) => {
            present.invite = table.get(&invite_key(hash)).map(|item| invite_of(hash, item));
            present.is_used = table.contains_key(&use_key(hash, plan.user.sub.as_str()));
            let spent = plan.spent_pointer.as_ref();
            let pointer = spent.and_then(|email| table.get(&pointer_key(email, &plan.tenant)));
            present.pointer = pointer.map(|pointer| parsed(text(pointer, "h")));
        }
        Way::Provider(provider) => {
            present.binding = table.get(&provider_key(&plan.user.pool, provider)).map(binding_of);
        }
    }
    may_join(plan, &present)
}

fn default_edit(user: &UserKey, change: &DefaultChange) -> Edit {
    Edit::Set(profile_key(user), vec![("defaultTid", json!(change.to.as_str()))])
}

impl Defaults for Model {
    async fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        at: Timestamp,
        request_id: &str,
    ) -> Result<Commit, StoreError> {
        let holds = |table: &Table| records_of(table, user).profile.default_tenant == change.from;
        let id = format!("default-{}-{request_id}", user.sub);
        let audit = audit(&change.to, at, &id, "member.default-moved", user.sub.as_str());
        self.transact(vec![default_edit(user, change), audit], holds).await
    }
}

impl Stamps for Model {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let key = member_key(user, tenant);
        let edit = Edit::Set(key.clone(), vec![("stamp", json!("done"))]);
        self.transact(vec![edit], |table| table.contains_key(&key)).await.map(|_| ())
    }
}
