//! The stamp is written before it is noted.

use memory::{Fault, Part, parsed};
use tenancy::MembershipStatus::Active;
use tenancy::confirm::{StampPlan, stamp};
use tenancy::{Stamp, Username};

use crate::fake::{Store, run, user};

/// Ana's stamp is pending in `acme` and `globex`, and is written with the value `acme`. Returns whether that succeeded, what
/// was written to the user pool, and what the table has for the two.
fn stamped(fault: Option<Part>) -> (bool, Vec<String>, Vec<Stamp>) {
    let Store(store) = Store::default().member("ana", "acme", Active).member("ana", "globex", Active);
    for membership in &mut store.table().users.get_mut(&user("ana")).unwrap().memberships {
        membership.stamp = Stamp::Pending;
    }
    store.table().fault = fault.map(|part| (part, Fault::Fails("throttled")));
    let plan = StampPlan { tenant: parsed("acme"), memberships: vec![parsed("acme"), parsed("globex")] };

    let is_done = run(stamp(&plan, &user("ana"), &Username::new("ana").unwrap(), &store, &store)).is_ok();

    let table = store.table();
    let written = table.attributes.iter().map(|(_, user, tenant)| format!("{} {tenant}", user.as_str()));
    let stamps = table.users[&user("ana")].memberships.iter().map(|membership| membership.stamp);
    (is_done, written.collect(), stamps.collect())
}

#[test]
fn the_attribute_is_written_and_noted_in_each_membership() {
    assert_eq!(stamped(None), (true, vec!["ana acme".to_owned()], vec![Stamp::Done, Stamp::Done]));
}

#[test]
fn a_stamp_that_failed_stays_pending() {
    let nothing = (false, Vec::new(), vec![Stamp::Pending, Stamp::Pending]);
    assert_eq!(stamped(Some(Part::UserPool)), nothing, "nothing is noted");
    let written_again = (false, vec!["ana acme".to_owned()], vec![Stamp::Done, Stamp::Pending]);
    assert_eq!(stamped(Some(Part::Tenant(parsed("globex")))), written_again);
}
