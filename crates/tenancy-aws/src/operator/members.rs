//! Members, as operators see and change them.

use tenancy::{
    Damage, InviteHash, Membership, MembershipStatus, Role, Stamp, Tenant, TenantId, TenantStatus, Timestamp,
    UserKey, Username,
};

use super::change::{Change, Write};
use super::tenants::TenantRecord;
use super::{IndexPages, Listed, Operator, OperatorError, next_version, refused, text_of};
use crate::item::{Attributes, Item, new_item, number, role_list, tenant_of_sort_key, text};
use crate::key::{Key, PROFILE, TENANT_PREFIX, tenant_partition, user_partition};
use crate::store::decode_membership;

/// A membership with what is kept for operators.
#[derive(Clone, Debug)]
pub struct MemberRecord {
    /// The user.
    pub user: UserKey,
    /// What tokens are made from.
    pub membership: Membership,
    /// The user's name in the pool, if it was known when the membership was made.
    pub username: Option<Username>,
    /// The invite that it came from.
    pub invite: Option<InviteHash>,
    /// When it was made.
    pub joined_at: Option<Timestamp>,
    item: Attributes,
}

/// A tenant's members, page after page.
pub struct MemberPages(IndexPages);

impl MemberPages {
    /// The next page, which may be empty without being the last; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn next(&mut self) -> Result<Option<Listed<MemberRecord>>, OperatorError> {
        let page = self.0.next().await?;
        Ok(page.map(|items| items.into_iter().map(MemberRecord::listed).collect()))
    }
}

/// All that the table knows of one user.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// The user.
    pub user: UserKey,
    /// Memberships of any status, in the order of their tenants' ids.
    pub memberships: Vec<MemberRecord>,
    /// The tenant of a token for which no other was asked.
    pub default_tenant: Option<TenantId>,
    profile: Option<Attributes>,
}

impl UserRecord {
    /// The membership in `tenant`, whatever its status.
    #[must_use]
    pub fn in_tenant(&self, tenant: &TenantId) -> Option<&MemberRecord> {
        self.memberships.iter().find(|record| record.membership.tenant == *tenant)
    }

    /// As the rules have it.
    #[must_use]
    pub fn records(&self) -> tenancy::UserRecords {
        tenancy::UserRecords {
            memberships: self.memberships.iter().map(|record| record.membership.clone()).collect(),
            profile: tenancy::Profile { default_tenant: self.default_tenant.clone() },
        }
    }
}

impl Operator {
    /// All that is known of a user, strongly consistent; empty when nothing is.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`], also when any of the user's items is damaged.
    pub async fn user(&self, user: &UserKey) -> Result<UserRecord, OperatorError> {
        let mut record =
            UserRecord { user: user.clone(), memberships: Vec::new(), default_tenant: None, profile: None };
        for item in self.store.query("read a user", user_partition(user), "").await? {
            let sk = text_of(&item, "sk").unwrap_or_default();
            if sk == PROFILE {
                let key = Key::profile(user);
                let opened = Item::open(&key, "profile", &item)?;
                opened.optional_number("ver")?;
                if opened.optional_text("defaultTid")?.is_some() {
                    record.default_tenant = Some(opened.parsed("defaultTid")?);
                }
                record.profile = Some(item);
            } else if sk.starts_with(TENANT_PREFIX) {
                record.memberships.push(MemberRecord::decode(user.clone(), item)?);
            }
        }
        Ok(record)
    }

    /// The same members as [`Operator::members`], page after page; `page_size` is the most on a page.
    #[must_use]
    pub fn member_pages(&self, tenant: &TenantId, page_size: Option<i32>) -> MemberPages {
        MemberPages(self.index_pages("list the members", &tenant_partition(tenant), "MEMBER#", page_size))
    }

    /// The members of a tenant, of any status, in the order of their subs, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn members(&self, tenant: &TenantId) -> Result<Listed<MemberRecord>, OperatorError> {
        let items = self.index("list the members", &tenant_partition(tenant), "MEMBER#").await?;
        Ok(items.into_iter().map(MemberRecord::listed).collect())
    }

    /// The members of a tenant with this `sub`, one a pool, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn members_by_sub(
        &self,
        tenant: &TenantId,
        sub: &tenancy::Sub,
    ) -> Result<Listed<MemberRecord>, OperatorError> {
        let items = self.index("find a member", &tenant_partition(tenant), &format!("MEMBER#{sub}")).await?;
        let exact =
            items.into_iter().filter(|item| text_of(item, "gsi1sk") == Some(&format!("MEMBER#{sub}")));
        Ok(exact.map(MemberRecord::listed).collect())
    }

    /// Plans a membership without an invite, or revives one that was removed. Empty when the user is an active member with
    /// exactly these roles.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, or the user is a member already: suspended, or with other
    /// roles.
    pub fn add_member(
        &self,
        tenant: &TenantRecord,
        user: &UserRecord,
        roles: &[Role],
        username: Option<&Username>,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        not_offboarded(&tenant.tenant)?;
        let sub = &user.user.sub;
        let membership = match user.in_tenant(id) {
            None => Write::Create(new_membership(&user.user, id, roles, username, now)),
            Some(record) => match record.membership.status {
                MembershipStatus::Active if record.membership.roles == roles => return Ok(Change::default()),
                MembershipStatus::Active => {
                    return refused(
                        "member-exists",
                        format!(
                            "user {sub} is a member of `{id}` already, with other roles; use `tenantctl member set-roles`"
                        ),
                    );
                }
                MembershipStatus::Suspended => {
                    return refused(
                        "member-suspended",
                        format!("user {sub} is a suspended member of `{id}`; use `tenantctl member resume`"),
                    );
                }
                MembershipStatus::Removed => {
                    let set = vec![
                        ("status", text(MembershipStatus::Active.name())),
                        ("roles", role_list(roles)),
                        ("stamp", text(Stamp::Pending.name())),
                        next_version(&record.item),
                    ];
                    record.update(set)
                }
            },
        };
        let mut writes = vec![tenant.require_status(), membership];
        let records = user.records();
        let keeps_default = match &user.default_tenant {
            Some(default) => records.is_active_in(default),
            None => records.active().next().is_some(),
        };
        if !keeps_default {
            writes.push(user.default_write(Some(id)));
        }
        writes.push(self.audit_member(user, id, "member.add", Some(roles_detail(roles)), now));
        Ok(Change::of(writes))
    }

    /// Plans other roles. Empty when they are these, in this order.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, there is no such member, or the membership was removed.
    pub fn set_member_roles(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        roles: &[Role],
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        not_offboarded(&tenant.tenant)?;
        let required = tenant.require_status();
        let tenant = &tenant.tenant.id;
        let record = member_of(user, tenant)?;
        if record.membership.status == MembershipStatus::Removed {
            return removed(&user.user, tenant);
        }
        if record.membership.roles == roles {
            return Ok(Change::default());
        }
        let detail = format!("{} -> {}", roles_detail(&record.membership.roles), roles_detail(roles));
        Ok(Change::of(vec![
            required,
            record.update(vec![("roles", role_list(roles)), next_version(&record.item)]),
            self.audit_member(user, tenant, "member.set-roles", Some(detail), now),
        ]))
    }

    /// Plans to let a suspended member in again. Empty when the membership is active already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, there is no such member, or the membership was removed.
    pub fn resume_member(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        not_offboarded(&tenant.tenant)?;
        let mut change =
            self.set_member_status(user, &tenant.tenant.id, MembershipStatus::Active, now)?.into_writes();
        if !change.is_empty() {
            change.insert(0, tenant.require_status());
        }
        Ok(Change::of(change))
    }

    /// Plans another status: suspended, removed. [`Self::resume_member`] resumes. A removed membership is kept, as a record, and no invite revives
    /// it. The profile keeps naming its tenant as the default, so that a refresh is refused and does not move the session to
    /// another tenant; the next sign-in moves the default. Empty when the status is this one already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is no such member, or a removed one is to be suspended or resumed.
    pub fn set_member_status(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        status: MembershipStatus,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = member_of(user, tenant)?;
        if record.membership.status == status {
            return Ok(Change::default());
        }
        if record.membership.status == MembershipStatus::Removed {
            return removed(&user.user, tenant);
        }
        let action = match status {
            MembershipStatus::Active => "member.resume",
            MembershipStatus::Suspended => "member.suspend",
            MembershipStatus::Removed => "member.remove",
        };
        Ok(Change::of(vec![
            record.update(vec![("status", text(status.name())), next_version(&record.item)]),
            self.audit_member(user, tenant, action, None, now),
        ]))
    }

    /// Plans that tokens for which no tenant was asked are those of `tenant`. The stamp is to be written anew then, so it
    /// becomes pending. Empty when it is so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] unless the user is an active member there, and the tenant is active.
    pub fn set_default_tenant(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        let record = member_of(user, id)?;
        if !record.membership.is_active() || tenant.tenant.status != TenantStatus::Active {
            return refused(
                "member-not-active",
                format!(
                    "user {} is no active member of `{id}`, or the tenant is not active: no token could be made",
                    user.user.sub
                ),
            );
        }
        if user.default_tenant.as_ref() == Some(id) {
            return Ok(Change::default());
        }
        let before = user.default_tenant.as_ref().map_or("none", TenantId::as_str);
        Ok(Change::of(vec![
            tenant.require_status(),
            user.default_write(Some(id)),
            record.update(vec![("stamp", text(Stamp::Pending.name())), next_version(&record.item)]),
            self.audit_member(user, id, "member.set-default", Some(format!("{before} -> {id}")), now),
        ]))
    }

    /// Plans to forget a default tenant of which the user has never been a member. Empty when there is none such: a default
    /// that was lost stays until the next sign-in moves it.
    pub fn clear_foreign_default(&self, user: &UserRecord, now: Timestamp) -> Change {
        match &user.default_tenant {
            Some(tenant) if user.in_tenant(tenant).is_none() => Change::of(vec![
                Write::RequireNone(Key::membership(&user.user, tenant).into_attributes()),
                user.default_write(None),
                self.audit_member(user, tenant, "member.clear-default", None, now),
            ]),
            _ => Change::default(),
        }
    }

    /// Plans the note that the user attribute is written for the membership in `tenant`. `detail` says what it was and is.
    /// Without a new `ver`: what tokens are made from stays.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is no such member.
    pub fn note_stamp(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        detail: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = member_of(user, tenant)?;
        Ok(Change::of(vec![
            Write::Update {
                before: record.item.clone(),
                set: vec![("stamp", text(Stamp::Done.name()))],
                remove: Vec::new(),
                guard: vec!["status", "stamp"],
            },
            self.audit_member(user, tenant, "member.stamp", Some(detail.to_owned()), now),
        ]))
    }

    /// Plans the audit item of a stamp that was written or deleted in the user pool alone.
    pub fn record_stamp(&self, user: &UserRecord, tenant: &TenantId, detail: &str, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.stamp", Some(detail.to_owned()), now)])
    }

    /// Plans the audit item of a sign-out: the user pool has revoked the user's refresh tokens.
    pub fn record_sign_out(&self, user: &UserRecord, tenant: &TenantId, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.sign-out", None, now)])
    }

    fn audit_member(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        action: &str,
        detail: Option<String>,
        now: Timestamp,
    ) -> Write {
        let target = format!("user:{}:{}", user.user.pool, user.user.sub);
        self.audit_item(tenant, (action, &target), detail, now)
    }
}

impl MemberRecord {
    fn decode(user: UserKey, item: Attributes) -> Result<Self, Damage> {
        let tenant = tenant_of_sort_key(&item).ok_or_else(|| Damage {
            key: user_partition(&user),
            problem: "a membership's `sk` is not that of a tenant".to_owned(),
        })?;
        let key = Key::membership(&user, &tenant);
        let opened = Item::open(&key, "member", &item)?;
        let membership = decode_membership(&opened, tenant)?;
        // Kept for operators, and no reason to refuse what the functions take.
        let invite = text_of(&item, "inviteRef").and_then(|raw| raw.parse().ok());
        let username = opened.optional_text("username")?.and_then(Username::new);
        let joined_at = opened.optional_time("joinedAt")?;
        Ok(Self { user, membership, username, invite, joined_at, item })
    }

    fn listed(item: Attributes) -> Result<Self, Damage> {
        let user = text_of(&item, "pk").and_then(|pk| {
            let (pool, sub) = pk.strip_prefix("USER#")?.split_once('#')?;
            Some(UserKey { pool: pool.parse().ok()?, sub: sub.parse().ok()? })
        });
        match user {
            Some(user) => Self::decode(user, item),
            None => Err(Damage {
                key: text_of(&item, "gsi1pk").unwrap_or_default().to_owned(),
                problem: "a member's `pk` is not that of a user".to_owned(),
            }),
        }
    }

    fn update(&self, set: Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)>) -> Write {
        let mut guard = vec!["ver", "status"];
        guard.extend(set.iter().map(|(name, _)| *name).filter(|name| *name == "roles"));
        Write::Update { before: self.item.clone(), set, remove: Vec::new(), guard }
    }
}

impl UserRecord {
    fn default_write(&self, tenant: Option<&TenantId>) -> Write {
        match (&self.profile, tenant) {
            (None, _) => {
                let mut item = new_item(Key::profile(&self.user), "profile");
                if let Some(tenant) = tenant {
                    item.insert("defaultTid".to_owned(), text(tenant.as_str()));
                }
                item.insert("ver".to_owned(), number(1));
                Write::Create(item)
            }
            (Some(profile), Some(tenant)) => Write::Update {
                before: profile.clone(),
                set: vec![("defaultTid", text(tenant.as_str())), next_version(profile)],
                remove: Vec::new(),
                guard: vec!["ver", "defaultTid"],
            },
            (Some(profile), None) => Write::Update {
                before: profile.clone(),
                set: vec![next_version(profile)],
                remove: vec!["defaultTid"],
                guard: vec!["ver", "defaultTid"],
            },
        }
    }
}

/// A tenant that can still be joined or bound.
pub(super) fn not_offboarded(tenant: &Tenant) -> Result<(), OperatorError> {
    match tenant.status {
        TenantStatus::Active | TenantStatus::Suspended => Ok(()),
        TenantStatus::Offboarded => {
            refused("tenant-offboarded", format!("tenant `{}` is offboarded, which is final", tenant.id))
        }
    }
}

fn member_of<'a>(user: &'a UserRecord, tenant: &TenantId) -> Result<&'a MemberRecord, OperatorError> {
    match user.in_tenant(tenant) {
        Some(record) => Ok(record),
        None => refused(
            "member-unknown",
            format!(
                "user {} is no member of `{tenant}`; see `tenantctl member list --tenant {tenant}`",
                user.user.sub
            ),
        ),
    }
}

fn removed<T>(user: &UserKey, tenant: &TenantId) -> Result<T, OperatorError> {
    refused(
        "member-removed",
        format!("user {} was removed from `{tenant}`; `tenantctl member add` takes them back", user.sub),
    )
}

fn new_membership(
    user: &UserKey,
    tenant: &TenantId,
    roles: &[Role],
    username: Option<&Username>,
    now: Timestamp,
) -> Attributes {
    let mut item = new_item(Key::membership(user, tenant), "member");
    item.insert("tid".to_owned(), text(tenant.as_str()));
    item.insert("roles".to_owned(), role_list(roles));
    item.insert("status".to_owned(), text(MembershipStatus::Active.name()));
    item.insert("stamp".to_owned(), text(Stamp::Pending.name()));
    item.insert("ver".to_owned(), number(1));
    item.insert("joinedAt".to_owned(), number(now.epoch_seconds()));
    if let Some(username) = username {
        item.insert("username".to_owned(), text(username.as_str()));
    }
    item.insert("gsi1pk".to_owned(), text(tenant_partition(tenant)));
    item.insert("gsi1sk".to_owned(), text(format!("MEMBER#{}", user.sub)));
    item
}

pub(super) fn roles_detail(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "no roles".to_owned();
    }
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")
}
