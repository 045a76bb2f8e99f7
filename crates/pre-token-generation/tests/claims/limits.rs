//! A token has everything that its user was granted, or there is no token: with generated tenants, roles, groups and limits.

use std::collections::{BTreeMap, BTreeSet};

use cognito_trigger::PublicError;
use memory::{Store, parsed};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tenancy::RoleGrant;

use crate::store::{acme, ana, blocking, event, handled, member};

/// Bounds of `CLAIM_BYTES_MAX`; nothing as large as the upper one is generated here.
const LEAST_LIMIT: usize = 64;
const NO_LIMIT: usize = 65_536;

/// What Ana has in `acme`.
#[derive(Clone, Debug)]
struct Granted {
    name: String,
    tier: String,
    /// Roles with their groups.
    roles: BTreeMap<String, BTreeSet<String>>,
}

impl Granted {
    fn store(&self) -> Store {
        let store = member();
        let mut tenant = store.table().tenants[&acme()].clone();
        (tenant.name, tenant.tier) = (parsed(&self.name), parsed(&self.tier));
        for (role, groups) in &self.roles {
            let groups = groups.iter().map(|group| parsed(group)).collect();
            tenant.roles.insert(parsed(role), RoleGrant { groups, iam_role: None });
        }
        store.table().tenants.insert(acme(), tenant);
        let roles = self.roles.keys().map(|role| parsed(role)).collect();
        store.table().users.get_mut(&ana()).unwrap().memberships[0].roles = roles;
        store
    }

    /// By default, a role that lists no groups is one.
    fn groups(&self) -> BTreeSet<&String> {
        let unlisted = self.roles.iter().filter(|(_, groups)| groups.is_empty()).map(|(role, _)| role);
        self.roles.values().flatten().chain(unlisted).collect()
    }

    fn claims(&self, version: &str) -> Value {
        let roles: Vec<&str> = self.roles.keys().map(String::as_str).collect();
        let roles = if version == "1" { json!(roles.join(" ")) } else { json!(roles) };
        json!({
            "tenant_id": "acme", "tenant_name": self.name, "tenant_tier": self.tier, "tenant_roles": roles,
        })
    }
}

fn granted() -> impl Strategy<Value = Granted> {
    let name = "[A-Za-z0-9:_.-]{1,64}";
    let groups = prop::collection::btree_set(name, 0..=12);
    let roles = prop::collection::btree_map(name, groups, 0..=18);
    (displayed(128), displayed(64), roles).prop_map(|(name, tier, roles)| Granted { name, tier, roles })
}

/// Characters of one to four bytes, some of which JSON escapes.
fn displayed(longest: usize) -> impl Strategy<Value = String> {
    let character = select(vec!['a', 'Z', '7', 'é', '株', '🚀', '"', '\\']);
    prop::collection::vec(character, 1..=longest).prop_map(|characters| characters.into_iter().collect())
}

/// What a reply adds: the claims of the ID token, those of the access token (not on V1), the groups, and the bytes of all that
/// as docs/settings.md counts them.
fn added(reply: &Value) -> (Value, Option<Value>, Value, usize) {
    let size = |json: &Value| json.to_string().len();
    let of_v1 = &reply["response"]["claimsOverrideDetails"];
    if of_v1.is_object() {
        let (id, groups) = (&of_v1["claimsToAddOrOverride"], &of_v1["groupOverrideDetails"]);
        return (id.clone(), None, groups["groupsToOverride"].clone(), size(id) + size(groups));
    }
    let details = &reply["response"]["claimsAndScopeOverrideDetails"];
    let (id, access) = (&details["idTokenGeneration"], &details["accessTokenGeneration"]);
    let scopes = access["scopesToAdd"].as_array().unwrap().iter();
    let scopes: usize = scopes.map(|scope| scope.as_str().unwrap().len() + 1).sum();
    let (id, access) = (&id["claimsToAddOrOverride"], &access["claimsToAddOrOverride"]);
    let groups = &details["groupOverrideDetails"];
    let bytes = size(id).max(size(access) + scopes) + size(groups);
    (id.clone(), Some(access.clone()), groups["groupsToOverride"].clone(), bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_has_everything_within_the_limits_or_is_refused(
        granted in granted(),
        // The limit is this many bytes above the size.
        above in prop_oneof![-1_isize..=0, -400_isize..400],
        version in select(vec!["1", "2", "3"]),
        marker in select(vec!["", "tenancy/a-scope-that-makes-the-access-token-the-larger-one"]),
    ) {
        let store = granted.store();
        let event = event(version, "TokenGeneration_Authentication", false, &["openid"], None).to_string();
        let answer = |limit: usize| {
            let limit = limit.to_string();
            let settings = BTreeMap::from([("CLAIM_BYTES_MAX", limit.as_str()), ("MARKER_SCOPE", marker)]);
            let answer = blocking(handled(&store, &settings, &event)).outcome.into_answer(&event);
            answer.map(|reply| serde_json::from_str::<Value>(reply.get()).unwrap())
        };

        let whole = answer(NO_LIMIT);
        if granted.groups().len() > 100 {
            prop_assert_eq!(whole, Err(PublicError::Unavailable));
            return Ok(());
        }
        let (mut id, access, groups, bytes) = added(whole.as_ref().unwrap());
        let stamp = id.as_object_mut().unwrap().remove("custom:tenantId");
        prop_assert_eq!(stamp, Some(json!("acme")));
        prop_assert_eq!(&id, &granted.claims(version));
        prop_assert_eq!(access.unwrap_or(id), granted.claims(version));
        let groups: Vec<String> = serde_json::from_value(groups).unwrap();
        prop_assert_eq!(groups.len(), granted.groups().len());
        prop_assert_eq!(groups.iter().collect::<BTreeSet<_>>(), granted.groups());

        let limit = bytes.saturating_add_signed(above).max(LEAST_LIMIT);
        prop_assert_eq!(answer(limit), if bytes <= limit { whole } else { Err(PublicError::Unavailable) });
    }
}
