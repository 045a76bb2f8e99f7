//! `RespondToAuthChallenge`: the answers to challenges. Their `ClientMetadata` reaches the triggers.

use serde::Deserialize;

use super::{
    challenges::asked,
    client::Client,
    error::CognitoError,
    firing::Metadata,
    issue::{Grant, issue},
    password,
    pool::Pool,
    second_factor,
    service::Cognito,
    session::Asked,
    srp_sign_in,
    step::{Step, answer},
    unknowns,
    user::UserStatus,
    wire::{Answer, Parameters, parameter, without_nulls},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RespondToAuthChallenge {
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default, deserialize_with = "without_nulls")]
    challenge_responses: Parameters,
    client_metadata: Option<Metadata>,
}

/// `RespondToAuthChallenge`.
pub(super) async fn respond(cognito: &Cognito, input: RespondToAuthChallenge) -> Answer {
    let responses = &input.challenge_responses;
    let session = input.session.as_deref();
    let mut step = cognito.with_client(&input.client_id, |pool, client| {
        let name = parameter(responses, "USERNAME")?;
        client.check_secret_hash(name, responses.get("SECRET_HASH").map(String::as_str))?;
        match input.challenge_name.as_str() {
            "PASSWORD_VERIFIER" => srp_sign_in::verify(cognito, pool, &client, responses),
            "NEW_PASSWORD_REQUIRED" => new_password(cognito, pool, &client, session, responses),
            name @ ("SOFTWARE_TOKEN_MFA" | "EMAIL_OTP" | "MFA_SETUP") => {
                second_factor::respond(pool, &client, session, name, responses)
            }
            other => {
                let message = format!("The local stack does not have the challenge {other}.");
                Err(CognitoError::invalid_parameter(message))
            }
        }
    })?;
    if let Step::Tokens(grant) = &mut step {
        grant.metadata = input.client_metadata;
    }
    match step {
        Step::Tokens(grant) if input.challenge_name == "NEW_PASSWORD_REQUIRED" => {
            issue_after_new_password(cognito, *grant).await
        }
        step => step.finish(cognito).await,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminRespondToAuthChallenge {
    user_pool_id: String,
    #[serde(flatten)]
    challenge: RespondToAuthChallenge,
}

/// `AdminRespondToAuthChallenge`, as [`respond`].
pub(super) async fn admin_respond(cognito: &Cognito, input: AdminRespondToAuthChallenge) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| pool.client(&input.challenge.client_id).map(|_| ()))?;
    respond(cognito, input.challenge).await
}

fn new_password(
    cognito: &Cognito,
    pool: &mut Pool,
    client: &Client,
    session: Option<&str>,
    responses: &Parameters,
) -> Result<Step, CognitoError> {
    let challenge = asked(pool, client, session, responses)?;
    if challenge.asked != Asked::NewPassword {
        return Err(CognitoError::not_authorized("Invalid session for the user."));
    }
    let new_password = parameter(responses, "NEW_PASSWORD")?;
    password::check(pool, new_password)?;
    let changes = written_attributes(responses);
    for (name, _) in &changes {
        client.check_write(name)?;
    }
    pool.check_schema(&changes)?;
    pool.check_aliases_after(pool.user(&challenge.sub)?, &changes)?;
    pool.challenges.remove(session.unwrap_or_default());
    pool.write(&challenge.sub, changes)?;
    let user = pool.user_mut(&challenge.sub)?;
    user.password = Some(new_password.to_owned());
    user.set_status(UserStatus::Confirmed);
    let source = "TokenGeneration_NewPasswordChallenge";
    second_factor::after_first(cognito, pool, client, &challenge.sub, source)
}

async fn issue_after_new_password(cognito: &Cognito, grant: Grant) -> Answer {
    let (pool_id, sub) = (grant.pool_id.clone(), grant.sub.clone());
    let issued = issue(cognito, grant).await;
    if issued.is_err() && !unknowns::NEW_PASSWORD_SURVIVES_TRIGGER_FAILURE {
        cognito.with_pool(&pool_id, |pool| {
            pool.user_mut(&sub).map(|user| user.set_status(UserStatus::ForceChangePassword))
        })?;
    }
    issued.map(|tokens| answer(&tokens))
}

/// The attributes that a challenge response writes: `userAttributes.<name>`.
fn written_attributes(responses: &Parameters) -> Vec<(String, String)> {
    let written = responses.iter().filter_map(|(key, value)| {
        key.strip_prefix("userAttributes.").map(|name| (name.to_owned(), value.clone()))
    });
    written.collect()
}
