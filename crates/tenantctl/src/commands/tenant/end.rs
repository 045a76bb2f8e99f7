//! `tenantctl tenant suspend` and `tenant offboard`.

use serde::Serialize;
use tenancy::{PoolId, Region, TenantId, TenantStatus};
use tenancy_aws::operator::{InviteRecord, InviteState, MemberRecord, Operator, TenantEdit, TenantRecord};

use super::own_client::{AppClients, is_open, name_of, shut};
use super::{Edit, StatusOptions};
use crate::commands::defaults::{Loss, LostDefault, LostDefaults, lost_with_tenant, sentence};
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::page::{Page, Show};
use crate::{clock, console};

/// What `tenant offboard` says besides what it writes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offboarded {
    #[serde(flatten)]
    lost: LostDefaults,
    /// The tenant's own app client, if it was deleted.
    client_deleted: Option<String>,
}

impl Show for Offboarded {
    fn show(&self, page: &mut Page) {
        if let Some(client) = &self.client_deleted {
            page.paragraph(0, &format!("Its app client {client} is deleted."));
        }
    }
}

/// Suspends or offboards. The question comes after the count of users who lose their default tenant. With `--yes` they are
/// counted after the write, because the suspension of a tenant with very many members must not wait.
pub(super) async fn end(
    options: &StatusOptions,
    status: TenantStatus,
    context: &Context,
) -> Result<Found, Failure> {
    let (id, write, how) = (&options.tenant, options.write, Loss::from(status));
    let is_final = status == TenantStatus::Offboarded;
    let reader = context.reader().await?;
    let record = reader.tenant(id).await?;
    let is_changed = record.tenant.status != status;
    if is_changed && is_final {
        context.note(&what_hangs_on(&record, &reader, clock::now()).await?);
    }
    let mut lost = None;
    if is_changed && write.dry_run {
        lost = Some(lost_with_tenant(&reader, id, how).await?);
    } else if is_changed && !write.yes {
        lost = or_note(lost_with_tenant(&reader, id, how).await, context);
        if let Some(sentence) = lost.as_deref().map(|lost| sentence(lost, how)).filter(|s| !s.is_empty()) {
            context.note(&sentence);
        }
        let name = &record.tenant.name;
        if is_final {
            let question = format!("This cannot be undone. Offboard tenant `{id}` ({name})?");
            console::confirm_by_name(&question, id.as_str(), false)?;
        } else {
            console::confirm(&format!("Refuse tokens to all users of tenant `{id}` ({name})?"), false)?;
        }
    }
    let action = if is_final { "tenant.offboard" } else { "tenant.suspend" };
    let wanted = TenantEdit { status: Some(status), ..TenantEdit::default() };
    let edit = Edit { action, wanted, functions: None };
    let operator = context.writer().await?;
    // Read anew: the answer may have taken its time.
    let (change, mut summary) = edit.plan(&operator, &operator.tenant(id).await?).await?;
    let is_changed = !change.is_empty();
    let mut applied = context.apply(&operator, change, write.write(), &format!("tenant `{id}`")).await?;
    let lost = match lost {
        None if !is_changed => Some(Vec::new()),
        None if write.yes => or_note(lost_with_tenant(&operator, id, how).await, context),
        lost => lost,
    };
    if let Some(lost) = lost.as_deref().filter(|lost| !lost.is_empty()) {
        summary = format!("{summary}. {}", sentence(lost, how));
    }
    let lost = LostDefaults { defaults_lost: lost };
    if !is_final {
        context.say_written(&applied, &summary, lost);
        return Ok(Found::Nothing);
    }
    let mut client_deleted = None;
    if !write.dry_run {
        client_deleted = delete_own_client(id, &operator, context).await.map_err(|failure| {
            failure
                .and_say(&format!("Tenant `{id}` is offboarded"))
                .and_hint("Run the command again to delete its app client.")
        })?;
        applied.add(client_deleted.is_some());
    }
    context.say_written(&applied, &summary, Offboarded { lost, client_deleted });
    Ok(Found::Nothing)
}

/// Deletes the app client that `tenant onboard` made: it is shut, then unbound, then deleted. Each step is left out if it was
/// done before. `None`: there is none, somebody else made it, or another tenant has it now.
async fn delete_own_client(
    id: &TenantId,
    operator: &Operator,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let tenant = operator.tenant(id).await?;
    let Some(client) = tenant.place.client.clone() else { return Ok(None) };
    let Some((pool, region)) = home(&tenant, operator).await? else {
        context.note(&format!("the user pool of app client {client} is not known; the app client stays"));
        return Ok(None);
    };
    if !context.has_cognito() {
        context.note(&format!("--local has no user pool; app client {client} stays"));
        return Ok(None);
    }
    let binding = operator.client(&pool, &client).await?;
    if let Some(owner) = binding.as_ref().map(|found| &found.binding.tenant).filter(|owner| *owner != id) {
        context.note(&format!("app client {client} is bound to tenant `{owner}`; it stays"));
        return Ok(None);
    }
    let cognito = context.cognito_in(&region).await?;
    let clients = AppClients { cognito: &cognito, pool: &pool };
    if let Some(found) = clients.describe(&client).await? {
        if found.client_name() != Some(&name_of(id)) {
            context.note(&format!(
                "app client {client} is not called `{}`, so `tenant onboard` did not make it; it stays",
                name_of(id)
            ));
            return Ok(None);
        }
        if is_open(&found) {
            clients.update(&client, shut(&found)).await?;
        }
    }
    if let Some(binding) = binding {
        let change = operator.unbind_client(binding, clock::now());
        operator.apply(change, "the app client's binding").await?;
    }
    clients.delete(&client).await?;
    let change = operator.own_client_deleted(&tenant, &pool, &client, clock::now());
    operator.apply(change, &format!("tenant `{id}`")).await?;
    Ok(Some(client.to_string()))
}

/// The pool where the tenant lives: that of its cell, or the only one that it names.
async fn home(tenant: &TenantRecord, operator: &Operator) -> Result<Option<(PoolId, Region)>, Failure> {
    if let Some(cell) = &tenant.place.cell {
        let cell = operator.cell(cell).await?.cell;
        return Ok(Some((cell.pool, cell.region)));
    }
    let [pool] = tenant.tenant.pools.as_slice() else { return Ok(None) };
    let region = pool.as_str().split_once('_').and_then(|(region, _)| region.parse().ok());
    Ok(region.map(|region| (pool.clone(), region)))
}

/// Who loses a default tenant is told, and is no reason not to suspend.
fn or_note(lost: Result<Vec<LostDefault>, Failure>, context: &Context) -> Option<Vec<LostDefault>> {
    lost.map_err(|failure| context.note(&format!("could not read who loses their default tenant: {failure}")))
        .ok()
}

/// What is left behind when a tenant ends, and leads nowhere then; and what goes with it.
async fn what_hangs_on(
    record: &TenantRecord,
    operator: &Operator,
    now: tenancy::Timestamp,
) -> Result<String, Failure> {
    let tenant = &record.tenant.id;
    let (mut members, mut invites) = (0_usize, 0_usize);
    let is_active = |member: MemberRecord| member.membership.is_active();
    let is_open = |invite: InviteRecord| invite.state(now) == InviteState::Open;
    let pages = operator.member_pages(tenant, None);
    pages.each(|listed| members += usize::from(listed.is_ok_and(is_active))).await?;
    let pages = operator.invite_pages(tenant);
    pages.each(|listed| invites += usize::from(listed.is_ok_and(is_open))).await?;
    let clients = operator.clients(tenant).await?.len();
    let providers = operator.providers(tenant).await?.len();
    let own = record.place.client.as_ref();
    let own = own.map(|client| {
        format!(
            ". Its own app client {client} will be deleted, unless it has another name or is bound to another tenant"
        )
    });
    let own = own.unwrap_or_default();
    Ok(format!(
        "`{tenant}` has {members} active members, {invites} open invites, {clients} bound app clients and {providers} \
         bound identity providers; they are kept, but lead to no token. Unbind app clients and providers that others will \
         use{own}"
    ))
}
