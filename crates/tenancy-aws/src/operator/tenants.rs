//! Tenants, as operators see and change them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{
    Damage, Group, Role, RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier, Timestamp,
};

use super::change::{Change, Write};
use super::{Listed, Operator, OperatorError, next_version, refused, text_of};
use crate::item::{Attributes, Item, new_item, number, text};
use crate::key::{ALL_TENANTS, Key};
use crate::store::decode_tenant;

/// What each role means.
type Roles = BTreeMap<Role, RoleGrant>;

/// A tenant with what is kept for operators.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    /// What tokens are made from.
    pub tenant: Tenant,
    /// Its name in addresses.
    pub slug: Option<Slug>,
    /// Counts the changes; `None` when the item was made by hand without.
    pub version: Option<u64>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    item: Attributes,
}

/// What is to be different about a tenant; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TenantEdit {
    /// Name for people.
    pub name: Option<TenantName>,
    /// Name in addresses; the old one is free at once.
    pub slug: Option<Slug>,
    /// What has been bought.
    pub tier: Option<TenantTier>,
    /// Whether its users may have tokens.
    pub status: Option<TenantStatus>,
    /// What each role means, all of them.
    pub roles: Option<Roles>,
}

impl Operator {
    /// The tenant `id`, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is none; [`OperatorError::Store`].
    pub async fn tenant(&self, id: &TenantId) -> Result<TenantRecord, OperatorError> {
        match self.store.get("read a tenant", Key::tenant(id)).await? {
            Some(item) => Ok(TenantRecord::decode(id, item)?),
            None => {
                refused("tenant-unknown", format!("there is no tenant `{id}`; see `tenantctl tenant list`"))
            }
        }
    }

    /// All tenants, in the order of their ids, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn tenants(&self) -> Result<Listed<TenantRecord>, OperatorError> {
        let items = self.index("list the tenants", ALL_TENANTS, "").await?;
        Ok(items.into_iter().map(TenantRecord::listed).collect())
    }

    /// The tenant that a slug points at.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn tenant_of_slug(&self, slug: &Slug) -> Result<Option<TenantId>, OperatorError> {
        let key = Key::slug(slug);
        let Some(item) = self.store.get("read a slug", key.clone()).await? else { return Ok(None) };
        Ok(Some(Item::open(&key, "slug", &item)?.parsed("tid")?))
    }

    /// Plans a tenant that can be found by `slug`.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the id or the slug is taken; [`OperatorError::Store`].
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        slug: &Slug,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.id;
        if self.store.get("read a tenant", Key::tenant(id)).await?.is_some() {
            return refused(
                "tenant-exists",
                format!("there is a tenant `{id}` already; ids are never used again"),
            );
        }
        self.check_slug_is_free(slug).await?;
        let mut meta = new_item(Key::tenant(id), "tenant");
        meta.insert("tid".to_owned(), text(id.as_str()));
        meta.insert("name".to_owned(), text(tenant.name.as_str()));
        meta.insert("slug".to_owned(), text(slug.as_str()));
        meta.insert("tier".to_owned(), text(tenant.tier.as_str()));
        meta.insert("status".to_owned(), text(tenant.status.name()));
        meta.insert("roles".to_owned(), role_map(&tenant.roles));
        meta.insert("ver".to_owned(), number(1));
        meta.insert("createdAt".to_owned(), number(now.epoch_seconds()));
        meta.insert("gsi1pk".to_owned(), text(ALL_TENANTS));
        meta.insert("gsi1sk".to_owned(), text(id.as_str()));
        Ok(Change::of(vec![
            Write::Create(meta),
            Write::Create(slug_pointer(slug, id)),
            self.audit_item(id, ("tenant.create", id.as_str()), None, now),
        ]))
    }

    /// Plans to change a tenant; tokens show it once the functions' caches have aged. Empty when it is so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the new slug is taken, or the tenant is offboarded; [`OperatorError::Store`].
    pub async fn edit_tenant(
        &self,
        record: &TenantRecord,
        edit: TenantEdit,
        action: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let (tenant, id) = (&record.tenant, &record.tenant.id);
        if tenant.status == TenantStatus::Offboarded {
            if edit.status == Some(TenantStatus::Offboarded) {
                return Ok(Change::default());
            }
            return refused(
                "tenant-offboarded",
                format!("tenant `{id}` is offboarded, which is final; make a new one"),
            );
        }
        let mut set: Vec<(&'static str, AttributeValue)> = Vec::new();
        let mut changed = Vec::new();
        let mut differs = |name: &'static str, before: &str, after: &str| {
            let is_new = before != after;
            if is_new {
                changed.push(format!("{name} {before} -> {after}"));
            }
            is_new
        };
        if let Some(name) = edit.name.filter(|name| differs("name", tenant.name.as_str(), name.as_str())) {
            set.push(("name", text(name.as_str())));
        }
        if let Some(tier) = edit.tier.filter(|tier| differs("tier", tenant.tier.as_str(), tier.as_str())) {
            set.push(("tier", text(tier.as_str())));
        }
        let status = edit.status.map(TenantStatus::name);
        if let Some(status) = status.filter(|status| differs("status", tenant.status.name(), status)) {
            set.push(("status", text(status)));
        }
        let mut pointers = Vec::new();
        let old_slug = record.slug.as_ref();
        if let Some(slug) =
            edit.slug.filter(|slug| differs("slug", old_slug.map_or("none", Slug::as_str), slug.as_str()))
        {
            self.check_slug_is_free(&slug).await?;
            pointers.push(Write::Create(slug_pointer(&slug, id)));
            if let Some(old) = old_slug {
                pointers.extend(self.old_slug_pointer(old, id).await?);
            }
            set.push(("slug", text(slug.as_str())));
        }
        if let Some(roles) = edit.roles.filter(|roles| *roles != tenant.roles) {
            changed.extend(roles_difference(&tenant.roles, &roles));
            set.push(("roles", role_map(&roles)));
        }
        if set.is_empty() {
            return Ok(Change::default());
        }
        let mut guard = vec!["ver"];
        guard.extend(set.iter().map(|(name, _)| *name));
        set.push(next_version(&record.item));
        let mut writes = vec![Write::Update { before: record.item.clone(), set, remove: Vec::new(), guard }];
        writes.extend(pointers);
        writes.push(self.audit_item(id, (action, id.as_str()), Some(changed.join(", ")), now));
        Ok(Change::of(writes))
    }

    async fn check_slug_is_free(&self, slug: &Slug) -> Result<(), OperatorError> {
        match self.tenant_of_slug(slug).await? {
            None => Ok(()),
            Some(owner) => refused(
                "slug-taken",
                format!("the slug `{slug}` belongs to tenant `{owner}`; choose another"),
            ),
        }
    }

    /// The pointer of a slug that is given up, if it is the tenant's.
    async fn old_slug_pointer(&self, slug: &Slug, id: &TenantId) -> Result<Option<Write>, OperatorError> {
        let pointer = self.store.get("read a slug", Key::slug(slug)).await?;
        let own = pointer.filter(|pointer| text_of(pointer, "tid") == Some(id.as_str()));
        Ok(own.map(|before| Write::Delete { before, guard: vec!["tid"] }))
    }
}

impl TenantRecord {
    fn decode(id: &TenantId, item: Attributes) -> Result<Self, Damage> {
        let tenant = decode_tenant(id, &item)?;
        let key = Key::tenant(id);
        let opened = Item::open(&key, "tenant", &item)?;
        // Kept for operators, and no reason to refuse what the functions take.
        let slug = text_of(&item, "slug").and_then(|raw| raw.parse().ok());
        let (version, created_at) = (opened.optional_number("ver")?, opened.optional_time("createdAt")?);
        Ok(Self { tenant, slug, version, created_at, item })
    }

    fn listed(item: Attributes) -> Result<Self, Damage> {
        let id = text_of(&item, "gsi1sk").and_then(|raw| raw.parse().ok());
        let id: TenantId = id.ok_or_else(|| Damage {
            key: format!("index {ALL_TENANTS}"),
            problem: "`gsi1sk` is not a tenant id".to_owned(),
        })?;
        Self::decode(&id, item)
    }

    /// That the tenant is still in the status in which it was read.
    pub(super) fn require_status(&self) -> Write {
        Write::Require { before: self.item.clone(), guard: vec!["status"] }
    }
}

/// What is different about each role, in words: its groups and its IAM role, which is what an audit is asked for.
fn roles_difference(before: &Roles, after: &Roles) -> Vec<String> {
    let mut names: Vec<&Role> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|role| before.get(*role) != after.get(*role));
    changed
        .map(|role| format!("role {role} {} -> {}", meaning(before.get(role)), meaning(after.get(role))))
        .collect()
}

fn meaning(grant: Option<&RoleGrant>) -> String {
    let Some(grant) = grant else { return "(not listed)".to_owned() };
    let groups: Vec<&str> = grant.groups.iter().map(Group::as_str).collect();
    let arn = grant.iam_role.as_ref().map(|arn| format!(" with {arn}")).unwrap_or_default();
    format!("[{}]{arn}", groups.join(" "))
}

fn slug_pointer(slug: &Slug, id: &TenantId) -> Attributes {
    let mut pointer = new_item(Key::slug(slug), "slug");
    pointer.insert("tid".to_owned(), text(id.as_str()));
    pointer
}

fn role_map(roles: &Roles) -> AttributeValue {
    let grants = roles.iter().map(|(role, grant)| {
        let groups = grant.groups.iter().map(|group| text(group.as_str())).collect();
        let mut entry = Attributes::from([("groups".to_owned(), AttributeValue::L(groups))]);
        if let Some(arn) = &grant.iam_role {
            entry.insert("iamRole".to_owned(), text(arn.as_str()));
        }
        (role.as_str().to_owned(), AttributeValue::M(entry))
    });
    AttributeValue::M(grants.collect())
}
