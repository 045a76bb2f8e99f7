//! The table, and what it ties to tenants.

use tenancy::TenantStatus;
use tenancy_aws::table::TableState;

use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::snapshot::{Bindings, Snapshot};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "table-missing",
        severity: Severity::Critical,
        looks_for: "The named table does not exist.",
        why: "Nobody can join a tenant, and no token can be made.",
        check: Check::Any(missing),
    },
    Rule {
        id: "table-keys",
        severity: Severity::Critical,
        looks_for: "The keys of the table are not the strings pk and sk, or the table is not active.",
        why: "The functions can neither read nor write it.",
        check: Check::Table(keys),
    },
    Rule {
        id: "table-index",
        severity: Severity::High,
        looks_for: "The index gsi1 is missing, not built, has other keys, or does not hold all attributes.",
        why: "tenantctl lists only part of the table, or nothing. Tokens do not need the index.",
        check: Check::Table(index),
    },
    Rule {
        id: "table-recovery",
        severity: Severity::Medium,
        looks_for: "Point-in-time recovery is off.",
        why: "Memberships that are overwritten or deleted by mistake cannot be brought back.",
        check: Check::Any(recovery),
    },
    Rule {
        id: "table-deletion-protection",
        severity: Severity::Medium,
        looks_for: "The table can be deleted by one call.",
        why: "If it is deleted, nobody can sign in.",
        check: Check::Table(deletion_protection),
    },
    Rule {
        id: "table-expiry",
        severity: Severity::Low,
        looks_for: "Items do not expire by the attribute ttl.",
        why: "Expired invites stay in the table forever. They cannot be redeemed.",
        check: Check::Any(expiry),
    },
    Rule {
        id: "table-provisioned",
        severity: Severity::Info,
        looks_for: "The capacity of the table is provisioned, not on demand.",
        why: "When sign-ins outgrow it, reads are throttled and sign-ins fail.",
        check: Check::Table(provisioned),
    },
    Rule {
        id: "binding-tenant",
        severity: Severity::Medium,
        looks_for: "The pool (POOL_TENANT), an app client or an identity provider is bound to a tenant that is not there, is \
                    offboarded or is in other user pools; or a client or provider is bound to another tenant than the pool. Severity \
                    critical for the pool, unless its tenant is offboarded.",
        why: "Nobody gets a token in that pool or through that client, and nobody joins through that provider.",
        check: Check::Bindings(binding_tenant),
    },
    Rule {
        id: "binding-client-missing",
        severity: Severity::Medium,
        looks_for: "An app client is bound to a tenant, and the pool has no such client.",
        why: "If the client id was mistyped, the real app client is bound to no tenant, and serves all of them.",
        check: Check::Any(client_missing),
    },
    Rule {
        id: "binding-provider-missing",
        severity: Severity::Medium,
        looks_for: "An identity provider is bound to a tenant, and the pool has no such provider.",
        why: "A provider created later with that name gets this binding, even if it belongs to another customer.",
        check: Check::Any(provider_missing),
    },
    Rule {
        id: "data-damaged",
        severity: Severity::Medium,
        looks_for: "Items of tenants or bindings do not match their published layout.",
        why: "The functions refuse damaged items, and issue no tokens that need them.",
        check: Check::Bindings(damaged),
    },
];

fn missing(snapshot: &Snapshot) -> Look {
    if snapshot.table.clone()?.is_some() {
        return Ok(Vec::new());
    }
    let name = snapshot.expected.table.as_deref().unwrap_or_default();
    Ok(vec![Finding::new(
        format!("table {name}"),
        "There is no such table.",
        format!("tenantctl table create --table {name}"),
    )])
}

/// A look at a table that is there; one that is not has a rule of its own.
fn of_table(snapshot: &Snapshot, judge: impl Fn(&str, &TableState) -> Look) -> Look {
    let table = snapshot.table.as_ref().map_err(ToString::to_string)?;
    let table = table.as_ref().ok_or("there is no such table")?;
    judge(snapshot.expected.table.as_deref().unwrap_or_default(), table)
}

fn of(name: &str, found: &str, mend: String) -> Finding {
    Finding::new(format!("table {name}"), found, mend)
}

fn keys(name: &str, table: &TableState) -> Option<Finding> {
    let mend = "Create a new table: tenantctl table create. docs/table.md describes its layout.";
    if !table.has_keys {
        return Some(of(name, "Its keys are not the strings pk and sk.", mend.to_owned()));
    }
    (!table.is_active).then(|| {
        of(name, "It is not active.", format!("aws dynamodb describe-table --table-name {name} says why."))
            .at(Severity::High)
    })
}

fn index(name: &str, table: &TableState) -> Option<Finding> {
    let found = match table.index {
        None => "It has no index gsi1.",
        Some(index) if !index.has_keys => "The keys of gsi1 are not the strings gsi1pk and gsi1sk.",
        Some(index) if !index.holds_all => "The index gsi1 does not hold all attributes.",
        Some(index) if !index.is_active => "The index gsi1 is not built yet.",
        Some(_) => return None,
    };
    Some(of(
        name,
        found,
        "docs/table.md says how the index looks; tenantctl table check looks at it again.".to_owned(),
    ))
}

fn recovery(snapshot: &Snapshot) -> Look {
    of_table(snapshot, |name, table| {
        let is_on =
            table.is_recoverable.clone().map_err(|reason| format!("DescribeContinuousBackups: {reason}"))?;
        let mend = format!(
            "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification \
             PointInTimeRecoveryEnabled=true"
        );
        Ok(if is_on { Vec::new() } else { vec![of(name, "Point-in-time recovery is off.", mend)] })
    })
}

fn expiry(snapshot: &Snapshot) -> Look {
    of_table(snapshot, |name, table| {
        let is_on = table.expires.clone().map_err(|reason| format!("DescribeTimeToLive: {reason}"))?;
        let mend = format!(
            "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName=ttl"
        );
        Ok(if is_on {
            Vec::new()
        } else {
            vec![of(name, "Time to live is off, or by another attribute.", mend)]
        })
    })
}

fn deletion_protection(name: &str, table: &TableState) -> Option<Finding> {
    let mend = format!("aws dynamodb update-table --table-name {name} --deletion-protection-enabled");
    (!table.is_deletion_protected).then(|| of(name, "Deletion protection is off.", mend))
}

fn provisioned(name: &str, table: &TableState) -> Option<Finding> {
    let mend = format!("aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST");
    (!table.is_on_demand).then(|| of(name, "Its capacity is provisioned.", mend))
}

fn binding_tenant(snapshot: &Snapshot, bindings: &Bindings) -> Vec<Finding> {
    let pool_tenant = snapshot.pool_tenant();
    let of_pool = pool_tenant.and_then(|tenant| {
        let (fault, severity) = fault(snapshot, bindings, tenant)?;
        let found = format!("POOL_TENANT of its functions is {tenant}, which is {fault}.");
        let mend = format!(
            "Set POOL_TENANT of both functions to the tenant of this pool. tenantctl tenant show {tenant} shows its user pools."
        );
        Some(Finding::new(format!("user pool {}", snapshot.pool_id), found, mend).at(severity))
    });
    let clients =
        bindings.clients.iter().map(|one| (format!("app client {}", one.client), &one.tenant, "client"));
    let providers = bindings
        .providers
        .iter()
        .map(|one| (format!("identity provider {}", one.provider), &one.tenant, "idp"));
    let of_bindings = clients.chain(providers).filter_map(|(subject, tenant, noun)| {
        let found = match (fault(snapshot, bindings, tenant), pool_tenant) {
            (Some((fault, _)), _) => format!("It is bound to tenant {tenant}, which is {fault}."),
            (None, Some(only)) if only != tenant => {
                format!("It is bound to tenant {tenant}, and the pool belongs to {only} (POOL_TENANT).")
            }
            (None, _) => return None,
        };
        let mend =
            format!("Run tenantctl {noun} unbind, then bind it to the right tenant: tenantctl {noun} bind.");
        Some(Finding::new(subject, found, mend))
    });
    of_pool.into_iter().chain(of_bindings).collect()
}

/// Why the tenant gets no token in this pool, and how much that matters for a pool that belongs to it. A pool may outlive a
/// tenant that was offboarded.
fn fault(snapshot: &Snapshot, bindings: &Bindings, tenant: &str) -> Option<(&'static str, Severity)> {
    let Some(known) = bindings.tenants.iter().find(|known| known.id == tenant) else {
        return Some(("not there", Severity::Critical));
    };
    if known.status == TenantStatus::Offboarded {
        return Some(("offboarded", Severity::Medium));
    }
    let is_elsewhere = !known.pools.is_empty() && !known.pools.contains(&snapshot.pool_id);
    is_elsewhere.then_some(("in other user pools", Severity::Critical))
}

fn client_missing(snapshot: &Snapshot) -> Look {
    let bindings = snapshot.bindings.as_ref().map_err(ToString::to_string)?;
    let clients = snapshot.clients.as_ref().map_err(ToString::to_string)?;
    if let Some(unread) = &snapshot.unlisted_clients {
        return Err(unread.to_string());
    }
    let is_missing = |id: &str| !clients.iter().any(|client| client.id == id);
    Ok(bindings
        .clients
        .iter()
        .filter(|bound| is_missing(&bound.client))
        .map(|bound| {
            let found =
                format!("It is bound to tenant {}, and the pool has no such app client.", bound.tenant);
            Finding::new(format!("app client {}", bound.client), found, "tenantctl client unbind")
        })
        .collect())
}

fn provider_missing(snapshot: &Snapshot) -> Look {
    let bindings = snapshot.bindings.as_ref().map_err(ToString::to_string)?;
    let providers = snapshot.providers.as_ref().map_err(ToString::to_string)?;
    if let Some(unread) = &snapshot.unlisted_providers {
        return Err(unread.to_string());
    }
    let is_missing = |name: &str| !providers.iter().any(|provider| provider.id == name);
    Ok(bindings
        .providers
        .iter()
        .filter(|bound| is_missing(&bound.provider))
        .map(|bound| {
            let found = format!(
                "It is bound to tenant {}, and the pool has no such identity provider.",
                bound.tenant
            );
            Finding::new(format!("identity provider {}", bound.provider), found, "tenantctl idp unbind")
        })
        .collect())
}

fn damaged(_: &Snapshot, bindings: &Bindings) -> Vec<Finding> {
    bindings
        .damaged
        .iter()
        .map(|damage| {
            Finding::new("the table", damage.clone(), "docs/table.md describes the layout of the item.")
        })
        .collect()
}
