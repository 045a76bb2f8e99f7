//! The records of a user after a join, without reading them again.

use tenancy::MembershipStatus::Active;
use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Way};
use tenancy::{Stamp, UserKey};

use crate::support::{NOW, code, membership, records, roles, tenant_id};

fn plan(tenant: &str, membership: MembershipChange) -> JoinPlan {
    JoinPlan {
        user: UserKey { pool: "pool".parse().unwrap(), sub: "ana".parse().unwrap() },
        username: None,
        way: Way::Invite(code().hash()),
        spent_pointer: None,
        keep_until: None,
        tenant: tenant_id(tenant),
        roles: roles(&["viewer", "editor"]),
        membership,
        default: Some(DefaultChange { from: None, to: tenant_id("initech") }),
        at: NOW,
        request_id: "request".to_owned(),
    }
}

#[test]
fn a_new_membership_stands_in_the_order_of_the_tenants() {
    let mut user = records(vec![membership("acme", Active), membership("initech", Active)], None);

    plan("globex", MembershipChange::Create).apply(&mut user);

    let tenants: Vec<&str> = user.memberships.iter().map(|m| m.tenant.as_str()).collect();
    assert_eq!(tenants, ["acme", "globex", "initech"]);
    let new = &user.memberships[1];
    assert_eq!((new.status, new.stamp, new.version, new.joined_at), (Active, Stamp::Pending, 1, Some(NOW)));
    assert_eq!(new.roles, roles(&["viewer", "editor"]));
    assert_eq!(user.profile.default_tenant, Some(tenant_id("initech")));
}

#[test]
fn more_roles_make_a_new_version_of_one_membership() {
    let mut user = records(vec![membership("acme", Active), membership("globex", Active)], None);

    plan("globex", MembershipChange::AddRoles { version: 3 }).apply(&mut user);

    let version_and_roles = |at: usize| (user.memberships[at].version, user.memberships[at].roles.clone());
    assert_eq!(version_and_roles(0), (3, roles(&["viewer"])), "another tenant's stays");
    assert_eq!(version_and_roles(1), (4, roles(&["viewer", "editor"])));
    assert_eq!(user.memberships.len(), 2);
}
