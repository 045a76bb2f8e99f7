//! What the functions write, each as one `TransactWriteItems`: all of it or nothing. There is no write outside one, and the
//! functions' roles allow none.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Way};
use tenancy::ports::{Commit, StoreError};
use tenancy::{EmailHash, InviteHash, MembershipStatus, ProviderName, Stamp, TenantId, Timestamp, UserKey};

use super::StoreMeter;
use crate::call_error::unavailable;
use crate::item::{Attributes, SCHEMA_VERSION, new_item, number, role_list, text};
use crate::key::{Key, tenant_partition};

/// How often a write that collides with others is sent.
const MAX_ATTEMPTS: u32 = 6;

/// Longest wait after the first collision; doubled after each, and each wait is a random part of it (full jitter).
const BASE_WAIT: Duration = Duration::from_millis(25);

/// Longest wait of all.
const MAX_WAIT: Duration = Duration::from_millis(400);

/// The waits between attempts of a write that collides with others.
struct Backoff {
    attempts: u32,
    longest: Duration,
}

impl Backoff {
    fn new() -> Self {
        Self { attempts: 1, longest: BASE_WAIT }
    }

    /// Waits before the next attempt; `false`: there have been enough.
    async fn wait(&mut self) -> bool {
        if self.attempts >= MAX_ATTEMPTS {
            return false;
        }
        self.attempts = self.attempts.saturating_add(1);
        tokio::time::sleep(self.longest.mul_f64(fastrand::f64())).await;
        self.longest = self.longest.saturating_mul(2).min(MAX_WAIT);
        true
    }
}

/// Sends `writes` until they are done, outdated, or have collided too often.
pub(crate) async fn write(
    operation: &'static str,
    client: &Client,
    meter: &StoreMeter,
    writes: Vec<TransactWriteItem>,
) -> Result<Commit, StoreError> {
    let mut backoff = Backoff::new();
    // One token for all attempts: an earlier one that was written after all, and whose answer was lost, counts as done
    // and not as somebody else's write (API reference, `ClientRequestToken`).
    let token = format!("{:032x}", fastrand::u128(..));
    loop {
        let call = client.transact_write_items().client_request_token(&token);
        let call = call.set_transact_items(Some(writes.clone())).send();
        let Err(error) = meter.time(call).await else { return Ok(Commit::Done) };
        match collision(&error) {
            Some(Collision::Condition) => {
                // Whoever was overtaken at the same moment is not to come back at the same moment.
                tokio::time::sleep(BASE_WAIT.mul_f64(fastrand::f64())).await;
                return Ok(Commit::Outdated);
            }
            Some(Collision::Passing) if backoff.wait().await => {}
            Some(Collision::Passing) | None => return Err(unavailable(operation, &error)),
        }
    }
}

/// Why a transaction was cancelled, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Collision {
    /// A condition no longer holds; the same transaction will never succeed.
    Condition,
    /// Another write of the same item was under way, or there was no capacity; the same transaction may succeed later.
    /// The SDK does not retry these, because it sees only that the transaction as a whole was cancelled.
    Passing,
}

/// Reads the cancellation reasons (API reference, `TransactWriteItems`). `None`: something else.
fn collision(error: &SdkError<TransactWriteItemsError>) -> Option<Collision> {
    let cancelled = match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
        TransactWriteItemsError::TransactionInProgressException(_) => return Some(Collision::Passing),
        _ => return None,
    };
    let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    let passing = ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];
    if codes().any(|code| code == "ConditionalCheckFailed") {
        Some(Collision::Condition)
    } else if codes().any(|code| passing.contains(&code)) {
        Some(Collision::Passing)
    } else {
        None
    }
}

/// The writes of a redemption.
pub(super) fn redemption(table: &str, plan: &JoinPlan) -> Result<Vec<TransactWriteItem>, BuildError> {
    let mut writes = vec![
        match plan.membership {
            MembershipChange::Create => put(new_membership(table, plan)?),
            MembershipChange::AddRoles { version } => update(more_roles(table, plan, version)?),
        },
        put(audit(table, plan)?),
    ];
    if let Some(change) = &plan.default {
        writes.push(update(default_tenant(table, &plan.user, change)?));
    }
    match &plan.way {
        Way::Invite(hash) => {
            writes.push(update(count_use(table, plan, hash)?));
            writes.push(put(new_use(table, plan, hash)?));
            if let Some(email) = &plan.spent_pointer {
                let pointer = spent(table, plan, hash, email)?;
                writes.push(TransactWriteItem::builder().delete(pointer).build());
            }
        }
        Way::Provider(provider) => {
            let check = still_joins(table, plan, provider)?;
            writes.push(TransactWriteItem::builder().condition_check(check).build());
        }
    }
    Ok(writes)
}

/// The stamp of a membership is written, if the membership is there still.
pub(super) fn stamped(
    table: &str,
    user: &UserKey,
    tenant: &TenantId,
) -> Result<TransactWriteItem, BuildError> {
    let note = Update::builder()
        .table_name(table)
        .set_key(Some(Key::membership(user, tenant).into_attributes()))
        .update_expression("SET stamp = :done")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":done", text(Stamp::Done.name()))
        .build()?;
    Ok(update(note))
}

/// The pointer of an address goes, if it points at this invite still.
fn spent(table: &str, plan: &JoinPlan, hash: &InviteHash, email: &EmailHash) -> Result<Delete, BuildError> {
    Delete::builder()
        .table_name(table)
        .set_key(Some(Key::email_pointer(email, &plan.tenant).into_attributes()))
        .condition_expression("h = :h")
        .expression_attribute_values(":h", text(hash.as_str()))
        .build()
}

/// The identity provider is the tenant's still, and still joins by itself.
fn still_joins(table: &str, plan: &JoinPlan, provider: &ProviderName) -> Result<ConditionCheck, BuildError> {
    ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(Key::provider(&plan.user.pool, provider).into_attributes()))
        .condition_expression("tid = :tid AND #join = :yes")
        .expression_attribute_names("#join", "join")
        .expression_attribute_values(":tid", text(plan.tenant.as_str()))
        .expression_attribute_values(":yes", AttributeValue::Bool(true))
        .build()
}

/// The invite has one use more: open, not expired, uses left, same tenant.
fn count_use(table: &str, plan: &JoinPlan, hash: &InviteHash) -> Result<Update, BuildError> {
    Update::builder()
        .table_name(table)
        .set_key(Some(Key::invite(hash).into_attributes()))
        .update_expression("SET uses = uses + :one")
        .condition_expression("#status = :open AND expiresAt > :now AND uses < maxUses AND tid = :tid")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":open", text("open"))
        .expression_attribute_values(":now", number(plan.at.epoch_seconds()))
        .expression_attribute_values(":tid", text(plan.tenant.as_str()))
        .build()
}

/// This user has used it, once.
fn new_use(table: &str, plan: &JoinPlan, hash: &InviteHash) -> Result<Put, BuildError> {
    let mut item = new_item(Key::invite_use(hash, &plan.user), "use");
    item.insert("tid".to_owned(), text(plan.tenant.as_str()));
    item.insert("at".to_owned(), number(plan.at.epoch_seconds()));
    if let Some(keep_until) = plan.keep_until {
        item.insert("ttl".to_owned(), number(keep_until.epoch_seconds()));
    }
    Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)")
        .build()
}

/// The user is a member, who was not.
fn new_membership(table: &str, plan: &JoinPlan) -> Result<Put, BuildError> {
    let mut item = new_item(Key::membership(&plan.user, &plan.tenant), "member");
    item.insert("tid".to_owned(), text(plan.tenant.as_str()));
    item.insert("roles".to_owned(), role_list(&plan.roles));
    item.insert("status".to_owned(), text(MembershipStatus::Active.name()));
    if let Way::Invite(hash) = &plan.way {
        item.insert("inviteRef".to_owned(), text(hash.as_str()));
    }
    item.insert("stamp".to_owned(), text(Stamp::Pending.name()));
    item.insert("ver".to_owned(), number(1));
    item.insert("joinedAt".to_owned(), number(plan.at.epoch_seconds()));
    if let Some(username) = &plan.username {
        item.insert("username".to_owned(), text(username.as_str()));
    }
    item.insert("gsi1pk".to_owned(), text(tenant_partition(&plan.tenant)));
    item.insert("gsi1sk".to_owned(), text(format!("MEMBER#{}", plan.user.sub)));
    Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)")
        .build()
}

/// The user, an active member still, has more roles.
fn more_roles(table: &str, plan: &JoinPlan, version: u64) -> Result<Update, BuildError> {
    Update::builder()
        .table_name(table)
        .set_key(Some(Key::membership(&plan.user, &plan.tenant).into_attributes()))
        .update_expression("SET #roles = :roles, ver = :next")
        .condition_expression(
            "#status = :active AND tid = :tid AND (ver = :ver OR attribute_not_exists(ver))",
        )
        .expression_attribute_names("#status", "status")
        .expression_attribute_names("#roles", "roles")
        .expression_attribute_values(":active", text("active"))
        .expression_attribute_values(":tid", text(plan.tenant.as_str()))
        .expression_attribute_values(":ver", number(version))
        .expression_attribute_values(":next", number(version.saturating_add(1)))
        .expression_attribute_values(":roles", role_list(&plan.roles))
        .build()
}

/// The writes of a sign-in that falls back to another tenant.
pub(super) fn default_move(
    table: &str,
    user: &UserKey,
    change: &DefaultChange,
    at: Timestamp,
    request_id: &str,
) -> Result<Vec<TransactWriteItem>, BuildError> {
    let id = format!("default-{}-{}-{request_id}", user.pool, user.sub);
    let mut item = new_audit(&change.to, at, &id, "member.default-moved");
    item.insert("actor".to_owned(), text(format!("user:{}:{}", user.pool, user.sub)));
    item.insert("target".to_owned(), text(format!("user:{}:{}", user.pool, user.sub)));
    item.insert("outcome".to_owned(), text("moved"));
    if let Some(from) = &change.from {
        item.insert("detail".to_owned(), text(format!("default tenant {from} -> {}", change.to)));
    }
    item.insert("requestId".to_owned(), text(request_id));
    let audit = Put::builder().table_name(table).set_item(Some(item)).build()?;
    Ok(vec![update(default_tenant(table, user, change)?), put(audit)])
}

/// The user has another default tenant, if the profile still names the one that was read.
fn default_tenant(table: &str, user: &UserKey, change: &DefaultChange) -> Result<Update, BuildError> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(Key::profile(user).into_attributes()))
        .update_expression("SET et = :et, v = :v, defaultTid = :tid, ver = if_not_exists(ver, :zero) + :one")
        .expression_attribute_values(":et", text("profile"))
        .expression_attribute_values(":v", AttributeValue::N(SCHEMA_VERSION.to_owned()))
        .expression_attribute_values(":tid", text(change.to.as_str()))
        .expression_attribute_values(":zero", number(0))
        .expression_attribute_values(":one", number(1));
    match &change.from {
        None => update.condition_expression("attribute_not_exists(defaultTid)"),
        Some(from) => update
            .condition_expression("defaultTid = :from")
            .expression_attribute_values(":from", text(from.as_str())),
    }
    .build()
}

/// A new audit item of a tenant.
fn new_audit(tenant: &TenantId, at: Timestamp, id: &str, action: &str) -> Attributes {
    let mut item = new_item(Key::audit(tenant, at, id), "audit");
    item.insert("tid".to_owned(), text(tenant.as_str()));
    item.insert("action".to_owned(), text(action));
    item
}

/// Who joined what, by which invite, in which request. Its key is made of what happens once only: a use, or a
/// first membership.
fn audit(table: &str, plan: &JoinPlan) -> Result<Put, BuildError> {
    let (action, target, right) = match &plan.way {
        Way::Invite(hash) => ("invite.redeem", format!("invite:{}", hash.short()), hash.short().to_owned()),
        Way::Provider(provider) => ("idp.join", format!("idp:{provider}"), "idp".to_owned()),
    };
    let id = format!("{right}-{}-{}", plan.user.pool, plan.user.sub);
    let mut item = new_audit(&plan.tenant, plan.at, &id, action);
    item.insert("actor".to_owned(), text(format!("user:{}:{}", plan.user.pool, plan.user.sub)));
    item.insert("target".to_owned(), text(target));
    item.insert(
        "outcome".to_owned(),
        text(match plan.membership {
            MembershipChange::Create => "joined",
            MembershipChange::AddRoles { .. } => "roles_added",
        }),
    );
    item.insert("requestId".to_owned(), text(plan.request_id.as_str()));
    Put::builder().table_name(table).set_item(Some(item)).build()
}

fn put(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

fn update(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}
