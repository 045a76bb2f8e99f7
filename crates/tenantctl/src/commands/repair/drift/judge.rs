//! What is wrong with one user: a plain function over what the pool and the table say.

use std::collections::BTreeMap;

use tenancy::live::TenantState;
use tenancy::{MembershipStatus, Pool, Stamp, TenantId, UserRecords};

use super::finding::{Kind, Past, Stale};
use crate::commands::repair::expected::{expected_stamp, fallback};

/// A user, as the pool has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InPool<'a> {
    /// `UserStatus`.
    pub(crate) status: &'a str,
    /// Whether the user may sign in.
    pub(crate) enabled: bool,
    /// The stamp, if there is one; the outer one is missing when the pool has no such attribute.
    #[expect(clippy::option_option, reason = "without the attribute there is no stamp to look at")]
    pub(crate) stamp: Option<Option<&'a str>>,
}

/// What is known of tenants. One that is not noted here is active.
#[derive(Debug, Default)]
pub(crate) struct TenantStates {
    known: BTreeMap<TenantId, Option<TenantState>>,
    /// Whether the pool belongs to one tenant, so that no token depends on a user's default.
    is_of_one: bool,
}

impl TenantStates {
    pub(crate) fn of(pool: Pool<'_>) -> Self {
        Self { is_of_one: pool.tenant.is_some(), ..Self::default() }
    }

    /// Notes the state of a tenant; `None`: it does not exist.
    pub(crate) fn note(&mut self, tenant: TenantId, state: Option<TenantState>) {
        self.known.insert(tenant, state);
    }

    /// Whether the tenant was noted.
    pub(crate) fn knows(&self, tenant: &TenantId) -> bool {
        self.known.contains_key(tenant)
    }

    pub(crate) fn existing(&self) -> impl Iterator<Item = &TenantId> {
        self.known.iter().filter(|(_, state)| state.is_some()).map(|(tenant, _)| tenant)
    }

    fn is_missing(&self, tenant: &TenantId) -> bool {
        self.known.get(tenant).is_some_and(Option::is_none)
    }

    fn state(&self, tenant: &TenantId) -> TenantState {
        match self.known.get(tenant) {
            Some(state) => state.unwrap_or(TenantState::Damaged),
            None => TenantState::Active,
        }
    }
}

/// What is wrong with the default tenant. Nothing is said of a user without an active membership: [`Kind::NoMembership`]
/// says it.
fn judge_default(records: &UserRecords, state: &impl Fn(&TenantId) -> TenantState) -> Option<Kind> {
    let default = records.default_tenant()?;
    let falls_back_to = fallback(records, state).map(ToString::to_string);
    let gone = |reason| Kind::DefaultStale {
        tenant: default.to_string(),
        reason,
        falls_back_to: falls_back_to.clone(),
    };
    let Some(membership) = records.in_tenant(default) else { return Some(gone(Stale::NeverMember)) };
    records.active().next()?;
    match (membership.status, state(default)) {
        (MembershipStatus::Removed, _) => Some(gone(Stale::Removed)),
        (_, TenantState::Offboarded) => Some(gone(Stale::Offboarded)),
        (_, TenantState::OtherPool) => Some(gone(Stale::OtherPool)),
        (MembershipStatus::Suspended, _) | (_, TenantState::Suspended) => {
            Some(Kind::DefaultSuspended { tenant: default.to_string(), falls_back_to: falls_back_to? })
        }
        (MembershipStatus::Active, TenantState::Active | TenantState::Damaged) => None,
    }
}

/// What is wrong with a user of the pool.
pub(crate) fn judge(user: InPool<'_>, records: &UserRecords, tenants: &TenantStates) -> Vec<Kind> {
    let state = |tenant: &TenantId| tenants.state(tenant);
    let mut kinds = Vec::new();
    if records.active().next().is_none() {
        kinds.push(Kind::NoMembership {
            user_status: user.status.to_owned(),
            enabled: user.enabled,
            past: records
                .memberships
                .iter()
                .map(|membership| Past::of(Some(membership)))
                .max()
                .unwrap_or(Past::None),
        });
    }
    kinds.extend(user.stamp.and_then(|stamp| judge_stamp(stamp, records, &state)));
    let is_foreign = |kind: &Kind| matches!(kind, Kind::DefaultStale { reason: Stale::NeverMember, .. });
    let of_default = judge_default(records, &state);
    kinds.extend(of_default.filter(|kind| !tenants.is_of_one || is_foreign(kind)));
    kinds.extend(
        records
            .memberships
            .iter()
            .filter(|membership| membership.status != MembershipStatus::Removed)
            .filter(|membership| tenants.is_missing(&membership.tenant))
            .map(|membership| Kind::TenantMissing { tenant: membership.tenant.to_string() }),
    );
    kinds
}

fn judge_stamp(
    found: Option<&str>,
    records: &UserRecords,
    state: &impl Fn(&TenantId) -> TenantState,
) -> Option<Kind> {
    let expected = expected_stamp(records, state);
    if found == expected.map(TenantId::as_str) {
        return None;
    }
    let wanted = expected.map(ToString::to_string);
    let Some(found) = found else {
        let expected = expected?;
        let pending =
            records.in_tenant(expected).is_some_and(|membership| membership.stamp == Stamp::Pending);
        return Some(Kind::StampMissing { expected: expected.to_string(), pending });
    };
    // What cannot be a tenant's id is not repeated: whoever wrote it may have written anything.
    let Ok(tenant) = found.parse::<TenantId>() else {
        return Some(Kind::StampForeign { found: None, expected: wanted });
    };
    let outdated = Kind::StampStale { found: tenant.to_string(), expected: wanted.clone() };
    match records.in_tenant(&tenant).map(|membership| membership.status) {
        None => Some(Kind::StampForeign { found: Some(tenant.to_string()), expected: wanted }),
        Some(MembershipStatus::Removed) => Some(outdated),
        // Without another tenant: one that is theirs again when they are resumed, or one that is offboarded.
        Some(MembershipStatus::Active | MembershipStatus::Suspended) => wanted.is_some().then_some(outdated),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenancy::{Membership, Profile};

    use super::*;

    /// Memberships as `tenant+` (active), `tenant-` (removed), `tenant~` (suspended), `tenant?` (active, stamp pending).
    fn records(memberships: &str, default: Option<&str>) -> UserRecords {
        let membership = |text: &str| {
            let (tenant, mark) = text.split_at(text.len() - 1);
            Membership {
                tenant: tenant.parse().unwrap(),
                roles: Vec::new(),
                status: match mark {
                    "-" => MembershipStatus::Removed,
                    "~" => MembershipStatus::Suspended,
                    _ => MembershipStatus::Active,
                },
                stamp: if mark == "?" { Stamp::Pending } else { Stamp::Done },
                version: 1,
                joined_at: None,
            }
        };
        UserRecords {
            memberships: memberships.split_whitespace().map(membership).collect(),
            profile: Profile { default_tenant: default.map(|tenant| tenant.parse().unwrap()) },
        }
    }

    /// States of tenants, as `acme~` (suspended), `acme-` (offboarded), `acme@` (in other pools), `acme!` (does not exist).
    fn states(text: &str) -> TenantStates {
        let mut states = TenantStates::default();
        for text in text.split_whitespace() {
            let (tenant, mark) = text.split_at(text.len() - 1);
            let state = match mark {
                "~" => Some(TenantState::Suspended),
                "-" => Some(TenantState::Offboarded),
                "@" => Some(TenantState::OtherPool),
                _ => None,
            };
            states.note(tenant.parse().unwrap(), state);
        }
        states
    }

    fn judged(stamp: Option<&str>, records: &UserRecords) -> Vec<Kind> {
        let user = InPool { status: "CONFIRMED", enabled: true, stamp: Some(stamp) };
        judge(user, records, &TenantStates::default())
    }

    fn all_active(_: &TenantId) -> TenantState {
        TenantState::Active
    }

    #[test]
    fn the_stamp_should_name_the_default_or_else_the_tenant_of_the_next_sign_in() {
        for (memberships, default, tenants, expected) in [
            ("", None, "", None),
            ("acme+", None, "", Some("acme")),
            ("acme+", Some("acme"), "", Some("acme")),
            ("acme+ globex+", Some("globex"), "", Some("globex")),
            ("acme+ globex+", None, "", Some("acme")),
            ("acme+ globex+", Some("initech"), "", Some("acme")),
            ("acme- globex+", None, "", Some("globex")),
            ("acme+ globex-", Some("globex"), "", Some("acme")),
            ("acme+ globex~", Some("globex"), "", Some("acme")),
            ("acme+ globex+ initech-", Some("initech"), "acme~", Some("globex")),
            ("acme+ globex+", Some("globex"), "globex~", Some("globex")),
            ("acme+ globex+", Some("globex"), "globex-", Some("acme")),
            ("acme+ globex-", Some("globex"), "acme~", Some("acme")),
            ("acme+", None, "acme~", Some("acme")),
            ("acme+", None, "acme-", None),
            ("acme-", Some("acme"), "", None),
            ("acme~", Some("acme"), "", None),
            ("acme?", None, "", Some("acme")),
        ] {
            let (records, states) = (records(memberships, default), states(tenants));
            let found = expected_stamp(&records, &|tenant| states.state(tenant));
            assert_eq!(found.map(TenantId::as_str), expected, "{memberships} {default:?} {tenants}");
        }
    }

    #[test]
    fn a_stamp_is_judged_by_the_memberships() {
        let foreign = |found: Option<&str>| Kind::StampForeign {
            found: found.map(str::to_owned),
            expected: Some("acme".to_owned()),
        };
        let stale = |expected: Option<&str>| Kind::StampStale {
            found: "globex".to_owned(),
            expected: expected.map(str::to_owned),
        };
        let missing = |pending| Kind::StampMissing { expected: "acme".into(), pending };
        let rows = [
            ("acme+", None, Some("acme"), None),
            ("acme+", None, Some("globex"), Some(foreign(Some("globex")))),
            ("acme+", None, Some("\u{1b}[2J<script>"), Some(foreign(None))),
            ("acme+ globex-", None, Some("globex"), Some(stale(Some("acme")))),
            ("acme+ globex~", None, Some("globex"), Some(stale(Some("acme")))),
            ("acme+ globex+", Some("acme"), Some("globex"), Some(stale(Some("acme")))),
            ("acme+ globex+", None, Some("globex"), Some(stale(Some("acme")))),
            ("globex-", None, Some("globex"), Some(stale(None))),
            ("globex~", None, Some("globex"), None),
            ("acme?", None, None, Some(missing(true))),
            ("acme+ globex+", None, None, Some(missing(false))),
        ];

        for (memberships, default, stamp, expected) in rows {
            let kind = judge_stamp(stamp, &records(memberships, default), &all_active);
            assert_eq!(kind, expected, "{memberships} {default:?} {stamp:?}");
        }
    }

    #[test]
    fn the_stamp_of_an_offboarded_tenant_is_left_to_a_user_without_another() {
        let states = states("acme-");
        let state = |tenant: &TenantId| states.state(tenant);

        let kinds = [Some("acme"), None].map(|stamp| judge_stamp(stamp, &records("acme?", None), &state));

        assert_eq!(kinds, [None, None]);
    }

    #[test]
    fn a_default_that_gives_no_token_is_found_with_what_takes_its_place() {
        let stale = |tenant: &str, reason, to: Option<&str>| {
            let falls_back_to = to.map(str::to_owned);
            Some(Kind::DefaultStale { tenant: tenant.to_owned(), reason, falls_back_to })
        };
        let suspended = |to: &str| {
            Some(Kind::DefaultSuspended { tenant: "acme".to_owned(), falls_back_to: to.to_owned() })
        };
        for (memberships, default, tenants, expected) in [
            ("", None, "", None),
            ("acme+", None, "", None),
            ("acme+", Some("acme"), "", None),
            ("acme+", Some("initech"), "", stale("initech", Stale::NeverMember, Some("acme"))),
            ("", Some("acme"), "", stale("acme", Stale::NeverMember, None)),
            // No active membership: another finding says it.
            ("acme-", Some("acme"), "", None),
            ("acme~", Some("acme"), "", None),
            ("acme- globex+", Some("acme"), "", stale("acme", Stale::Removed, Some("globex"))),
            ("acme- globex+", None, "", stale("acme", Stale::Removed, Some("globex"))),
            ("acme- globex+", None, "globex~", stale("acme", Stale::Removed, None)),
            ("acme- globex+", Some("globex"), "", None),
            ("acme+ globex+", None, "acme-", stale("acme", Stale::Offboarded, Some("globex"))),
            ("acme+", None, "acme-", stale("acme", Stale::Offboarded, None)),
            ("acme+ globex+", None, "acme@", stale("acme", Stale::OtherPool, Some("globex"))),
            ("acme- globex+", None, "globex@", stale("acme", Stale::Removed, None)),
            ("acme~ globex+", None, "acme-", stale("acme", Stale::Offboarded, Some("globex"))),
            ("acme~ globex+ initech+", None, "globex~", suspended("initech")),
            ("acme+ globex+", Some("acme"), "acme~", suspended("globex")),
            ("acme+", None, "acme~", None),
            // Another finding says that the tenant does not exist.
            ("acme+ globex+", None, "acme!", None),
        ] {
            let states = states(tenants);
            let kind = judge_default(&records(memberships, default), &|tenant| states.state(tenant));
            assert_eq!(kind, expected, "{memberships} {default:?} {tenants}");
        }
    }

    #[test]
    fn only_a_default_that_was_never_the_users_is_drift_and_is_forgotten() {
        use super::super::finding::{Finding, Mend, Severity};

        for (reason, severity, mend) in [
            (Stale::NeverMember, Severity::Medium, Some(Mend::ClearDefault)),
            (Stale::Removed, Severity::Info, None),
            (Stale::Offboarded, Severity::Info, None),
            (Stale::OtherPool, Severity::Info, None),
        ] {
            let kind = Kind::DefaultStale { tenant: "acme".to_owned(), reason, falls_back_to: None };
            let finding = Finding::of(kind);
            assert_eq!((finding.severity, finding.mend), (severity, mend), "{reason:?}");
        }
    }

    #[test]
    fn who_belongs_nowhere_is_told_apart_by_what_they_were() {
        for (memberships, past) in [
            ("", Some(Past::None)),
            ("acme-", Some(Past::Removed)),
            ("acme- globex~", Some(Past::Suspended)),
            ("acme- globex+", None),
        ] {
            let found = judged(None, &records(memberships, None)).into_iter().find_map(|kind| match kind {
                Kind::NoMembership { past, .. } => Some(past),
                _ => None,
            });
            assert_eq!(found, past, "{memberships}");
        }
    }

    #[test]
    fn a_membership_of_a_tenant_that_does_not_exist_is_said_unless_it_is_removed() {
        let user = InPool { status: "CONFIRMED", enabled: true, stamp: None };

        let kinds = judge(user, &records("acme+ globex- initech+", Some("acme")), &states("acme! globex!"));

        assert_eq!(kinds, [Kind::TenantMissing { tenant: "acme".into() }]);
    }

    fn any_records() -> impl Strategy<Value = UserRecords> {
        let marks = proptest::collection::vec(prop_oneof!["\\+", "-", "~", "\\?", "x"], 3);
        let default = proptest::option::of(prop_oneof!["acme", "globex", "initech", "umbrella"]);
        (marks, default).prop_map(|(marks, default)| {
            let memberships: Vec<String> = ["acme", "globex", "initech"]
                .iter()
                .zip(marks)
                .filter(|(_, mark)| mark != "x")
                .map(|(tenant, mark)| format!("{tenant}{mark}"))
                .collect();
            records(&memberships.join(" "), default.as_deref())
        })
    }

    proptest! {
        #[test]
        fn no_stamp_is_ever_expected_of_a_tenant_without_an_active_membership(records in any_records()) {
            if let Some(tenant) = expected_stamp(&records, &all_active) {
                prop_assert!(records.is_active_in(tenant));
            }
        }

        #[test]
        fn a_stamp_that_was_mended_is_right(records in any_records(), stamp in proptest::option::of("[a-z]{3,8}")) {
            let _ = judge_stamp(stamp.as_deref(), &records, &all_active);
            let mended = expected_stamp(&records, &all_active).map(TenantId::as_str);
            prop_assert_eq!(judge_stamp(mended, &records, &all_active), None);
        }

        #[test]
        fn a_stamp_of_a_tenant_that_the_user_was_never_in_is_told_apart(
            records in any_records(), stamp in "acme|globex|initech|umbrella",
        ) {
            let tenant: TenantId = stamp.parse().unwrap();
            let is_foreign = matches!(judge_stamp(Some(&stamp), &records, &all_active), Some(Kind::StampForeign { .. }));
            prop_assert_eq!(is_foreign, records.in_tenant(&tenant).is_none());
        }

        #[test]
        fn a_stamp_of_a_tenant_that_the_user_has_left_is_never_passed_over(
            records in any_records(), stamp in "acme|globex|initech",
        ) {
            let tenant: TenantId = stamp.parse().unwrap();
            let has_left = records.in_tenant(&tenant).is_some_and(|m| m.status == MembershipStatus::Removed);
            prop_assert!(!has_left || judge_stamp(Some(&stamp), &records, &all_active).is_some());
        }
    }
}
