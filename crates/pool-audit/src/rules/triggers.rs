//! Which triggers the pool has, and by which version of the event.

use aws_sdk_cognitoidentityprovider::types::{
    AdvancedSecurityModeType, PreTokenGenerationLambdaVersionType as Version, UserPoolTierType,
};
use tenancy::ClientBindingMode;

use super::of_pool;
use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use crate::snapshot::Snapshot;
use user_pool::FunctionName;
use user_pool::words::{listed, shell_word};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "trigger-pre-token-generation-missing",
        severity: Severity::Critical,
        looks_for: "No pre-token-generation trigger. Severity info unless the pool counts as installed (--expect-installed, a \
                    named function, the other trigger, or bindings or members of the pool in the table). Severity medium if \
                    the table or the other trigger's function could not be read.",
        why: "Tokens carry no tenant, and users without a tenant get tokens too.",
        check: Check::Pool(|snapshot| {
            missing(snapshot, PRE_TOKEN_GENERATION, snapshot.pre_token_generation().is_some())
        }),
    },
    Rule {
        id: "trigger-post-confirmation-missing",
        severity: Severity::High,
        looks_for: "No post-confirmation trigger. Severity info or medium as above.",
        why: "Users do not join at sign-up and get no stamp. A user who signs up joins at the first sign-in instead.",
        check: Check::Pool(|snapshot| {
            missing(snapshot, POST_CONFIRMATION, snapshot.post_confirmation().is_some())
        }),
    },
    Rule {
        id: "trigger-other-function",
        severity: Severity::High,
        looks_for: "One of the two triggers calls a function that is not the named one, or not a function of this product. If \
                    it is not of this product: severity critical at pre-token-generation, info unless the pool counts as \
                    installed.",
        why: "Cognito calls one function per trigger. While that is another function, nobody joins, or tokens carry no tenant.",
        check: Check::Pool(other_function),
    },
    Rule {
        id: "trigger-keys-differ",
        severity: Severity::High,
        looks_for: "PreTokenGeneration and PreTokenGenerationConfig name different functions.",
        why: "Cognito requires the same function in both (API reference, LambdaConfigType), and does not document which one it \
              calls otherwise.",
        check: Check::Pool(keys_differ),
    },
    Rule {
        id: "trigger-latest",
        severity: Severity::Medium,
        looks_for: "One of the two triggers calls a function without an alias, so it calls the latest upload.",
        why: "Every upload takes effect in all sign-ins at once, and only another upload can roll it back.",
        check: Check::Pool(latest),
    },
    Rule {
        id: "event-version-old",
        severity: Severity::Medium,
        looks_for: "Pre-token-generation gets event version V1_0. Severity high when MARKER_SCOPE is set.",
        why: "Only ID tokens carry the tenant; access tokens do not. An API that reads access tokens cannot tell tenants \
              apart. Access tokens also lack the marker scope, so an API that requires it refuses every request.",
        check: Check::Any(version_old),
    },
    Rule {
        id: "event-version-plan",
        severity: Severity::High,
        looks_for: "Pre-token-generation gets an event version that the pool's plan does not have.",
        why: "V2_0 and V3_0 belong to Essentials and Plus. On Lite sign-ins fail or tokens carry no tenant, except V2_0 on pools \
              that had advanced security on 22 November 2024.",
        check: Check::Any(version_plan),
    },
    Rule {
        id: "event-version-machine",
        severity: Severity::Medium,
        looks_for: "The pool has machine app clients (client_credentials or ALLOW_CLIENT_TOKEN_AUTH), but the event version is \
                    not V3_0. Severity high if one of them is bound to a tenant.",
        why: "Cognito calls the trigger for machine tokens only with V3_0. With V1_0 and V2_0, machine tokens carry no tenant.",
        check: Check::Any(version_machine),
    },
    Rule {
        id: "plan-lite",
        severity: Severity::Medium,
        looks_for: "The pool is on the plan Lite.",
        why: "On Lite only ID tokens can carry the tenant, not access tokens and not those of machines.",
        check: Check::Any(lite),
    },
    Rule {
        id: "trigger-pre-sign-up",
        severity: Severity::Low,
        looks_for: "A pre-sign-up trigger.",
        why: "It can set autoVerifyEmail. A user with an address that is marked as verified but was never verified can redeem \
              the owner's invites.",
        check: Check::Pool(pre_sign_up),
    },
    Rule {
        id: "trigger-inbound-federation",
        severity: Severity::Info,
        looks_for: "An inbound-federation trigger.",
        why: "It can change the attributes from identity providers before Cognito maps them, including email_verified and the \
              tenant attribute.",
        check: Check::Pool(inbound_federation),
    },
    Rule {
        id: "trigger-user-migration",
        severity: Severity::Info,
        looks_for: "A user-migration trigger.",
        why: "It creates users with any attributes, including email_verified and the tenant attribute. Post-confirmation does \
              not run for these users: they join at a sign-in.",
        check: Check::Pool(user_migration),
    },
];

fn missing(snapshot: &Snapshot, trigger: &'static str, is_attached: bool) -> Vec<Finding> {
    if is_attached {
        return Vec::new();
    }
    let installed = snapshot.is_installed();
    let found = match (snapshot.in_table(), snapshot.hides_installation()) {
        (Some(what), _) => format!("Nothing is attached to {trigger}, and the table has {what}."),
        (None, Some(reason)) if installed.is_none() => {
            format!(
                "Nothing is attached to {trigger}. Could not check whether the product is installed: {reason}."
            )
        }
        _ => format!("Nothing is attached to {trigger}."),
    };
    let finding = Finding::new("the user pool", found, attach(snapshot, trigger, "FUNCTION_ARN"));
    vec![match installed {
        Some(true) => finding,
        // The other trigger's function may be this product's, or the table may have bindings of the pool.
        None => finding.at(Severity::Medium),
        Some(false) => finding.at(Severity::Info),
    }]
}

/// The functions of the two triggers: the trigger, the ARN, and the function that was expected there.
fn attached(snapshot: &Snapshot) -> impl Iterator<Item = (&'static str, String, Option<&FunctionName>)> {
    let expected = &snapshot.expected;
    [
        (POST_CONFIRMATION, snapshot.post_confirmation(), expected.post_confirmation.as_ref()),
        (
            PRE_TOKEN_GENERATION,
            snapshot.pre_token_generation().map(|(arn, _)| arn),
            expected.pre_token_generation.as_ref(),
        ),
    ]
    .into_iter()
    .filter_map(|(trigger, arn, wanted)| Some((trigger, arn?.to_owned(), wanted)))
}

fn other_function(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (trigger, arn, wanted) in attached(snapshot) {
        let name = arn.parse::<FunctionName>();
        let attach = attach(snapshot, trigger, "FUNCTION_ARN --replace");
        match (name, wanted) {
            (Ok(name), Some(wanted)) if wanted.admits(&name) => {}
            (_, Some(wanted)) => {
                findings.push(Finding::new(trigger, format!("It calls {arn}, and not {wanted}."), attach));
            }
            (_, None) => {
                let is_foreign = snapshot.functions.iter().any(|function| {
                    function.trigger == trigger
                        && function.configuration.is_ok()
                        && function.belongs(&snapshot.expected) == Some(false)
                });
                if is_foreign {
                    let found = format!(
                        "It calls {arn}, which has no setting TENANCY_TABLE, so it is not a function of this product."
                    );
                    let mend = format!(
                        "Move its work to another trigger, then replace it: {attach}. If you keep this function, the product \
                         does not work in this pool."
                    );
                    let finding = Finding::new(trigger, found, mend);
                    findings.push(match snapshot.is_installed() {
                        Some(true) if trigger == PRE_TOKEN_GENERATION => finding.at(Severity::Critical),
                        Some(true) => finding,
                        None => finding.at(Severity::Medium),
                        Some(false) => finding.at(Severity::Info),
                    });
                }
            }
        }
    }
    findings
}

fn keys_differ(snapshot: &Snapshot) -> Vec<Finding> {
    let Some(triggers) = snapshot.triggers() else { return Vec::new() };
    let legacy = triggers.pre_token_generation().filter(|arn| !arn.is_empty());
    let current = triggers
        .pre_token_generation_config()
        .map(aws_sdk_cognitoidentityprovider::types::PreTokenGenerationVersionConfigType::lambda_arn)
        .filter(|arn| !arn.is_empty());
    match (legacy, current) {
        (Some(legacy), Some(current)) if legacy != current => vec![Finding::new(
            PRE_TOKEN_GENERATION,
            format!("PreTokenGeneration is {legacy}, and PreTokenGenerationConfig.LambdaArn {current}."),
            of_pool(
                "LambdaConfig without PreTokenGeneration, with PreTokenGenerationConfig and all other triggers",
            ),
        )],
        _ => Vec::new(),
    }
}

fn latest(snapshot: &Snapshot) -> Vec<Finding> {
    let is_latest = |(_, arn, _): &(&str, String, Option<&FunctionName>)| {
        arn.parse::<FunctionName>().is_ok_and(|name| name.is_latest())
    };
    attached(snapshot)
        .filter(is_latest)
        .map(|(trigger, arn, _)| {
            let bare = arn.strip_suffix(":$LATEST").unwrap_or(&arn);
            let function = shell_word(bare);
            let mend = format!(
                "Publish a version, point an alias at it (aws lambda create-alias --function-name {function} --name live \
                 --function-version VERSION), let Cognito call the alias (aws lambda add-permission --qualifier live ..), and attach \
                 that: {}",
                attach(snapshot, trigger, "FUNCTION_ARN:live --replace")
            );
            Finding::new(trigger, format!("It calls {arn}."), mend)
        })
        .collect()
}

fn version(snapshot: &Snapshot) -> Result<Version, String> {
    snapshot
        .pre_token_generation()
        .map(|(_, version)| version)
        .ok_or_else(|| "nothing is attached to PreTokenGeneration".to_owned())
}

/// One that came after this program: whether it is better or worse is not for it to say.
fn unknown_version(version: &Version) -> String {
    format!("this version of tenantctl does not know the event version {}", version.as_str())
}

fn tier(snapshot: &Snapshot) -> Result<&UserPoolTierType, String> {
    snapshot.pool.user_pool_tier().ok_or_else(|| "the server does not say the pool's plan".to_owned())
}

/// The command that attaches a function, which keeps all other settings of the pool.
fn attach(snapshot: &Snapshot, trigger: &str, function: &str) -> String {
    let option = if trigger == PRE_TOKEN_GENERATION { "pre-token-generation" } else { "post-confirmation" };
    format!("tenantctl pool attach --user-pool-id {} --{option} {function} --apply", snapshot.pool_id)
}

/// The same for another version of the event.
fn attach_version(snapshot: &Snapshot, version: &str) -> String {
    let arn = snapshot.pre_token_generation().map_or("FUNCTION_ARN", |(arn, _)| arn);
    let attach =
        attach(snapshot, PRE_TOKEN_GENERATION, &format!("{} --event-version {version}", shell_word(arn)));
    // Lite has V1_0 alone.
    let is_lite = snapshot.pool.user_pool_tier() == Some(&UserPoolTierType::Lite);
    if is_lite { format!("First: {} Then: {attach}", of_pool("UserPoolTier: ESSENTIALS")) } else { attach }
}

fn version_old(snapshot: &Snapshot) -> Look {
    let version = version(snapshot)?;
    match version {
        Version::V10 => {}
        Version::V20 | Version::V30 => return Ok(Vec::new()),
        unknown => return Err(unknown_version(&unknown)),
    }
    let found = format!("It gets event version {}.", version.as_str());
    let finding = Finding::new(PRE_TOKEN_GENERATION, found, attach_version(snapshot, "V2_0"));
    let has_marker = matches!(snapshot.marker_scope(), Ok(Some(_)));
    Ok(vec![if has_marker { finding.at(Severity::High) } else { finding }])
}

fn version_plan(snapshot: &Snapshot) -> Look {
    let (version, tier) = (version(snapshot)?, tier(snapshot)?);
    if *tier != UserPoolTierType::Lite || version == Version::V10 {
        return Ok(Vec::new());
    }
    if !matches!(version, Version::V20 | Version::V30) {
        return Err(unknown_version(&version));
    }
    let has_add_on = snapshot
        .pool
        .user_pool_add_ons()
        .is_some_and(|add_ons| *add_ons.advanced_security_mode() != AdvancedSecurityModeType::Off);
    let is_newer =
        snapshot.pool.creation_date().is_some_and(|made| made.secs() > user_pool::trigger::LITE_CUT_OFF);
    let finding = Finding::new(
        PRE_TOKEN_GENERATION,
        format!("It gets event version {}, and the pool is on the plan Lite.", version.as_str()),
        of_pool("UserPoolTier: ESSENTIALS"),
    );
    Ok(vec![if version == Version::V20 && has_add_on && !is_newer {
        Finding {
            found: format!(
                "{} The pool has advanced security and is older than 22 November 2024, so it may have kept V2_0.",
                finding.found
            ),
            ..finding
        }
        .at(Severity::Info)
    } else {
        finding
    }])
}

fn version_machine(snapshot: &Snapshot) -> Look {
    let version = version(snapshot)?;
    snapshot.clients.as_ref().map_err(ToString::to_string)?;
    let machines: Vec<_> = snapshot.described_clients().filter(crate::snapshot::Client::is_machine).collect();
    if machines.is_empty() {
        return snapshot.sees_all_clients().map(|()| Vec::new());
    }
    match version {
        Version::V30 => return Ok(Vec::new()),
        Version::V10 | Version::V20 => {}
        unknown => return Err(unknown_version(&unknown)),
    }
    let bound = snapshot.bindings.as_ref().map_or(&[][..], |bindings| &bindings.clients);
    let is_bound =
        |id: &str| bound.iter().any(|one| one.client == id && one.mode == ClientBindingMode::Machine);
    let names = listed(machines.iter().take(5).map(crate::snapshot::Client::subject));
    let more = if machines.len() > 5 { format!(" and {} more", machines.len() - 5) } else { String::new() };
    let found = format!(
        "It gets event version {}, and the pool has machine app clients: {names}{more}.",
        version.as_str()
    );
    let finding = Finding::new(PRE_TOKEN_GENERATION, found, attach_version(snapshot, "V3_0"));
    let is_any_bound = machines.iter().any(|client| is_bound(client.id));
    Ok(vec![if is_any_bound { finding.at(Severity::High) } else { finding }])
}

fn lite(snapshot: &Snapshot) -> Look {
    if *tier(snapshot)? != UserPoolTierType::Lite {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::new("the user pool", "UserPoolTier is LITE.", of_pool("UserPoolTier: ESSENTIALS"))])
}

fn present(trigger: &str, arn: Option<&str>, mend: &str) -> Vec<Finding> {
    arn.filter(|arn| !arn.is_empty())
        .map(|arn| Finding::new(trigger, format!("{arn} is attached."), mend))
        .into_iter()
        .collect()
}

fn pre_sign_up(snapshot: &Snapshot) -> Vec<Finding> {
    let mend = "Read its code: it must not set autoVerifyEmail, unless it has proven the address itself. Then ignore this rule \
                (--ignore trigger-pre-sign-up).";
    present("PreSignUp", snapshot.triggers().and_then(|triggers| triggers.pre_sign_up()), mend)
}

fn inbound_federation(snapshot: &Snapshot) -> Vec<Finding> {
    let arn = snapshot.triggers().and_then(|triggers| Some(triggers.inbound_federation()?.lambda_arn()));
    present(
        "InboundFederation",
        arn,
        "Check its code: it must set email_verified only for verified addresses, and the tenant attribute only to the user's \
         tenant.",
    )
}

fn user_migration(snapshot: &Snapshot) -> Vec<Finding> {
    let arn = snapshot.triggers().and_then(|triggers| triggers.user_migration());
    present(
        "UserMigration",
        arn,
        "Check its code: it must set email_verified only for verified addresses, and must never set the tenant attribute.",
    )
}
