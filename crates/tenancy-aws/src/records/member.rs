//! A membership: `USER#<pool>#<sub>` / `TENANT#<tid>`.

use tenancy::{
    Damage, InviteHash, Membership, MembershipStatus, Role, Stamp, Sub, TenantId, Timestamp, UserKey,
    Username,
};

use crate::change::{Step, Values};
use crate::item::{
    Attributes, Item, index_keys, key_of, new_item, next_version, number, role_list, tenant_of_sort_key,
    text, text_of, time,
};
use crate::key::{Key, tenant_partition, user_of_partition, user_partition};
use crate::write::Write;

const ENTITY: &str = "member";

/// Prefix of the index sort key.
pub(crate) const INDEX_PREFIX: &str = "MEMBER#";

/// A membership with the attributes that only operators see.
#[derive(Clone, Debug)]
pub struct MemberRecord {
    pub user: UserKey,
    pub membership: Membership,
    /// The username in the pool, if it was known when the membership was created.
    pub username: Option<Username>,
    /// The invite by which the user joined.
    pub invite: Option<InviteHash>,
    pub joined_at: Option<Timestamp>,
    item: Attributes,
}

pub(crate) struct Decoded<'a> {
    pub(crate) membership: Membership,
    invite: Option<&'a str>,
    username: Option<&'a str>,
}

pub(crate) fn key(user: &UserKey, tenant: &TenantId) -> Key {
    Key::new(user_partition(user), tenant_partition(tenant))
}

/// Index sort key of the members with this `sub`, at most one for each pool.
pub(crate) fn index_sort_key(sub: &Sub) -> String {
    format!("{INDEX_PREFIX}{sub}")
}

/// Whether the index lists the item under exactly this `sub`. A query also finds longer subs that begin with it.
pub(crate) fn is_listed_by(item: &Attributes, sub: &Sub) -> bool {
    text_of(item, "gsi1sk") == Some(&index_sort_key(sub))
}

/// A new membership: active, its stamp pending.
pub(crate) fn encode(
    user: &UserKey,
    tenant: &TenantId,
    roles: &[Role],
    invite: Option<&InviteHash>,
    username: Option<&Username>,
    joined_at: Timestamp,
) -> Attributes {
    let attributes = [
        ("tid", text(tenant.as_str())),
        ("roles", role_list(roles)),
        ("status", text(MembershipStatus::Active.name())),
        ("stamp", text(Stamp::Pending.name())),
        ("ver", number(1)),
        ("joinedAt", time(joined_at)),
    ];
    let attributes = attributes
        .into_iter()
        .chain(invite.map(|hash| ("inviteRef", text(hash.as_str()))))
        .chain(username.map(|username| ("username", text(username.as_str()))))
        .chain(index_keys(tenant_partition(tenant), index_sort_key(&user.sub)));
    new_item(key(user, tenant), ENTITY, attributes)
}

pub(crate) fn decode(attributes: &Attributes) -> Result<Decoded<'_>, Damage> {
    let tenant = tenant_of_sort_key(attributes).ok_or_else(|| Damage {
        key: key_of(attributes).pk,
        problem: "`sk` does not name a tenant".to_owned(),
    })?;
    let item = Item::open(ENTITY, attributes)?;
    item.as_in_key("tid", tenant.as_str())?;
    let (invite, username) = (item.optional_text("inviteRef")?, item.optional_text("username")?);
    let stamp = match item.optional_text("stamp")? {
        Some(_) => item.one_of("stamp", &Stamp::ALL, Stamp::name)?,
        None => Stamp::Pending,
    };
    let membership = Membership {
        roles: item.roles("roles")?,
        status: item.one_of("status", &MembershipStatus::ALL, MembershipStatus::name)?,
        stamp,
        version: item.optional_number("ver")?.unwrap_or(0),
        joined_at: item.optional_time("joinedAt")?,
        tenant,
    };
    Ok(Decoded { membership, invite, username })
}

/// Replaces the roles, on the condition that the membership is active and still has this version.
pub(crate) fn set_roles(user: &UserKey, tenant: &TenantId, roles: &[Role], version: u64) -> Write {
    Write::update(key(user, tenant), "SET #roles = :roles, ver = :next")
        .when("#status = :active AND tid = :tid AND (ver = :ver OR attribute_not_exists(ver))")
        .name("#status", "status")
        .name("#roles", "roles")
        .value(":active", text(MembershipStatus::Active.name()))
        .value(":tid", text(tenant.as_str()))
        .value(":ver", number(version))
        .value(":next", number(version.saturating_add(1)))
        .value(":roles", role_list(roles))
}

/// Records that the stamp is written, on the condition that the membership exists.
pub(crate) fn note_stamp(user: &UserKey, tenant: &TenantId) -> Write {
    Write::update(key(user, tenant), "SET stamp = :done")
        .when("attribute_exists(pk)")
        .value(":done", text(Stamp::Done.name()))
}

impl MemberRecord {
    pub(crate) fn decode(user: UserKey, item: Attributes) -> Result<Self, Damage> {
        let Decoded { membership, invite, username } = decode(&item)?;
        // A malformed username or hash is ignored, as in the functions.
        let invite = invite.and_then(|raw| raw.parse().ok());
        let username = username.and_then(Username::new);
        let joined_at = membership.joined_at;
        Ok(Self { user, membership, username, invite, joined_at, item })
    }

    pub(crate) fn listed(item: Attributes) -> Result<Self, Damage> {
        match text_of(&item, "pk").and_then(user_of_partition) {
            Some(user) => Self::decode(user, item),
            None => Err(Damage {
                key: text_of(&item, "gsi1pk").unwrap_or_default().to_owned(),
                problem: "`pk` does not name a user".to_owned(),
            }),
        }
    }

    /// Makes a removed membership active again, with these roles.
    pub(crate) fn revived(&self, roles: &[Role]) -> Step {
        let set = vec![
            ("status", text(MembershipStatus::Active.name())),
            ("roles", role_list(roles)),
            ("stamp", text(Stamp::Pending.name())),
        ];
        self.changed(set, &["roles"])
    }

    pub(crate) fn with_roles(&self, roles: &[Role]) -> Step {
        self.changed(vec![("roles", role_list(roles))], &["roles"])
    }

    pub(crate) fn with_status(&self, status: MembershipStatus) -> Step {
        self.changed(vec![("status", text(status.name()))], &[])
    }

    /// The user attribute must be written again.
    pub(crate) fn with_pending_stamp(&self) -> Step {
        self.changed(vec![("stamp", text(Stamp::Pending.name()))], &[])
    }

    /// Records that the user attribute is written. `ver` stays the same, because tokens do not change.
    pub(crate) fn with_stamp_done(&self) -> Step {
        Step::update(&self.item, vec![("stamp", text(Stamp::Done.name()))], vec!["status", "stamp"])
    }

    fn changed(&self, mut set: Values, also_guarded: &[&'static str]) -> Step {
        set.push(next_version(&self.item));
        Step::update(&self.item, set, [&["ver", "status"], also_guarded].concat())
    }
}
