//! `USER_SRP_AUTH`: the user proves the password without sending it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    challenges::remember,
    client::Client,
    error::CognitoError,
    pool::Pool,
    service::Cognito,
    session::{Asked, Challenge},
    sign_in::after_password,
    srp::{self, Identity},
    step::Step,
    wire::{Answer, Parameters, parameter},
};
use crate::random;

const SECRET_BLOCK_BYTES: usize = 600;

/// `InitiateAuth`: answers `SRP_A` with `PASSWORD_VERIFIER`. There is no `Session`: the answer is recognised by
/// its secret block.
pub(super) fn begin(cognito: &Cognito, pool_id: &str, client_id: &str, parameters: &Parameters) -> Answer {
    cognito.with_pool(pool_id, |pool| {
        let client = pool.client(client_id)?.clone();
        let name = parameter(parameters, "USERNAME")?;
        client.check_secret_hash(name, parameters.get("SECRET_HASH").map(String::as_str))?;
        let client_public = parameter(parameters, "SRP_A")?;
        let known = Known::find(pool, &client, name)?;
        let salt = srp::salt(&[pool_id, &known.sub, &known.password]);
        let identity = Identity {
            pool_name: pool_name(pool_id),
            username: &known.username,
            password: &known.password,
            salt: &salt,
        };
        let exchange = srp::answer(&identity, client_public)
            .ok_or_else(|| CognitoError::invalid_parameter("SRP_A is not a valid number"))?;
        let secret_block = STANDARD.encode(random::bytes::<SECRET_BLOCK_BYTES>());
        let body = json!({
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": srp::hex(&salt).trim_start_matches('0'),
                "SECRET_BLOCK": secret_block,
                "SRP_B": exchange.server_public.trim_start_matches('0'),
                "USERNAME": known.username,
                "USER_ID_FOR_SRP": known.username,
            },
        });
        let asked = Asked::PasswordVerifier(exchange.key);
        remember(pool, &client, secret_block, known.sub, known.username, asked);
        Ok(body)
    })
}

/// `RespondToAuthChallenge`: checks the proof.
pub(super) fn verify(
    cognito: &Cognito,
    pool: &mut Pool,
    client: &Client,
    responses: &Parameters,
) -> Result<Step, CognitoError> {
    let secret_block = parameter(responses, "PASSWORD_CLAIM_SECRET_BLOCK")?;
    let signature = parameter(responses, "PASSWORD_CLAIM_SIGNATURE")?;
    let time = parameter(responses, "TIMESTAMP")?;
    let named = parameter(responses, "USERNAME")?;
    let canonical = canonical_time(time).ok_or_else(|| {
        CognitoError::invalid_parameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
    })?;
    let challenge = pool.challenges.remove(secret_block).ok_or_else(CognitoError::wrong_password)?;
    let Challenge { sub, username, asked: Asked::PasswordVerifier(key), .. } = &challenge else {
        return Err(CognitoError::wrong_password());
    };
    let block = STANDARD.decode(secret_block).map_err(|_| CognitoError::wrong_password())?;
    let parts = [pool_name(&pool.id).as_bytes(), username.as_bytes(), &block, canonical.as_bytes()];
    let names_user =
        named.eq_ignore_ascii_case(username) || pool.user(named).is_ok_and(|user| user.sub == *sub);
    let fresh = challenge.is_for(client);
    if !names_user || !fresh || !key.admits(&parts, signature) || pool.user(sub).is_err() {
        return Err(CognitoError::wrong_password());
    }
    after_password(cognito, pool, client, sub)
}

/// A user, or what looks like one where `PreventUserExistenceErrors` hides that there is none.
struct Known {
    sub: String,
    username: String,
    password: String,
}

impl Known {
    fn find(pool: &Pool, client: &Client, name: &str) -> Result<Self, CognitoError> {
        match pool.user_signing_in(name) {
            Ok(user) => {
                user.check_confirmed()?;
                // A user without a password has one that nobody knows.
                let password = user.password.clone().unwrap_or_else(random::password);
                Ok(Self { sub: user.sub.clone(), username: user.username.clone(), password })
            }
            Err(_) if client.prevents_user_existence_errors() => {
                // The same name gets the same salt and the same user id.
                let id = srp::hex(&srp::salt(&[&pool.id, name, "user id"]));
                let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
                let uuid = format!(
                    "{}-{}-4{}-a{}-{}",
                    part(0, 8),
                    part(8, 12),
                    part(13, 16),
                    part(17, 20),
                    part(20, 32)
                );
                Ok(Self { sub: uuid.clone(), username: uuid, password: String::new() })
            }
            Err(error) => Err(error),
        }
    }
}

/// The part of a pool's id that SRP hashes.
fn pool_name(pool_id: &str) -> &str {
    pool_id.split_once('_').map_or(pool_id, |(_, name)| name)
}

/// The time as Cognito writes it again, which is what the proof must be of: `Tue Nov 3 09:05:00 UTC 2026`, the day
/// without a leading zero. `None` if it cannot be read.
fn canonical_time(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<_> = text.split(' ').collect();
    let [weekday, month, day, time, "UTC", year] = parts.as_slice() else { return None };
    let month_number = 1 + MONTHS.iter().position(|known| known == month)?;
    let (day, year): (usize, usize) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u8> = time.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hour, minute, second] = clock.as_slice() else { return None };
    if !(1..=31).contains(&day) || *hour > 23 || *minute > 59 || *second > 59 || year < 1970 {
        return None;
    }
    if !WEEKDAYS.contains(weekday) {
        return None;
    }
    let weekday = weekday_of(year, month_number, day);
    Some(format!("{weekday} {month} {day} {hour:02}:{minute:02}:{second:02} UTC {year}"))
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// The weekday of a date (Sakamoto's method).
fn weekday_of(year: usize, month: usize, day: usize) -> &'static str {
    const SHIFTS: [usize; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = if month < 3 { year - 1 } else { year };
    let shift = SHIFTS.get(month - 1).copied().unwrap_or_default();
    let number = (year + year / 4 - year / 100 + year / 400 + shift + day) % 7;
    WEEKDAYS.get(number).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_cognito_reads_it() {
        let rows = [
            ("Sat Nov 28 16:07:04 UTC 2026", Some("Sat Nov 28 16:07:04 UTC 2026")),
            ("Sat Sep 05 09:05:00 UTC 2026", Some("Sat Sep 5 09:05:00 UTC 2026")),
            ("Mon Sep 5 9:5:0 UTC 2026", Some("Sat Sep 5 09:05:00 UTC 2026")),
            ("Thu Jan 1 00:00:00 UTC 2026", Some("Thu Jan 1 00:00:00 UTC 2026")),
            ("Mon Feb 12 15:26:37 +05:30 2018", None),
            ("2026-11-28T16:07:04Z", None),
            ("Sat Nov 28 24:00:00 UTC 2026", None),
            ("Sat Okt 28 16:07:04 UTC 2026", None),
        ];

        for (text, read) in rows {
            assert_eq!(canonical_time(text).as_deref(), read, "{text}");
        }
    }
}
