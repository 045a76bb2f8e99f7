//! Reads tenants and plans changes to them.

use tenancy::operate::{Rule, tenants};
use tenancy::{Place, Slug, Tenant, TenantId, TenantStatus, Timestamp};

use super::{CellRecord, Change, ListPages, Listed, Operator, OperatorError, TenantEdit, TenantRecord};
use crate::change::Step;
use crate::records::{listed, slug, tenant};

impl Operator {
    /// Reads the tenant `id`, strongly consistent.
    pub async fn tenant(&self, id: &TenantId) -> Result<TenantRecord, OperatorError> {
        match self.table().get("read a tenant", tenant::key(id)).await? {
            Some(item) => Ok(TenantRecord::decode(id, item)?),
            None => Err(Rule::TenantUnknown(id.clone()).into()),
        }
    }

    /// All tenants from the index, sorted by id.
    pub async fn tenants(&self) -> Result<Listed<TenantRecord>, OperatorError> {
        self.tenants_beginning("").await
    }

    /// The tenants whose ids begin with `prefix`, from the index, sorted by id.
    pub async fn tenants_beginning(&self, prefix: &str) -> Result<Listed<TenantRecord>, OperatorError> {
        let items = self.table().index("list the tenants", tenant::ALL.to_owned(), prefix).await?;
        Ok(items.into_iter().map(TenantRecord::listed).collect())
    }

    /// The same tenants as [`Operator::tenants`], page by page.
    #[must_use]
    pub fn tenant_pages(&self) -> ListPages<TenantRecord> {
        let pages = self.table().index_pages("list the tenants", tenant::ALL.to_owned(), "", None);
        ListPages::new(pages, TenantRecord::listed)
    }

    /// The tenant that a slug points at.
    pub async fn tenant_of_slug(&self, slug: &Slug) -> Result<Option<TenantId>, OperatorError> {
        let item = self.table().get("read a slug", slug::key(slug)).await?;
        Ok(item.as_ref().map(slug::decode).transpose()?)
    }

    /// Plans a new tenant with this slug; in `cell`, if one is given.
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        slug: &Slug,
        cell: Option<&CellRecord>,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.id;
        if self.table().get("read a tenant", tenant::key(id)).await?.is_some() {
            return Err(Rule::TenantExists(id.clone()).into());
        }
        self.check_slug_is_free(slug).await?;
        let mut tenant = tenant.clone();
        let mut place = Place::default();
        if let Some(cell) = cell {
            tenant.pools = vec![cell.cell.pool.clone()];
            place.cell = Some(cell.cell.name.clone());
        }
        let mut steps = vec![
            Step::Create(tenant::encode(&tenant, &place, slug, now)),
            Step::Create(slug::encode(slug, id)),
            self.audit_item(id, "tenant.create", id.to_string(), None, now),
        ];
        steps.extend(cell.into_iter().flat_map(|cell| self.taken_in(id, cell, now)));
        Ok(Change::of(steps))
    }

    /// Plans to change a tenant. Tokens show the change when the functions' caches have expired. The plan is empty if the
    /// tenant already has these values. An offboarded tenant gives its place in its cell back.
    pub async fn edit_tenant(
        &self,
        record: &TenantRecord,
        edit: TenantEdit,
        action: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &record.tenant.id;
        let Some(change) = tenants::edit(&record.tenant, record.slug.as_ref(), edit)? else {
            return Ok(Change::default());
        };
        let mut steps = vec![record.edited(&change.edit)];
        if let Some(slug) = &change.edit.slug {
            self.check_slug_is_free(slug).await?;
            steps.push(Step::Create(slug::encode(slug, id)));
            if let Some(old) = &record.slug {
                let pointer = self.table().get("read a slug", slug::key(old)).await?;
                steps.extend(pointer.and_then(|pointer| slug::freed(pointer, id)));
            }
        }
        if change.edit.status == Some(TenantStatus::Offboarded) {
            steps.extend(self.place_given_back(record).await?);
        }
        steps.extend(self.entry_kept_true(record, &change.edit).await?);
        steps.push(self.audit_item(id, action, id.to_string(), Some(change.detail), now));
        Ok(Change::of(steps))
    }

    /// Plans to put a tenant into the public list, or to take it out. The plan is empty if it is so already.
    pub async fn publish_tenant(
        &self,
        record: &TenantRecord,
        is_listed: bool,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &record.tenant.id;
        tenants::check_not_offboarded(&record.tenant)?;
        if record.place.is_listed == is_listed {
            return Ok(Change::default());
        }
        let slug = record.slug.as_ref().ok_or_else(|| Rule::TenantWithoutSlug(id.clone()))?;
        let entry = self.table().get("read the public list", listed::key(slug)).await?;
        let place = Place { is_listed, ..record.place.clone() };
        let mut steps = vec![record.moved(&place, &record.tenant.pools)];
        steps.extend(entry.map(listed::deleted).filter(|_| !is_listed));
        if is_listed {
            steps.push(Step::Create(listed::encode(slug, id, &record.tenant.name)));
        }
        let action = if is_listed { "tenant.publish" } else { "tenant.unpublish" };
        steps.push(self.audit_item(id, action, id.to_string(), None, now));
        Ok(Change::of(steps))
    }

    /// What a change of a tenant changes in the public list.
    async fn entry_kept_true(
        &self,
        record: &TenantRecord,
        edit: &TenantEdit,
    ) -> Result<Vec<Step>, OperatorError> {
        let Some(slug) = record.slug.as_ref().filter(|_| record.place.is_listed) else {
            return Ok(Vec::new());
        };
        let name = edit.name.as_ref().unwrap_or(&record.tenant.name);
        let is_over = edit.status == Some(TenantStatus::Offboarded);
        if edit.name.is_none() && edit.slug.is_none() && !is_over {
            return Ok(Vec::new());
        }
        let entry = self.table().get("read the public list", listed::key(slug)).await?;
        Ok(match (entry, &edit.slug) {
            (Some(entry), None) if !is_over => vec![listed::renamed(&entry, name)],
            (entry, new) => {
                let new = new.as_ref().filter(|_| !is_over);
                let new = new.map(|slug| Step::Create(listed::encode(slug, &record.tenant.id, name)));
                entry.map(listed::deleted).into_iter().chain(new).collect()
            }
        })
    }

    async fn check_slug_is_free(&self, slug: &Slug) -> Result<(), OperatorError> {
        let owner = self.tenant_of_slug(slug).await?;
        Ok(tenants::check_slug_is_free(slug, owner)?)
    }
}
