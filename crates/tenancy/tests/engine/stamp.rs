//! The stamp is written before it is noted.

use std::sync::Mutex;

use tenancy::confirm::{StampPlan, stamp};
use tenancy::ports::{DirectoryError, Stamps, StoreError, UserDirectory};
use tenancy::{PoolId, TenantId, UserKey, Username};

use crate::fake::run;

/// Cognito and the table. Writes whose text has `fails_at` in it fail.
struct Recorded {
    writes: Mutex<Vec<String>>,
    fails_at: &'static str,
}

impl Recorded {
    fn write(&self, write: String) -> bool {
        let is_done = self.fails_at.is_empty() || !write.contains(self.fails_at);
        self.writes.lock().unwrap().push(write);
        is_done
    }
}

impl UserDirectory for Recorded {
    async fn set_tenant(&self, _: &PoolId, user: &Username, tenant: &TenantId) -> Result<(), DirectoryError> {
        let is_done = self.write(format!("{} is stamped {tenant}", user.as_str()));
        if is_done { Ok(()) } else { Err(DirectoryError("throttled".into())) }
    }
}

impl Stamps for Recorded {
    async fn mark_stamped(&self, _: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let unavailable = || StoreError::Unavailable { operation: "note a stamp", source: "down".into() };
        if self.write(format!("noted in {tenant}")) { Ok(()) } else { Err(unavailable()) }
    }
}

fn stamped(fails_at: &'static str) -> (Vec<String>, bool) {
    let recorded = Recorded { writes: Mutex::default(), fails_at };
    let tenants = ["acme", "globex"].map(|id| id.parse::<TenantId>().unwrap());
    let plan = StampPlan { tenant: tenants[0].clone(), memberships: tenants.to_vec() };
    let user = UserKey { pool: "pool".parse().unwrap(), sub: "sub".parse().unwrap() };
    let is_done = run(stamp(&plan, &user, &Username::new("ana").unwrap(), &recorded, &recorded)).is_ok();
    (recorded.writes.into_inner().unwrap(), is_done)
}

#[test]
fn the_attribute_is_written_and_then_noted_in_each_membership() {
    let expected = ["ana is stamped acme", "noted in acme", "noted in globex"].map(str::to_owned).to_vec();

    assert_eq!(stamped(""), (expected, true));
}

#[test]
fn a_stamp_that_failed_stays_pending() {
    assert_eq!(stamped("stamped"), (vec!["ana is stamped acme".to_owned()], false), "nothing is noted");
    assert!(!stamped("noted in globex").1, "it is written again");
}
