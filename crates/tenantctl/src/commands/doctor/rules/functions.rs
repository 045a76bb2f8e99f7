//! The functions that are attached: that they run, who may call them, and what they are set to.

use aws_sdk_lambda::types::{LastUpdateStatus, State};

use super::super::finding::{Check, Finding, Rule, Severity};
use super::super::functions::{Configuration, Function, setting};
use super::super::policy::{Permission, glob, judge};
use super::super::snapshot::Snapshot;
use super::listed;

/// How long Cognito waits for a trigger, in seconds (developer guide, "Customizing user pool workflows").
const COGNITO_WAITS_S: i32 = 5;
/// What a call of either function needs at most, in whole seconds: it ends by itself after 3.5.
const NEEDED_S: i32 = 4;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "function-missing",
        severity: Severity::Critical,
        looks_for: "A trigger calls a function, or an alias of it, that is not there.",
        why: "Every operation that the trigger belongs to fails: sign-ups, or all sign-ins and refreshes.",
        check: Check::Function(missing),
    },
    Rule {
        id: "function-state",
        severity: Severity::High,
        looks_for: "A trigger's function is not active, or its last update failed.",
        why: "Calls fail, or wait until it is active, which takes longer than Cognito waits.",
        check: Check::Function(state),
    },
    Rule {
        id: "function-concurrency",
        severity: Severity::Critical,
        looks_for: "No call at all is reserved for a trigger's function (reserved concurrency 0).",
        why: "Lambda refuses every call, so every operation that the trigger belongs to fails.",
        check: Check::Function(concurrency),
    },
    Rule {
        id: "function-timeout-long",
        severity: Severity::Low,
        looks_for: "A trigger's function may run for more than 5 seconds.",
        why: "Cognito waits for 5 and then calls again, up to three times: attempts run beside each other.",
        check: Check::Function(timeout_long),
    },
    Rule {
        id: "function-timeout-short",
        severity: Severity::Medium,
        looks_for: "One of this product's functions may run for less than 4 seconds.",
        why: "Either function ends its calls by itself after 3.5 seconds, with an error that users understand; Lambda would \
              end it before, in the middle of a redemption.",
        check: Check::Own(timeout_short),
    },
    Rule {
        id: "function-alias-split",
        severity: Severity::Info,
        looks_for: "A trigger calls an alias that shares its calls between two versions.",
        why: "Good while something is tried out; this audit has looked at the settings of the first version alone.",
        check: Check::Function(alias_split),
    },
    Rule {
        id: "permission-missing",
        severity: Severity::Critical,
        looks_for: "No statement of a function's policy lets this pool call it by the alias that is attached.",
        why: "Every operation that the trigger belongs to fails with AccessDeniedException: for pre-token-generation all \
              sign-ins and refreshes.",
        check: Check::Function(permission_missing),
    },
    Rule {
        id: "permission-anybody",
        severity: Severity::Critical,
        looks_for: "A statement of a function's policy lets anybody call it.",
        why: "Whoever calls it can make up events: redeem invites for users of their choice, and learn who is in which tenant.",
        check: Check::Function(permission_anybody),
    },
    Rule {
        id: "permission-any-pool",
        severity: Severity::High,
        looks_for: "A statement of a function's policy lets any user pool of any account call it.",
        why: "Somebody else's pool can be attached to it, with users whom that somebody makes up.",
        check: Check::Function(permission_any_pool),
    },
    Rule {
        id: "permission-pools-of-account",
        severity: Severity::Medium,
        looks_for: "A statement of a function's policy lets every user pool of an account call it.",
        why: "Pools that have nothing to do with this product, such as one for trials, can call it.",
        check: Check::Function(permission_pools_of_account),
    },
    Rule {
        id: "permission-source-account",
        severity: Severity::Low,
        looks_for: "A statement names the pool (aws:SourceArn) and not its account as well (aws:SourceAccount).",
        why: "A second line of defence that AWS asks for; the pool's ARN has the account in it.",
        check: Check::Function(permission_source_account),
    },
    Rule {
        id: "function-table",
        severity: Severity::High,
        looks_for: "One of this product's functions works on another table than --table, or the two on different ones.",
        why: "Tokens are made from other memberships than those that operators see.",
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
        why: "It answers any pool that Lambda lets call it: the function's policy is the only line of defence.",
        check: Check::Own(any_pool),
    },
    Rule {
        id: "function-observe",
        severity: Severity::Medium,
        looks_for: "MODE of pre-token-generation is observe.",
        why: "Nobody is refused: who belongs to no tenant, or to a suspended one, gets tokens without a tenant.",
        check: Check::Own(observe),
    },
    Rule {
        id: "function-attribute",
        severity: Severity::High,
        looks_for: "TENANT_ATTRIBUTE of a function is another one than the one that is audited.",
        why: "This audit has looked at the wrong attribute, or the two functions disagree about where the stamp is.",
        check: Check::Own(attribute),
    },
    Rule {
        id: "function-iam-roles",
        severity: Severity::Medium,
        looks_for: "IAM_ROLE_ALLOWLIST admits roles of any account or of any name.",
        why: "Whatever role a tenant's record names goes into tokens, and an identity pool may give credentials of it.",
        check: Check::Own(iam_roles),
    },
    Rule {
        id: "function-admits-uninvited",
        severity: Severity::Info,
        looks_for: "UNINVITED of post-confirmation is admit.",
        why: "Users whom nobody invited sign up without being told; they get no token until something admits them.",
        check: Check::Own(admits_uninvited),
    },
];

fn missing(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    if function.settings()?.is_some() {
        return Ok(None);
    }
    Ok(Some(Finding::new(
        function.subject(),
        format!("{} is attached, and Lambda has no such function, version or alias.", function.arn),
        "Deploy it, or detach the trigger: tenantctl pool detach keeps all other settings of the pool.",
    )))
}

fn state(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(settings) = function.settings()? else { return Ok(None) };
    let has_failed = settings.last_update_status() == Some(&LastUpdateStatus::Failed);
    let state = settings.state().filter(|state| !matches!(state, State::Active));
    let (found, severity) = match (state, has_failed) {
        (None, false) => return Ok(None),
        (None, true) => ("its last update failed".to_owned(), Severity::Medium),
        (Some(State::Failed), _) => ("it is in the state Failed".to_owned(), Severity::Critical),
        (Some(state), _) => (format!("it is in the state {}", state.as_str()), Severity::High),
    };
    let reason =
        settings.state_reason().or(settings.last_update_status_reason()).unwrap_or("no reason given");
    Ok(Some(
        Finding::new(
            function.subject(),
            format!("Lambda says that {found}: {reason}."),
            format!(
                "aws lambda get-function-configuration --function-name {} says more; deploy it anew.",
                function.arn
            ),
        )
        .at(severity),
    ))
}

fn concurrency(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let reserved = function.reserved_concurrency.as_ref().map_err(ToString::to_string)?;
    Ok((*reserved == Some(0)).then(|| {
        Finding::new(
            function.subject(),
            "Its reserved concurrency is 0.",
            format!("aws lambda delete-function-concurrency --function-name {}", function.name.name),
        )
    }))
}

fn timeout_long(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(settings) = function.settings()? else { return Ok(None) };
    Ok(settings
        .timeout()
        .filter(|seconds| *seconds > COGNITO_WAITS_S)
        .map(|seconds| timeout(function, seconds)))
}

fn timeout_short(_: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    settings.timeout().filter(|seconds| *seconds < NEEDED_S).map(|seconds| timeout(function, seconds))
}

fn timeout(function: &Function, seconds: i32) -> Finding {
    Finding::new(
        function.subject(),
        format!("Its timeout is {seconds} s."),
        format!(
            "Timeout: 5 in the template; or aws lambda update-function-configuration --function-name {} --timeout 5, and a new \
             version for the alias.",
            function.name.name
        ),
    )
}

fn alias_split(_: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let Some(alias) = &function.alias else { return Ok(None) };
    let alias = match alias {
        Ok(alias) => alias,
        Err(unread) if function.settings()?.is_none() && unread.kind == super::super::unread::No::Missing => {
            return Ok(None);
        }
        Err(unread) => return Err(unread.to_string()),
    };
    let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
    let others: Vec<&String> = weights.into_iter().flat_map(std::collections::HashMap::keys).collect();
    Ok((!others.is_empty()).then(|| {
        Finding::new(
            function.subject(),
            format!(
                "The alias calls version {} and, at times, {}.",
                alias.function_version().unwrap_or("(unknown)"),
                listed(others)
            ),
            "Take the weights off the alias once the new version has proven itself.",
        )
    }))
}

fn permission(snapshot: &Snapshot, function: &Function) -> Result<Option<Permission>, String> {
    if function.settings().is_ok_and(|settings| settings.is_none()) {
        return Err("the function is not there".to_owned());
    }
    let policy = function.policy.as_ref().map_err(ToString::to_string)?;
    let pool = snapshot.pool.arn().ok_or("the server does not say the pool's ARN")?;
    policy.as_deref().map(|policy| judge(policy, &function.arn, pool)).transpose()
}

fn permission_missing(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let permission = permission(snapshot, function)?;
    let found = match &permission {
        None => "It has no policy, so nobody outside its account's roles may call it.".to_owned(),
        Some(permission) if permission.is_denied => {
            "A statement of its policy keeps Cognito from calling it.".to_owned()
        }
        Some(permission) if permission.admits_pool => return Ok(None),
        Some(_) => format!("Its policy has no statement that lets this pool call {}.", function.name),
    };
    Ok(Some(Finding::new(function.subject(), found, add_permission(snapshot, function))))
}

fn add_permission(snapshot: &Snapshot, function: &Function) -> String {
    let arn = snapshot.pool.arn().unwrap_or("POOL_ARN");
    let account = arn.split(':').nth(4).unwrap_or("ACCOUNT");
    let qualifier =
        function.name.qualifier.as_deref().map(|name| format!(" --qualifier {name}")).unwrap_or_default();
    format!(
        "aws lambda add-permission --function-name {}{qualifier} --statement-id cognito-{} --action lambda:InvokeFunction \
         --principal cognito-idp.amazonaws.com --source-arn {arn} --source-account {account}",
        function.name.name, snapshot.pool_id
    )
}

/// A finding if statements are too wide.
fn too_wide(
    snapshot: &Snapshot,
    function: &Function,
    statements: impl Fn(&Permission) -> &[String],
    found: &str,
) -> Result<Option<Finding>, String> {
    let Some(permission) = permission(snapshot, function)? else { return Ok(None) };
    let statements = statements(&permission);
    if statements.is_empty() {
        return Ok(None);
    }
    let qualifier =
        function.name.qualifier.as_deref().map(|name| format!(" --qualifier {name}")).unwrap_or_default();
    Ok(Some(Finding::new(
        function.subject(),
        format!("{found}: {}.", listed(statements)),
        format!(
            "First {}; then aws lambda remove-permission --function-name {}{qualifier} --statement-id {}.",
            add_permission(snapshot, function),
            function.name.name,
            statements.first().map_or("ID", String::as_str)
        ),
    )))
}

fn permission_anybody(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    too_wide(
        snapshot,
        function,
        |permission| &permission.anybody,
        "Statements without a condition let anybody call it",
    )
}

fn permission_any_pool(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    too_wide(
        snapshot,
        function,
        |permission| &permission.any_pool,
        "Statements let any user pool of any account call it",
    )
}

fn permission_pools_of_account(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements let every user pool of an account call it";
    too_wide(snapshot, function, |permission| &permission.pools_of_account, found)
}

fn permission_source_account(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements without aws:SourceAccount";
    too_wide(snapshot, function, |permission| &permission.without_account, found)
}

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
    let is_observing = function.trigger == super::super::functions::PRE_TOKEN_GENERATION
        && setting(settings, "MODE") == Some("observe");
    is_observing.then(|| variable(function, "MODE is observe.".to_owned(), "MODE", "enforce"))
}

fn attribute(snapshot: &Snapshot, function: &Function, settings: &Configuration) -> Option<Finding> {
    let audited = &snapshot.expected.tenant_attribute;
    let own = setting(settings, "TENANT_ATTRIBUTE").unwrap_or("custom:tenantId");
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
    let is_admitting = function.trigger == super::super::functions::POST_CONFIRMATION
        && setting(settings, "UNINVITED") == Some("admit");
    is_admitting.then(|| variable(function, "UNINVITED is admit.".to_owned(), "UNINVITED", "refuse"))
}
