//! The records of a world as the functions read them, and what the table says afterwards.

use std::collections::BTreeMap;

use memory::{Item, Store, Table, parsed};
use tenancy::{
    ClientBinding, ClientBindingMode, EmailHash, Invite, InviteCode, InvitePointer, InviteStatus, Membership,
    MembershipStatus, ProviderBinding, Role, RoleGrant, Stamp, Tenant, TenantId, TenantStatus, Timestamp,
    UserKey, UserRecords,
};

use super::reference::After;
use super::world::{
    self, Bound, EMAIL, HERE, Mode, NAME, NOW, OTHER_EMAIL, PROVIDER, SUB, Status, TENANTS, TIER, World, own,
    plain,
};

pub(crate) fn store(world: &World) -> Store {
    let mut table = Table::default();
    for (number, record) in world.tenants.iter().enumerate() {
        let Some(record) = record else { continue };
        if record.is_damaged {
            table.damaged.push(Item::Tenant(id(number)));
        }
        table.tenants.insert(id(number), tenant(number, record));
    }
    table.users.insert(user(), records(world));
    for (number, invite) in world.invites.iter().enumerate() {
        let created_at = invite.created_at.map(Timestamp::from_epoch_seconds);
        if invite.has_pointer {
            let pointer = InvitePointer {
                tenant: id(invite.tenant),
                hash: code(number).hash(),
                created_at,
                expires_at: Some(Timestamp::from_epoch_seconds(invite.expires_at)),
            };
            table.pointers.push((EmailHash::of(&parsed(EMAIL)), pointer));
        }
        if invite.is_used_by_user {
            table.uses.insert((code(number).hash(), user()), id(invite.tenant));
        }
        let invite = Invite {
            hash: code(number).hash(),
            tenant: id(invite.tenant),
            email: match invite.bound {
                Bound::Nobody => None,
                Bound::Own => Some(parsed(EMAIL)),
                Bound::Other => Some(parsed(OTHER_EMAIL)),
            },
            roles: roles(invite.tenant, &invite.roles),
            uses: invite.uses,
            max_uses: invite.max_uses,
            status: if invite.is_revoked { InviteStatus::Revoked } else { InviteStatus::Open },
            expires_at: Timestamp::from_epoch_seconds(invite.expires_at),
            created_at: created_at.unwrap_or(Timestamp::from_epoch_seconds(NOW)),
        };
        table.invites.insert(invite.hash.clone(), invite);
    }
    if let Some((tenant, mode)) = world.client {
        let mode = match mode {
            Mode::Required => ClientBindingMode::Required,
            Mode::Machine => ClientBindingMode::Machine,
        };
        let binding = ClientBinding { tenant: id(tenant), mode };
        table.clients.insert((parsed(HERE), parsed(world::CLIENT)), binding);
    }
    if let Some(provider) = &world.provider {
        let binding = ProviderBinding {
            tenant: id(provider.tenant),
            joins: provider.joins,
            default_roles: roles(provider.tenant, &provider.roles),
            is_email_trusted: provider.is_trusted,
        };
        table.providers.insert((parsed(HERE), parsed(PROVIDER)), binding);
    }
    table.into()
}

/// What the table says now, and how many writes it refused: the code under test wrote what the real table would have refused.
pub(crate) fn after(world: &World, store: &Store) -> (After, usize) {
    let table = store.table();
    let records = table.users.get(&user()).cloned().unwrap_or_default();
    let member = |tenant: usize| {
        let membership = records.in_tenant(&id(tenant))?;
        let status = match membership.status {
            MembershipStatus::Active => Status::Active,
            MembershipStatus::Suspended => Status::Suspended,
            MembershipStatus::Removed => Status::Over,
        };
        // A role of another tenant keeps its prefix, so it never equals one that the reference expects.
        let text = |role: &Role| plain(tenant, role.as_str()).unwrap_or_else(|| role.as_str().to_owned());
        Some((status, membership.roles.iter().map(text).collect()))
    };
    let invite = |number: usize| {
        let hash = code(number).hash();
        let uses = table.invites.get(&hash).map_or(0, |invite| invite.uses);
        let has_pointer = table.pointers.iter().any(|(_, pointer)| pointer.hash == hash);
        (uses, table.uses.contains_key(&(hash, user())), has_pointer)
    };
    let default = records.profile.default_tenant.as_ref();
    let after = After {
        members: (0..TENANTS.len()).map(member).collect(),
        default: default.and_then(|id| TENANTS.iter().position(|tenant| *tenant == id.as_str())),
        invites: (0..world.invites.len()).map(invite).collect(),
    };
    (after, table.done.refused)
}

fn user() -> UserKey {
    UserKey { pool: parsed(HERE), sub: parsed(SUB) }
}

fn id(tenant: usize) -> TenantId {
    parsed(TENANTS.get(tenant).copied().unwrap_or_default())
}

fn roles(tenant: usize, roles: &[&str]) -> Vec<Role> {
    roles.iter().map(|role| parsed(&own(tenant, role))).collect()
}

/// The code of an invite.
pub(crate) fn code(number: usize) -> InviteCode {
    InviteCode::from_random([u8::try_from(number).unwrap_or_default(); 26])
}

fn tenant(number: usize, record: &world::Tenant) -> Tenant {
    let text = |text: &str| own(number, text);
    let groups = ["admins", "editor"].map(|group| parsed(&text(group)));
    let grant = RoleGrant { groups: groups.into(), iam_role: None };
    let grants = record.lists_groups.then(|| (parsed(&text("admin")), grant));
    Tenant {
        id: id(number),
        name: parsed(&text(NAME)),
        tier: parsed(&text(TIER)),
        status: match record.status {
            Status::Active => TenantStatus::Active,
            Status::Suspended => TenantStatus::Suspended,
            Status::Over => TenantStatus::Offboarded,
        },
        roles: grants.into_iter().collect::<BTreeMap<_, _>>(),
        pools: record.pools.iter().copied().map(parsed).collect(),
    }
}

fn records(world: &World) -> UserRecords {
    let memberships = world.members.iter().enumerate().filter_map(|(tenant, member)| {
        let member = member.as_ref()?;
        Some(Membership {
            tenant: id(tenant),
            roles: roles(tenant, &member.roles),
            status: match member.status {
                Status::Active => MembershipStatus::Active,
                Status::Suspended => MembershipStatus::Suspended,
                Status::Over => MembershipStatus::Removed,
            },
            stamp: Stamp::Done,
            version: 1,
            joined_at: member.joined_at.map(Timestamp::from_epoch_seconds),
        })
    });
    let mut records = UserRecords { memberships: memberships.collect(), ..UserRecords::default() };
    records.profile.default_tenant = world.default.map(id);
    records
}
