//! Who may call the functions that are attached.

use crate::finding::{Check, Finding, Rule, Severity};
use crate::functions::Function;
use crate::snapshot::Snapshot;
use user_pool::policy::{Permission, Sid, judge};
use user_pool::words::{listed, shell_word};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "permission-missing",
        severity: Severity::Critical,
        looks_for: "No statement of a function's policy lets this pool call the attached alias. Severity high if doctor cannot \
                    evaluate a condition, medium for $LATEST, which AWS does not document.",
        why: "Every operation that the trigger belongs to fails with AccessDeniedException: for pre-token-generation all \
              sign-ins and refreshes.",
        check: Check::Function(permission_missing),
    },
    Rule {
        id: "permission-anybody",
        severity: Severity::Critical,
        looks_for: "A statement of a function's policy lets anybody call it. Severity high if only through a function URL.",
        why: "A caller can send invented events, and so redeem invites for any user and learn who belongs to which tenant.",
        check: Check::Function(permission_anybody),
    },
    Rule {
        id: "permission-any-pool",
        severity: Severity::High,
        looks_for: "A statement of a function's policy lets any user pool of any account call it.",
        why: "Another AWS account can attach its own pool to the function, and send events for invented users.",
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
        why: "AWS recommends both as defence in depth. The risk is low, because the pool's ARN contains the account.",
        check: Check::Function(permission_source_account),
    },
    Rule {
        id: "permission-others",
        severity: Severity::High,
        looks_for: "A statement of a function's policy lets another account, a pool of another account, or a service for any \
                    account call one of the two functions. Severity low for roles and services of the pool's own account.",
        why: "A caller can send invented events, and so redeem invites for any user and learn who belongs to which tenant.",
        check: Check::Function(permission_others),
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
    let subject = function.subject();
    let add = |permission: &Permission| add_permission(snapshot, function, permission);
    let finding = match &permission {
        None => Finding::new(
            subject,
            "It has no policy, so nobody outside its account's roles may call it.",
            add(&Permission::default()),
        ),
        Some(permission) if !permission.denied.is_empty() => Finding::new(
            subject,
            format!("A statement of its policy keeps Cognito from calling it: {}.", named(&permission.denied)),
            "A deny overrides every allow. Remove the statement from the policy, or exclude this pool in its conditions.",
        ),
        Some(permission) if permission.admits_pool && function.name.qualifier.as_deref() == Some("$LATEST") => {
            Finding::new(
                subject,
                "The trigger calls $LATEST, which has no policy of its own. The function's policy allows this pool, but AWS \
                 does not document whether that is enough.",
                "Attach an alias that the pool may call, or the function without $LATEST.",
            )
            .at(Severity::Medium)
        }
        Some(permission) if permission.admits_pool => return Ok(None),
        Some(permission) if !permission.unsure.is_empty() => Finding::new(
            subject,
            format!(
                "doctor cannot tell whether its policy lets this pool call {}: it cannot evaluate the conditions of {}.",
                function.name,
                named(&permission.unsure)
            ),
            add(permission),
        )
        .at(Severity::High),
        Some(permission) => Finding::new(
            subject,
            format!("Its policy has no statement that lets this pool call {}.", function.name),
            add(permission),
        ),
    };
    Ok(Some(finding))
}

/// How the function is named to Lambda's calls: in full, when it is of another account than the pool.
fn arguments(snapshot: &Snapshot, function: &Function) -> String {
    let name = &function.name;
    let account = snapshot.pool.arn().and_then(|arn| arn.split(':').nth(4));
    let called = name.called_from(account);
    // Lambda takes no statements for `$LATEST`.
    let qualifier = name.qualifier.as_deref().filter(|qualifier| *qualifier != "$LATEST");
    let qualifier = qualifier.map(|name| format!(" --qualifier {}", shell_word(name))).unwrap_or_default();
    format!("--function-name {}{qualifier}", shell_word(&called))
}

/// The command that adds a statement for this pool, under an id that the policy does not have.
fn add_permission(snapshot: &Snapshot, function: &Function, permission: &Permission) -> String {
    let arn = snapshot.pool.arn().unwrap_or("POOL_ARN");
    let account = arn.split(':').nth(4).unwrap_or("ACCOUNT");
    let first = format!("cognito-{}", snapshot.pool_id);
    let is_taken = |id: &String| permission.ids.contains(id);
    let id = std::iter::once(first.clone())
        .chain((2..=permission.ids.len() + 2).map(|number| format!("{first}-{number}")))
        .find(|id| !is_taken(id))
        .unwrap_or(first);
    format!(
        "aws lambda add-permission {} --statement-id {} --action lambda:InvokeFunction --principal cognito-idp.amazonaws.com \
         --source-arn {} --source-account {}",
        arguments(snapshot, function),
        shell_word(&id),
        shell_word(arn),
        shell_word(account)
    )
}

/// Statements, by their ids.
fn named(statements: &[Sid]) -> String {
    listed(statements.iter().map(|sid| sid.as_deref().unwrap_or("one without an id")))
}

/// What takes statements out of a policy: a command for each.
fn remove(snapshot: &Snapshot, function: &Function, statements: &[Sid]) -> String {
    let mut steps: Vec<String> = statements
        .iter()
        .flatten()
        .map(|id| {
            let arguments = arguments(snapshot, function);
            format!("aws lambda remove-permission {arguments} --statement-id {}", shell_word(id))
        })
        .collect();
    steps.dedup();
    if statements.iter().any(Option::is_none) {
        steps.push("take the statement without an id out of the template that makes it".to_owned());
    }
    steps.join("; ")
}

/// A finding if statements are too wide.
fn too_wide(
    snapshot: &Snapshot,
    function: &Function,
    statements: impl Fn(&Permission) -> &[Sid],
    found: &str,
    note: &str,
) -> Result<Option<Finding>, String> {
    let Some(permission) = permission(snapshot, function)? else { return Ok(None) };
    let statements = statements(&permission);
    if statements.is_empty() {
        return Ok(None);
    }
    Ok(Some(Finding::new(
        function.subject(),
        format!("{found}: {}.", named(statements)),
        format!(
            "First {}; only when that has worked, {}.{note}",
            add_permission(snapshot, function, &permission),
            remove(snapshot, function, statements)
        ),
    )))
}

/// What has to be thought of before statements that serve several pools are taken away.
const OTHER_POOLS: &str = " If other pools call this function, first add a statement for each of them, or their users are \
                           locked out.";

fn permission_anybody(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements without a condition let anybody call it";
    if let Some(finding) = too_wide(snapshot, function, |permission| &permission.anybody, found, OTHER_POOLS)?
    {
        return Ok(Some(finding));
    }
    let Some(permission) = permission(snapshot, function)? else { return Ok(None) };
    if permission.by_url.is_empty() {
        return Ok(None);
    }
    let finding = Finding::new(
        function.subject(),
        format!("Statements let anybody call it through its function URL: {}.", named(&permission.by_url)),
        format!(
            "{}; and delete the function URL, if there is one: aws lambda delete-function-url-config {}.",
            remove(snapshot, function, &permission.by_url),
            arguments(snapshot, function)
        ),
    );
    // What comes through an address is wrapped, and not the event of a user pool.
    Ok(Some(finding.at(Severity::High)))
}

fn permission_any_pool(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements let any user pool of any account call it";
    too_wide(snapshot, function, |permission| &permission.any_pool, found, OTHER_POOLS)
}

fn permission_pools_of_account(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements let every user pool of an account call it";
    too_wide(snapshot, function, |permission| &permission.pools_of_account, found, OTHER_POOLS)
}

fn permission_source_account(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let found = "Statements without aws:SourceAccount";
    too_wide(snapshot, function, |permission| &permission.without_account, found, "")
}

fn permission_others(snapshot: &Snapshot, function: &Function) -> Result<Option<Finding>, String> {
    let permission = permission(snapshot, function)?;
    // What else calls a function of somebody else's is theirs to say.
    let others = permission.map(|permission| permission.others).unwrap_or_default();
    if others.is_empty() || !function.is_at_own_trigger() {
        return Ok(None);
    }
    let is_foreign = others.iter().any(|(_, other)| other.is_foreign);
    let who = others.iter().map(|(sid, other)| {
        format!("{} ({})", other.who, sid.as_deref().unwrap_or("a statement without an id"))
    });
    let statements: Vec<Sid> = others.iter().map(|(sid, _)| sid.clone()).collect();
    let mend = format!("If they need not call it: {}.", remove(snapshot, function, &statements));
    let finding = Finding::new(function.subject(), format!("It may be called by {}.", listed(who)), mend);
    Ok(Some(if is_foreign { finding } else { finding.at(Severity::Low) }))
}
