//! An item, read and written as a new item: what the fuzz target `item` compares (`tests/fuzz`).

use tenancy::operate::invites::NewInvite;
use tenancy::route::ListedTenant;
use tenancy::{Damage, EmailAddress, EmailHash, Invite, InviteHash, InvitePointer, Slug, TenantId};

use super::audit::AuditRecord;
use super::cell::CellRecord;
use super::client::ClientRecord;
use super::domain::DomainRecord;
use super::invite::InviteRecord;
use super::invite_use::InviteUse;
use super::member::MemberRecord;
use super::provider::ProviderRecord;
use super::tenant::TenantRecord;
use super::{
    cell, client, domain, invite, invite_use, listed, member, pointer, profile, provider, slug, tenant,
};
use crate::change::Step;
use crate::item::{Attributes, key_of, text_of};
use crate::key::{INVITE_PREFIX, user_of_partition};

/// An item, read.
#[derive(Clone, Debug)]
pub struct Again {
    /// What was read and is written again, in words.
    pub read: String,
    /// The new item.
    pub item: Attributes,
}

/// Reads `item`, and writes what was read as a new item. `None` if the item is of no known kind, or its key names nothing.
///
/// # Errors
///
/// [`Damage`], as the readers of the record have it.
pub fn written_again(item: &Attributes) -> Result<Option<Again>, Damage> {
    let kind = text_of(item, "et").unwrap_or_default();
    let key = key_of(item);
    let owned = item.clone();
    let again = match kind {
        "tenant" => {
            let TenantRecord { tenant, slug, place, created_at, .. } = TenantRecord::listed(owned)?;
            tenant::decode_resident(&tenant.id, item)?;
            let at = created_at.unwrap_or_default();
            let new = slug.as_ref().map(|slug| tenant::encode(&tenant, &place, slug, at));
            (format!("{tenant:?} {slug:?} {place:?} {at}"), new)
        }
        "cell" => {
            let CellRecord { cell, created_at, .. } = CellRecord::listed(owned)?;
            let at = created_at.unwrap_or_default();
            (format!("{cell:?} {at}"), Some(cell::encode(&cell, at)))
        }
        "member" => {
            let MemberRecord { user, membership, username, invite, .. } = MemberRecord::listed(owned)?;
            let (tenant, roles) = (&membership.tenant, &membership.roles);
            let at = membership.joined_at.unwrap_or_default();
            let new = member::encode(&user, tenant, roles, invite.as_ref(), username.as_ref(), at);
            (format!("{user:?} {tenant} {roles:?} {invite:?} {username:?} {at}"), Some(new))
        }
        "profile" => {
            let tenant = profile::decode(item)?.default_tenant;
            let user = user_of_partition(&key.pk);
            let new = user.and_then(|user| created(profile::with_default(&user, None, tenant.as_ref())));
            (format!("{tenant:?}"), new)
        }
        "invite" => {
            let InviteRecord { invite, created_by, .. } = InviteRecord::listed(owned)?;
            let Invite { hash, tenant, email, roles, max_uses, expires_at, created_at, .. } = invite;
            let new = NewInvite { tenant, email, roles, max_uses, expires_at };
            let created_by = created_by.unwrap_or_default();
            let read = format!("{hash:?} {new:?} {created_by} {created_at}");
            (read, Some(invite::encode(&new, &hash, &created_by, created_at)))
        }
        "slug" => {
            let tenant = slug::decode(item)?;
            let slug: Option<Slug> = key.pk.strip_prefix("SLUG#").and_then(|slug| slug.parse().ok());
            (format!("{slug:?} {tenant}"), slug.map(|slug| slug::encode(&slug, &tenant)))
        }
        "listed" => {
            let ListedTenant { slug, name } = listed::decode(item)?;
            let tenant: Option<TenantId> = text_of(item, "tid").and_then(|tenant| tenant.parse().ok());
            let new = tenant.map(|tenant| listed::encode(&slug, &tenant, &name));
            (format!("{slug} {name}"), new)
        }
        "domain" => {
            let DomainRecord { domain, pointer, set_at, .. } = DomainRecord::decode(owned)?;
            let at = set_at.unwrap_or_default();
            (format!("{domain} {pointer:?} {at}"), Some(domain::encode(&domain, &pointer, at)))
        }
        "client" => {
            let ClientRecord { pool, client, binding, .. } = ClientRecord::decode(owned)?;
            let new = client::encode(&pool, &client, &binding.tenant, binding.mode);
            (format!("{pool} {client} {binding:?}"), Some(new))
        }
        "idp" => {
            let record = ProviderRecord::decode(owned)?;
            let ProviderRecord { pool, provider, binding, .. } = &record;
            let new = provider::encode(pool, provider, &binding.tenant, &record.terms());
            (format!("{pool} {provider} {binding:?}"), Some(new))
        }
        "mail" => {
            // The hash of the address stands in the key alone, and no address can be made of it.
            let Some(email) = "ana@example.com".parse::<EmailAddress>().ok() else { return Ok(None) };
            let email = EmailHash::of(&email);
            let InvitePointer { tenant, hash, created_at, expires_at } = pointer::decode(&email, item)?;
            let times = (created_at.unwrap_or_default(), expires_at.unwrap_or_default());
            let new = pointer::pointed(None, pointer::key(&email, &tenant), &hash, times, false);
            (format!("{tenant} {hash:?} {times:?}"), created(new))
        }
        "use" => {
            let tenant = invite_use::decode(item)?;
            let hash: Option<InviteHash> =
                key.pk.strip_prefix(INVITE_PREFIX).and_then(|hash| hash.parse().ok());
            let used = hash.zip(InviteUse::decode(item));
            let read = format!("{tenant} {used:?}");
            (read, used.map(|(hash, used)| invite_use::encode(&hash, &used.user, &tenant, used.at, None)))
        }
        "audit" => (AuditRecord::decode(item).position, None),
        _ => return Ok(None),
    };
    let (read, new) = again;
    Ok(new.map(|item| Again { read, item }))
}

fn created(step: Step) -> Option<Attributes> {
    match step {
        Step::Create(item) => Some(item),
        _ => None,
    }
}
