//! The arithmetic of 10,000 sign-ins a second: environments, read units, hot keys, price.

use serde_json::{Value, json};

use crate::items::{self, MEMBER, TENANT};
use crate::programs::NEW;
use crate::report::row;
use crate::rounds::count as float;

const SIGN_INS_A_SECOND: f64 = 10_000.0;
/// Assumed: one round trip to DynamoDB, from Lambda.
const DYNAMODB_MS: f64 = 5.0;
/// The least lifetime of a cached tenant or binding, and of the knowledge that an app client has no binding
/// (`TENANT_CACHE_SECONDS`, less up to a fifth; 5 seconds less up to a fifth).
const LIFETIME_S: f64 = 24.0;
const LIFETIME_OF_NONE_S: f64 = 4.0;
/// Most tenants in a cache, and most bindings.
const ENTRIES: f64 = 2_000.0;
/// Requests a second for each environment of the concurrency quota (Lambda developer guide, "Understanding Lambda function
/// scaling").
const OF_CONCURRENCY: f64 = 10.0;
/// Of a partition, units a second; of a strongly consistent unit, bytes (DynamoDB developer guide).
const OF_PARTITION: f64 = 3_000.0;
const UNIT_BYTES: usize = 4_096;
/// On demand, us-east-1 (`infra/costs --prices`).
const USD_FOR_A_MILLION_UNITS: f64 = 0.125;
/// Requests a second of Cognito's quota `UserAuthentication`, and what one more costs a month (`infra/costs --quotas`).
const COGNITO: f64 = 120.0;
const COGNITO_USD: f64 = 20.0;

struct Load {
    tenants: f64,
    environments: f64,
}

impl Load {
    /// Sign-ins for which an environment must read the tenant, a second, over all of them.
    fn misses(&self) -> f64 {
        let Self { tenants, environments } = *self;
        let in_a_lifetime = SIGN_INS_A_SECOND / environments * LIFETIME_S;
        if tenants <= ENTRIES.min(in_a_lifetime) {
            // Each environment reads each tenant once in a lifetime.
            return environments * tenants / LIFETIME_S;
        }
        SIGN_INS_A_SECOND * (1.0 - ENTRIES.min(in_a_lifetime) / tenants)
    }

    /// Reads of app clients' bindings. One tenant has one app client without a binding; of many, each has a bound one.
    fn client_misses(&self) -> f64 {
        if self.tenants > 1.0 { self.misses() } else { self.environments / LIFETIME_OF_NONE_S }
    }

    fn units(&self) -> f64 {
        SIGN_INS_A_SECOND + self.misses() + self.client_misses()
    }

    /// Reads a second of the key that is read most.
    fn hottest(&self) -> f64 {
        self.misses().max(self.client_misses()) / self.tenants
    }
}

/// `p50_us`: a warm sign-in whose DynamoDB takes no time.
pub(crate) fn text(p50_us: f64) -> String {
    let seconds = (DYNAMODB_MS + p50_us / 1e3) / 1e3;
    let busy = (SIGN_INS_A_SECOND * seconds).ceil();
    let most = SIGN_INS_A_SECOND / OF_CONCURRENCY;
    let loads = [(1.0, busy), (1.0, most), (10_000.0, busy), (10_000.0, most)]
        .map(|(tenants, environments)| Load { tenants, environments });
    let line = |name: &str, of: &dyn Fn(&Load) -> f64, digits: usize| {
        row(name, &loads.each_ref().map(|load| format!("{:.digits$}", of(load))))
    };
    let size = |item: Option<Value>| item.map_or(0, |item| items::size(&item));
    let membership = size(items::of_user(MEMBER).pop()) + items::size(&of_a_redemption());
    let made = size(items::get(&format!("TENANT#{}", NEW.tenant("00000001")), "META"));
    let tenant = size(items::get(&format!("TENANT#{TENANT}"), "META")).max(made);
    let (over, usd) =
        (SIGN_INS_A_SECOND - COGNITO, |units: f64| units * 3_600.0 / 1e6 * USD_FOR_A_MILLION_UNITS);
    [
        format!(
            "Items: a membership {membership} bytes, a tenant {tenant}. A read of up to {UNIT_BYTES} bytes takes one unit: {} \
             memberships of a user.",
            UNIT_BYTES / membership.max(1)
        ),
        format!(
            "A sign-in takes {:.1} ms: {DYNAMODB_MS:.0} ms of DynamoDB (assumed), the rest as measured (p50).\n",
            seconds * 1e3
        ),
        line("10,000 sign-ins a second: tenants", &|load| load.tenants, 0),
        line("environments", &|load| load.environments, 0),
        line("sign-ins a second of an environment", &|load| SIGN_INS_A_SECOND / load.environments, 0),
        line("reads of memberships a second", &|_| SIGN_INS_A_SECOND, 0),
        line("reads of tenants a second", &Load::misses, 0),
        line("reads of app clients a second", &Load::client_misses, 0),
        line("read units a second", &Load::units, 0),
        line("the hottest key, reads a second", &Load::hottest, 1),
        line("% of what a partition gives", &|load| load.hottest() / OF_PARTITION * 100.0, 2),
        line("USD an hour for reads", &|load| usd(load.units()), 2),
        format!(
            "\nCognito's quota is {COGNITO:.0} a second: {:.0} times less. The others cost {:.0} USD a month, if AWS grants them.",
            SIGN_INS_A_SECOND / COGNITO,
            over * COGNITO_USD
        ),
        format!(
            "Lambda gives {OF_CONCURRENCY:.0} requests a second for each environment of the quota: a concurrency of {}.",
            float(1_000).max(most)
        ),
    ]
    .join("\n")
}

/// What a redemption writes into a membership besides: the invite's hash and the username.
fn of_a_redemption() -> Value {
    json!({ "inviteRef": { "S": "0".repeat(64) }, "username": { "S": MEMBER } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.01, "{found}, not {expected}");
    }

    #[test]
    fn one_tenant_is_read_once_in_a_lifetime_by_each_environment() {
        let load = Load { tenants: 1.0, environments: 1_000.0 };

        about(load.misses(), 1_000.0 / 24.0);
        about(load.client_misses(), 250.0);
        about(load.hottest(), 250.0);
    }

    #[test]
    fn the_text_has_the_sizes_and_the_environments() {
        let text = text(282.0);

        assert!(text.contains("a membership 331 bytes"), "{text}");
        let environments = text.lines().find(|line| line.starts_with("environments")).unwrap();
        let environments: Vec<&str> = environments.split_whitespace().skip(1).collect();
        assert_eq!(environments, ["53", "1000", "53", "1000"]);
    }

    #[test]
    fn of_ten_thousand_tenants_a_fifth_is_cached_at_most() {
        let few = Load { tenants: 10_000.0, environments: 54.0 };
        let many = Load { tenants: 10_000.0, environments: 1_000.0 };

        about(few.misses(), 8_000.0);
        about(many.misses(), 9_760.0);
        about(many.hottest(), 0.976);
    }
}
