//! The pool in other Regions: triggers are set for each.

use aws_sdk_cognitoidentityprovider::types::PreTokenGenerationLambdaVersionType;

use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::functions::PRE_TOKEN_GENERATION;
use crate::snapshot::{Replica, Snapshot, pre_token_generation};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "replica-triggers",
    severity: Severity::Critical,
    looks_for: "A replica of the pool in another Region has no pre-token-generation trigger. Severity high if the replica is \
                not active yet, or if its trigger gets another event version; medium if its triggers could not be read; info \
                if the trigger is attached, because this audit does not check the function and the table in that Region. Also \
                info unless the pool counts as installed.",
    why: "A replica has the id and the users of its pool, but its own triggers. Without pre-token-generation it issues tokens \
          without a tenant, even to users who have none.",
    check: Check::Any(replica_triggers),
}];

fn replica_triggers(snapshot: &Snapshot) -> Look {
    let replicas = snapshot.replicas.as_ref().map_err(ToString::to_string)?;
    Ok(replicas.iter().map(|replica| of_replica(snapshot, replica)).collect())
}

fn of_replica(snapshot: &Snapshot, replica: &Replica) -> Finding {
    let region = &replica.region;
    let audit = format!("tenantctl doctor --user-pool-id {} --region {region}", snapshot.pool_id);
    let finding = |found, mend| Finding::new(format!("the user pool in {region}"), found, mend);
    let triggers = match &replica.triggers {
        Ok(triggers) => triggers.as_ref(),
        Err(unread) => {
            let found = format!("Its triggers could not be read: {unread}.");
            return finding(found, audit).at(Severity::Medium);
        }
    };
    let here = snapshot.pre_token_generation().map(|(_, version)| version);
    let (found, version, severity) = match (triggers.and_then(pre_token_generation), here) {
        (None, here) => {
            let found = format!("Nothing is attached to {PRE_TOKEN_GENERATION}.");
            (found, here, if replica.is_active { Severity::Critical } else { Severity::High })
        }
        (Some((_, there)), Some(here)) if there != here => {
            let (there, wanted) = (there.as_str(), here.as_str());
            let found =
                format!("{PRE_TOKEN_GENERATION} gets event version {there} there, and {wanted} here.");
            (found, Some(here), Severity::High)
        }
        (Some((arn, _)), _) => {
            let found = format!(
                "{PRE_TOKEN_GENERATION} calls {arn}. This audit has not looked at the function, its policy and the table there."
            );
            return finding(found, audit).at(Severity::Info);
        }
    };
    let severity = if snapshot.is_installed() == Some(true) { severity } else { Severity::Info };
    finding(found, attach(region, version.as_ref())).at(severity)
}

fn attach(region: &str, version: Option<&PreTokenGenerationLambdaVersionType>) -> String {
    let version = version.map_or("V2_0", PreTokenGenerationLambdaVersionType::as_str);
    format!(
        "In {region}: AWS::Cognito::UserPoolRegionalConfigurationAttachment with \
         LambdaConfig.PreTokenGenerationConfig: {{LambdaArn: ARN of the function in {region}, LambdaVersion: {version}}}, and \
         every other trigger of that Region (docs/operating.md)."
    )
}
