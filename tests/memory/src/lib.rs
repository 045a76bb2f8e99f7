//! The table in memory, for tests: the reads of the functions, the conditions of their writes, and their faults. It is a fake: a
//! test says what is in the table, which request fails, and when other calls go on. Tests of the real adapter run on a DynamoDB
//! engine (`tests/tests/end_to_end`, `tests/prove`).

mod conditions;
mod fault;
mod log;
mod records;
mod store;

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use tenancy::join::{DefaultChange, JoinPlan, Way};
use tenancy::ports::{Commit, StoreError};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, Invite, InviteHash, InvitePointer, PoolId, ProviderBinding,
    ProviderName, Stamp, Tenant, TenantId, UserKey, UserRecords, Username,
};

pub use conditions::{Present, may_join};
pub use fault::{Fault, Part};
pub use log::logged;
pub use records::{invite, membership, tenant};
pub use store::{Pace, Store};

#[derive(Debug, Default)]
pub struct Table {
    pub tenants: BTreeMap<TenantId, Tenant>,
    pub users: HashMap<UserKey, UserRecords>,
    pub invites: BTreeMap<InviteHash, Invite>,
    /// The tenants that users joined with invites.
    pub uses: HashMap<(InviteHash, UserKey), TenantId>,
    pub pointers: Vec<(EmailHash, InvitePointer)>,
    pub providers: HashMap<(PoolId, ProviderName), ProviderBinding>,
    pub clients: HashMap<(PoolId, ClientId), ClientBinding>,
    /// Items that cannot be decoded.
    pub damaged: Vec<Item>,
    /// Each write of a user's tenant attribute in the user pool, in order. Not in the table, but written by the same calls.
    pub attributes: Vec<(PoolId, Username, TenantId)>,
    pub fault: Option<(Part, Fault)>,
    /// How many joins and moves of a default from now on meet another write that comes first.
    pub overtaken: usize,
    pub done: Done,
}

/// What a table has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Done {
    pub reads: usize,
    pub joins: usize,
    /// Writes of which a condition did not hold.
    pub refused: usize,
    /// Stamps that were marked as done.
    pub marks: usize,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    Tenant(TenantId),
    Invite(InviteHash),
    Provider(ProviderName),
    /// One pointer of any address.
    Pointer,
}

impl Table {
    /// Puts an invite into the table, with the pointer of its address.
    pub fn put_invite(&mut self, invite: Invite) {
        if let Some(email) = &invite.email {
            let pointer = InvitePointer {
                tenant: invite.tenant.clone(),
                hash: invite.hash.clone(),
                created_at: Some(invite.created_at),
                expires_at: Some(invite.expires_at),
            };
            self.pointers.push((EmailHash::of(email), pointer));
        }
        self.invites.insert(invite.hash.clone(), invite);
    }

    /// How a request for `part` fails.
    fn fault(&self, part: &Part) -> Option<Fault> {
        self.fault.as_ref().filter(|(faulty, _)| faulty.includes(part)).map(|(_, fault)| *fault)
    }

    fn is_overtaken(&mut self) -> bool {
        let is_overtaken = self.overtaken > 0;
        self.overtaken = self.overtaken.saturating_sub(1);
        is_overtaken
    }

    fn check(&self, item: &Item) -> Result<(), Damage> {
        if self.damaged.contains(item) { Err(damage(&format!("{item:?}"))) } else { Ok(()) }
    }

    fn user(&self, user: &UserKey) -> UserRecords {
        self.users.get(user).cloned().unwrap_or_default()
    }

    fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.check(&Item::Tenant(id.clone()))?;
        Ok(self.tenants.get(id).map(|tenant| Arc::new(tenant.clone())))
    }

    fn invite(&self, hash: &InviteHash) -> Result<Option<Invite>, StoreError> {
        self.check(&Item::Invite(hash.clone()))?;
        Ok(self.invites.get(hash).cloned())
    }

    /// The invite's address, if its pointer leads to the invite.
    fn pointed_at(&self, invite: &Invite) -> Option<EmailHash> {
        let email = invite.email.as_ref().map(EmailHash::of)?;
        let pointer = self.pointer(&email, &invite.tenant)?;
        (pointer.hash == invite.hash).then_some(email)
    }

    fn pointer(&self, email: &EmailHash, tenant: &TenantId) -> Option<InvitePointer> {
        let found = self.pointers.iter().find(|(of, pointer)| of == email && pointer.tenant == *tenant);
        found.map(|(_, pointer)| pointer.clone())
    }

    fn pointers(&self, email: &EmailHash) -> Vec<Result<InvitePointer, Damage>> {
        let sound = self.pointers.iter().filter(|(of, _)| of == email);
        let damaged = self.damaged.iter().filter(|item| **item == Item::Pointer);
        sound
            .map(|(_, pointer)| Ok(pointer.clone()))
            .chain(damaged.enumerate().map(|(number, _)| Err(damage(&format!("pointer {number}")))))
            .collect()
    }

    fn provider(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        self.check(&Item::Provider(provider.clone()))?;
        Ok(self.providers.get(&(pool.clone(), provider.clone())).cloned())
    }

    /// A join, if its conditions hold.
    pub fn join(&mut self, plan: &JoinPlan) -> Commit {
        if self.is_overtaken() {
            return Commit::Outdated;
        }
        let records = self.user(&plan.user);
        let mut present = Present::of(&records);
        match &plan.way {
            Way::Invite(hash) => {
                present.invite = self.invites.get(hash).cloned();
                present.is_used = self.uses.contains_key(&(hash.clone(), plan.user.clone()));
                let spent = plan.spent_pointer.as_ref();
                let pointer = spent.and_then(|email| self.pointer(email, &plan.tenant));
                present.pointer = pointer.map(|pointer| pointer.hash);
            }
            Way::Provider(provider) => {
                present.binding = self.providers.get(&(plan.user.pool.clone(), provider.clone())).cloned();
            }
        }
        if !may_join(plan, &present) {
            self.done.refused += 1;
            return Commit::Outdated;
        }
        self.done.joins += 1;
        plan.apply(self.users.entry(plan.user.clone()).or_default());
        if let Way::Invite(hash) = &plan.way {
            self.uses.insert((hash.clone(), plan.user.clone()), plan.tenant.clone());
            if let Some(invite) = self.invites.get_mut(hash) {
                invite.uses += 1;
            }
            if let Some(email) = &plan.spent_pointer {
                self.pointers.retain(|(of, pointer)| of != email || pointer.hash != *hash);
            }
        }
        Commit::Done
    }

    fn move_default(&mut self, user: &UserKey, change: &DefaultChange) -> Commit {
        if self.is_overtaken() {
            return Commit::Outdated;
        }
        let profile = &mut self.users.entry(user.clone()).or_default().profile;
        if profile.default_tenant != change.from {
            return Commit::Outdated;
        }
        profile.default_tenant = Some(change.to.clone());
        Commit::Done
    }

    fn mark_stamped(&mut self, user: &UserKey, tenant: &TenantId) {
        self.done.marks += 1;
        let memberships = self.users.get_mut(user).map(|records| &mut records.memberships);
        for membership in memberships.into_iter().flatten().filter(|m| m.tenant == *tenant) {
            membership.stamp = Stamp::Done;
        }
    }
}

/// A text of a test as its type.
///
/// # Panics
///
/// If the text is malformed: a mistake of the test.
#[expect(clippy::expect_used, reason = "the texts are constants of tests")]
#[must_use]
pub fn parsed<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed text")
}

fn damage(problem: &str) -> Damage {
    Damage { key: "key".to_owned(), problem: problem.to_owned() }
}
