//! Who may call the functions that are attached.

use super::super::finding::{Check, Finding, Rule, Severity};
use super::super::functions::Function;
use super::super::policy::{Permission, judge};
use super::super::snapshot::Snapshot;
use super::listed;

pub(super) const RULES: &[Rule] = &[
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
];

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
