//! What this product's functions are set to.

use crate::expected::TENANT_ATTRIBUTE;
use crate::finding::{Check, Finding, Rule, Severity};
use crate::functions::{Function, POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use crate::snapshot::Snapshot;
use user_pool::function::{Configuration, environment_error, setting};
use user_pool::glob;
use user_pool::words::listed;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "function-table",
        severity: Severity::High,
        looks_for: "A function of this product uses another table than --table, or the two functions use different tables.",
        why: "Tokens come from other memberships than those that operators see.",
        check: Check::Own(table),
    },
    Rule {
        id: "function-pool-refused",
        severity: Severity::Critical,
        looks_for: "USER_POOL_IDS of a function does not have this pool.",
        why: "The function refuses every event of the pool: nobody can sign up, or sign in.",
        check: Check::Own(pool_refused),
    },
    Rule {
        id: "function-any-pool",
        severity: Severity::Info,
        looks_for: "USER_POOL_IDS of a function is not set.",
        why: "The function accepts events of any pool that its policy allows: the policy is the only protection.",
        check: Check::Own(any_pool),
    },
    Rule {
        id: "function-observe",
        severity: Severity::Medium,
        looks_for: "MODE of pre-token-generation is observe.",
        why: "The function refuses nobody. A user without an active tenant gets tokens without the tenant claims. Their \
              custom:tenantId is the user attribute, which the user may have forged.",
        check: Check::Own(observe),
    },
    Rule {
        id: "function-attribute",
        severity: Severity::High,
        looks_for: "TENANT_ATTRIBUTE of a function is not the attribute that doctor audits.",
        why: "doctor checked the wrong attribute, or the two functions use different attributes for the stamp.",
        check: Check::Own(attribute),
    },
    Rule {
        id: "function-pool-tenant",
        severity: Severity::High,
        looks_for: "POOL_TENANT of the two functions differs, or is set while USER_POOL_IDS is not exactly one pool.",
        why: "One function takes the pool for a pool of one tenant, and the other one does not: it lets members of other tenants \
              in, or their invites. Without exactly one pool in USER_POOL_IDS the function does not start.",
        check: Check::Own(pool_tenant),
    },
    Rule {
        id: "function-redeem-off",
        severity: Severity::Info,
        looks_for: "REDEEM of a function is off.",
        why: "Nobody can join a tenant through this function: a redemption ends with UNAVAILABLE. This is right only in the second \
              Region of a pool, for both functions.",
        check: Check::Own(redeem_off),
    },
    Rule {
        id: "function-iam-roles",
        severity: Severity::Medium,
        looks_for: "IAM_ROLE_ALLOWLIST admits roles of any account or of any name.",
        why: "Tokens can carry any role that a tenant's record names, and an identity pool may issue credentials for it.",
        check: Check::Own(iam_roles),
    },
    Rule {
        id: "function-admits-uninvited",
        severity: Severity::Info,
        looks_for: "UNINVITED of post-confirmation is admit.",
        why: "Users without an invite can sign up and see no error. They get no token until they join a tenant.",
        check: Check::Own(admits_uninvited),
    },
];

/// A finding about one variable of a function.
fn variable(function: &Function, found: String, name: &str, value: &str) -> Finding {
    let mend = format!(
        "Set {name}={value} in the template of the function {}, and publish a new version for its alias.",
        function.name.name
    );
    Finding::new(function.subject(), found, mend)
}

fn table(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let own = setting(settings, "TENANCY_TABLE");
    let mut others = snapshot.functions.iter().filter(|other| other.trigger != function.trigger);
    let other = others.find_map(|other| setting(other.configuration.as_ref().ok()?, "TENANCY_TABLE"));
    let wanted = snapshot.expected.table.as_deref().or(other)?;
    let found = match own {
        Some(own) if table_name(own) == table_name(wanted) => return None,
        Some(own) => format!("TENANCY_TABLE is {own}, and not {wanted}."),
        None => "TENANCY_TABLE is not set, so the function does not start.".to_owned(),
    };
    Some(variable(function, found, "TENANCY_TABLE", wanted))
}

/// A table's name, of a name or an ARN.
fn table_name(table: &str) -> &str {
    table.rsplit_once(":table/").map_or(table, |(_, name)| name)
}

fn pool_refused(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let pools = setting(settings, "USER_POOL_IDS")?;
    if pools.split(',').any(|pool| pool.trim() == snapshot.pool_id) {
        return None;
    }
    let wanted = format!("{pools},{}", snapshot.pool_id);
    Some(variable(function, format!("USER_POOL_IDS is {pools}."), "USER_POOL_IDS", &wanted))
}

fn any_pool(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let is_unset = setting(settings, "USER_POOL_IDS").is_none();
    is_unset.then(|| {
        variable(function, "USER_POOL_IDS is not set.".to_owned(), "USER_POOL_IDS", &snapshot.pool_id)
    })
}

fn observe(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let is_observing =
        function.trigger == PRE_TOKEN_GENERATION && setting(settings, "MODE") == Some("observe");
    is_observing.then(|| variable(function, "MODE is observe.".to_owned(), "MODE", "enforce"))
}

fn attribute(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let audited = &snapshot.expected.tenant_attribute;
    let own = setting(settings, "TENANT_ATTRIBUTE").unwrap_or(TENANT_ATTRIBUTE);
    (own != audited).then(|| {
        let mut finding = variable(
            function,
            format!("TENANT_ATTRIBUTE is {own}, and {audited} was audited."),
            "TENANT_ATTRIBUTE",
            audited,
        );
        finding.mend = format!("Run this with --tenant-attribute {own}; or: {}", finding.mend);
        finding
    })
}

fn pool_tenant(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let own = setting(settings, "POOL_TENANT");
    if let Some(own) = own
        && setting(settings, "USER_POOL_IDS").is_none_or(|pools| pools.contains(','))
    {
        let found =
            format!("POOL_TENANT is {own}, and USER_POOL_IDS is not one pool: the function does not start.");
        return Some(variable(function, found, "USER_POOL_IDS", &snapshot.pool_id));
    }
    let others = snapshot.functions.iter().filter(|other| other.trigger != function.trigger);
    let mut others = others.filter(|other| other.is_own(&snapshot.expected));
    let other = others.find_map(|other| {
        other.configuration.as_ref().ok().filter(|settings| environment_error(settings).is_none())
    })?;
    // The finding is about the function that lacks it, or about pre-token-generation, which decides about tokens.
    let other = setting(other, "POOL_TENANT")?;
    match own {
        None => {
            let found = format!("POOL_TENANT is not set, and {other} in the other function.");
            Some(variable(function, found, "POOL_TENANT", other))
        }
        Some(own) if own != other && function.trigger == PRE_TOKEN_GENERATION => {
            let found = format!("POOL_TENANT is {own}, and {other} in the other function.");
            let mut finding = variable(function, found, "POOL_TENANT", own);
            finding.mend = format!("Give both functions the tenant of this pool. {}", finding.mend);
            Some(finding)
        }
        Some(_) => None,
    }
}

fn redeem_off(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let is_off = setting(settings, "REDEEM") == Some("off");
    is_off.then(|| variable(function, "REDEEM is off.".to_owned(), "REDEEM", "on"))
}

fn iam_roles(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    // Two roles that nobody would name: one of another account, one of any name.
    let strangers = ["arn:aws:iam::000000000000:role/x", "arn:aws:iam::999999999999:role/y"];
    let wide: Vec<&str> = setting(settings, "IAM_ROLE_ALLOWLIST")?
        .split(',')
        .map(str::trim)
        .filter(|pattern| strangers.iter().any(|role| glob(pattern, role)) || pattern.ends_with(":role/*"))
        .collect();
    (!wide.is_empty()).then(|| {
        let found = format!("IAM_ROLE_ALLOWLIST has {}.", listed(wide));
        variable(function, found, "IAM_ROLE_ALLOWLIST", "arn:aws:iam::123456789012:role/tenants/*")
    })
}

fn admits_uninvited(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let is_admitting =
        function.trigger == POST_CONFIRMATION && setting(settings, "UNINVITED") == Some("admit");
    is_admitting.then(|| variable(function, "UNINVITED is admit.".to_owned(), "UNINVITED", "refuse"))
}
