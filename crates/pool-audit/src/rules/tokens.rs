//! How long the tokens of an app client live.

use aws_sdk_cognitoidentityprovider::types::TimeUnitsType;

use super::of_client;
use crate::finding::{Check, Finding, Rule, Severity};
use crate::snapshot::{Client, Snapshot};
use user_pool::words::listed;
use user_pool::words::short_span;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "token-life-access",
        severity: Severity::Low,
        looks_for: "Access or ID tokens of an app client live for more than an hour.",
        why: "A removed member, or a member of a suspended tenant, keeps access until the last tokens expire.",
        check: Check::Client(access),
    },
    Rule {
        id: "token-life-refresh",
        severity: Severity::Low,
        looks_for: "Refresh tokens of an app client live for more than 30 days.",
        why: "A stolen refresh token works until it expires.",
        check: Check::Client(refresh),
    },
];

/// A life in seconds: a number in a unit, or Cognito's default when there is none.
fn seconds(number: Option<i32>, unit: Option<&TimeUnitsType>, unsaid: &TimeUnitsType, default_s: i64) -> i64 {
    let factor = |unit: &TimeUnitsType| match unit {
        TimeUnitsType::Seconds => Some(1),
        TimeUnitsType::Minutes => Some(60),
        TimeUnitsType::Hours => Some(HOUR_S),
        TimeUnitsType::Days => Some(DAY_S),
        _ => None,
    };
    let factor = unit.and_then(factor).or_else(|| factor(unsaid)).unwrap_or(1);
    match number {
        Some(number) if number > 0 => i64::from(number).saturating_mul(factor),
        _ => default_s,
    }
}

fn access(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let settings = client.settings;
    let units = settings.token_validity_units();
    let of_access = seconds(
        settings.access_token_validity(),
        units.and_then(|units| units.access_token()),
        &TimeUnitsType::Hours,
        HOUR_S,
    );
    let of_id = seconds(
        settings.id_token_validity(),
        units.and_then(|units| units.id_token()),
        &TimeUnitsType::Hours,
        HOUR_S,
    );
    let lives = [("access tokens", of_access), ("ID tokens", of_id)];
    let long: Vec<String> = lives
        .iter()
        .filter(|(_, life_s)| *life_s > HOUR_S)
        .map(|(kind, life_s)| format!("{kind} {}", spoken(*life_s)))
        .collect();
    (!long.is_empty()).then(|| {
        Finding::new(
            client.subject(),
            format!("They live: {}.", listed(long)),
            of_client(format_args!(
                "AccessTokenValidity: 15 and IdTokenValidity: 15, with TokenValidityUnits {{AccessToken: minutes, IdToken: minutes, \
                 RefreshToken: {}}}",
                unit_of(units.and_then(|units| units.refresh_token()), &TimeUnitsType::Days)
            )),
        )
    })
}

fn refresh(_: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let settings = client.settings;
    let units = settings.token_validity_units();
    let unit = units.and_then(|units| units.refresh_token());
    let life_s = seconds(Some(settings.refresh_token_validity()), unit, &TimeUnitsType::Days, 30 * DAY_S);
    (life_s > 30 * DAY_S).then(|| {
        Finding::new(
            client.subject(),
            format!("They live {}.", spoken(life_s)),
            of_client(format_args!(
                "RefreshTokenValidity: 30, with TokenValidityUnits {{AccessToken: {}, IdToken: {}, RefreshToken: days}}",
                unit_of(units.and_then(|units| units.access_token()), &TimeUnitsType::Hours),
                unit_of(units.and_then(|units| units.id_token()), &TimeUnitsType::Hours)
            )),
        )
    })
}

/// The unit of a life, as it is now: units that are not sent become the default, and the number then means another life.
fn unit_of(unit: Option<&TimeUnitsType>, unsaid: &TimeUnitsType) -> String {
    unit.unwrap_or(unsaid).as_str().to_owned()
}

fn spoken(life_s: i64) -> String {
    short_span(life_s.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::TimeUnitsType::{Days, Hours, Minutes, Seconds};

    use super::seconds;

    #[test]
    fn a_life_is_read_in_its_unit_and_the_default_where_none_is_said() {
        let rows = [
            (Some(5), Some(Minutes), 300),
            (Some(5), Some(Hours), 18_000),
            (Some(300), Some(Seconds), 300),
            (Some(1), Some(Days), 86_400),
            (Some(2), None, 7_200),
            (Some(0), None, 99),
            (None, Some(Minutes), 99),
            (Some(i32::MAX), Some(Days), i64::from(i32::MAX) * 86_400),
        ];

        for (number, unit, expected) in rows {
            assert_eq!(seconds(number, unit.as_ref(), &Hours, 99), expected, "{number:?} {unit:?}");
        }
    }
}
