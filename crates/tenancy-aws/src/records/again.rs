//! An item, read and written as a new item: what the fuzz target `item` compares (`tests/fuzz`).

use tenancy::operate::invites::NewInvite;
use tenancy::{Damage, EmailAddress, EmailHash, InviteHash, Slug, TenantId};

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

/// The new item of what is read from `item`. `None` if the item is of no known kind, or its key names nothing.
///
/// # Errors
///
/// [`Damage`], as the readers of the record have it.
pub fn written_again(item: &Attributes) -> Result<Option<Attributes>, Damage> {
    let kind = text_of(item, "et").unwrap_or_default().to_owned();
    let pk = key_of(item).pk;
    let owned = item.clone();
    Ok(match kind.as_str() {
        "tenant" => {
            let TenantRecord { tenant, slug, place, created_at, .. } = TenantRecord::listed(owned)?;
            tenant::decode_resident(&tenant.id, item)?;
            slug.map(|slug| tenant::encode(&tenant, &place, &slug, created_at.unwrap_or_default()))
        }
        "cell" => {
            let CellRecord { cell, created_at, .. } = CellRecord::listed(owned)?;
            Some(cell::encode(&cell, created_at.unwrap_or_default()))
        }
        "member" => {
            let MemberRecord { user, membership, username, invite, .. } = MemberRecord::listed(owned)?;
            let joined_at = membership.joined_at.unwrap_or_default();
            let (invite, username) = (invite.as_ref(), username.as_ref());
            Some(member::encode(&user, &membership.tenant, &membership.roles, invite, username, joined_at))
        }
        "profile" => {
            let profile = profile::decode(item)?;
            let user = user_of_partition(&pk);
            user.and_then(|user| created(profile::with_default(&user, None, profile.default_tenant.as_ref())))
        }
        "invite" => {
            let InviteRecord { invite: read, created_by, .. } = InviteRecord::listed(owned)?;
            let new = NewInvite {
                tenant: read.tenant,
                email: read.email,
                roles: read.roles,
                max_uses: read.max_uses,
                expires_at: read.expires_at,
            };
            let created_by = created_by.unwrap_or_default();
            Some(invite::encode(&new, &read.hash, &created_by, read.created_at))
        }
        _ => of_pointers(kind.as_str(), &pk, item)?,
    })
}

/// The records of few attributes.
fn of_pointers(kind: &str, pk: &str, item: &Attributes) -> Result<Option<Attributes>, Damage> {
    let sk = key_of(item).sk;
    Ok(match kind {
        "slug" => {
            let tenant = slug::decode(item)?;
            let slug: Option<Slug> = pk.strip_prefix("SLUG#").and_then(|slug| slug.parse().ok());
            slug.map(|slug| slug::encode(&slug, &tenant))
        }
        "listed" => {
            let listed = listed::decode(item)?;
            let tenant: Option<TenantId> = text_of(item, "tid").and_then(|tenant| tenant.parse().ok());
            tenant.map(|tenant| listed::encode(&listed.slug, &tenant, &listed.name))
        }
        "domain" => {
            let DomainRecord { domain, pointer, set_at, .. } = DomainRecord::decode(item.clone())?;
            Some(domain::encode(&domain, &pointer, set_at.unwrap_or_default()))
        }
        "client" => {
            let ClientRecord { pool, client, binding, .. } = ClientRecord::decode(item.clone())?;
            Some(client::encode(&pool, &client, &binding.tenant, binding.mode))
        }
        "idp" => {
            let record = ProviderRecord::decode(item.clone())?;
            let (pool, provider, terms) = (&record.pool, &record.provider, record.terms());
            Some(provider::encode(pool, provider, &record.binding.tenant, &terms))
        }
        "mail" => {
            // The hash of the address stands in the key alone, and no address can be made of it.
            let Some(email) = "ana@example.com".parse::<EmailAddress>().ok() else { return Ok(None) };
            let email = EmailHash::of(&email);
            let read = pointer::decode(&email, item)?;
            let times = (read.created_at.unwrap_or_default(), read.expires_at.unwrap_or_default());
            created(pointer::pointed(None, pointer::key(&email, &read.tenant), &read.hash, times, false))
        }
        "use" => {
            let tenant = invite_use::decode(item)?;
            let hash: Option<InviteHash> = pk.strip_prefix(INVITE_PREFIX).and_then(|hash| hash.parse().ok());
            let used = hash.zip(InviteUse::decode(item));
            used.map(|(hash, used)| invite_use::encode(&hash, &used.user, &tenant, used.at, None))
        }
        "audit" => {
            // Any item can be shown.
            let shown = AuditRecord::decode(item);
            debug_assert_eq!(shown.position, sk);
            None
        }
        _ => None,
    })
}

fn created(step: Step) -> Option<Attributes> {
    match step {
        Step::Create(item) => Some(item),
        _ => None,
    }
}
