//! What is wrong with one user: a plain function over what the pool and the table say.

use std::collections::BTreeSet;

use tenancy::{MembershipStatus, Stamp, TenantId, UserRecords};

use super::finding::{Kind, Past};

/// A user, as the pool has them.
#[derive(Clone, Copy, Debug)]
pub struct InPool<'a> {
    /// `UserStatus`.
    pub status: &'a str,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// The stamp, if there is one; the outer one is missing when the pool has no such attribute.
    pub stamp: Option<Option<&'a str>>,
}

/// The tenant that the stamp should name: the default if the user is an active member there, or else the only tenant of
/// which the user is; `None` when there should be no stamp.
#[must_use]
pub fn expected_stamp(records: &UserRecords) -> Option<&TenantId> {
    let default = records.profile.default_tenant.as_ref().filter(|tenant| records.is_active_in(tenant));
    default.or_else(|| {
        let mut active = records.active();
        match (active.next(), active.next()) {
            (Some(only), None) => Some(&only.tenant),
            _ => None,
        }
    })
}

/// The default tenant, if the user has left it, or never was there. One in which the user is only suspended stays: it is
/// theirs again when they are resumed, and is not chosen until then.
#[must_use]
pub fn stale_default(records: &UserRecords) -> Option<&TenantId> {
    records.profile.default_tenant.as_ref().filter(|tenant| {
        records.in_tenant(tenant).is_none_or(|membership| membership.status == MembershipStatus::Removed)
    })
}

/// What is wrong with a user of the pool. `missing` are tenants that do not exist.
#[must_use]
pub fn judge(user: InPool<'_>, records: &UserRecords, missing: &BTreeSet<TenantId>) -> Vec<Kind> {
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
    kinds.extend(user.stamp.and_then(|stamp| judge_stamp(stamp, records)));
    kinds.extend(stale_default(records).map(|tenant| Kind::DefaultStale { tenant: tenant.to_string() }));
    kinds.extend(
        records
            .memberships
            .iter()
            .filter(|membership| membership.status != MembershipStatus::Removed)
            .filter(|membership| missing.contains(&membership.tenant))
            .map(|membership| Kind::TenantMissing { tenant: membership.tenant.to_string() }),
    );
    kinds
}

fn judge_stamp(found: Option<&str>, records: &UserRecords) -> Option<Kind> {
    let expected = expected_stamp(records);
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
    let stale = Kind::StampStale { found: tenant.to_string(), expected: wanted.clone() };
    match records.in_tenant(&tenant).map(|membership| membership.status) {
        None => Some(Kind::StampForeign { found: Some(tenant.to_string()), expected: wanted }),
        Some(MembershipStatus::Removed) => Some(stale),
        // One of several tenants, none of them the default; or one that is theirs again when they are resumed.
        Some(MembershipStatus::Active | MembershipStatus::Suspended) => wanted.is_some().then_some(stale),
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

    fn judged(stamp: Option<&str>, records: &UserRecords) -> Vec<Kind> {
        judge(InPool { status: "CONFIRMED", enabled: true, stamp: Some(stamp) }, records, &BTreeSet::new())
    }

    #[test]
    fn the_stamp_should_name_the_default_or_else_the_only_tenant() {
        for (memberships, default, expected) in [
            ("", None, None),
            ("acme+", None, Some("acme")),
            ("acme+", Some("acme"), Some("acme")),
            ("acme+ globex+", Some("globex"), Some("globex")),
            ("acme+ globex+", None, None),
            ("acme+ globex+", Some("initech"), None),
            ("acme+ globex-", Some("globex"), Some("acme")),
            ("acme+ globex~", Some("globex"), Some("acme")),
            ("acme-", Some("acme"), None),
            ("acme~", Some("acme"), None),
            ("acme?", None, Some("acme")),
        ] {
            let records = records(memberships, default);
            assert_eq!(expected_stamp(&records).map(TenantId::as_str), expected, "{memberships} {default:?}");
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
        let rows = [
            ("acme+", None, Some("acme"), None),
            ("acme+", None, Some("globex"), Some(foreign(Some("globex")))),
            ("acme+", None, Some("\u{1b}[2J<script>"), Some(foreign(None))),
            ("acme+ globex-", None, Some("globex"), Some(stale(Some("acme")))),
            ("acme+ globex~", None, Some("globex"), Some(stale(Some("acme")))),
            ("acme+ globex+", Some("acme"), Some("globex"), Some(stale(Some("acme")))),
            ("globex-", None, Some("globex"), Some(stale(None))),
            ("globex~", None, Some("globex"), None),
            ("acme+ globex+", None, Some("globex"), None),
            ("acme?", None, None, Some(Kind::StampMissing { expected: "acme".into(), pending: true })),
            ("acme+ globex+", None, None, None),
        ];

        for (memberships, default, stamp, expected) in rows {
            let kind = judge_stamp(stamp, &records(memberships, default));
            assert_eq!(kind, expected, "{memberships} {default:?} {stamp:?}");
        }
    }

    #[test]
    fn a_default_is_stale_when_the_user_has_left_and_not_when_suspended() {
        for (memberships, default, stale) in [
            ("acme+", Some("acme"), false),
            ("acme~", Some("acme"), false),
            ("acme-", Some("acme"), true),
            ("", Some("acme"), true),
            ("acme+", None, false),
        ] {
            assert_eq!(stale_default(&records(memberships, default)).is_some(), stale, "{memberships}");
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
        let missing = BTreeSet::from(["acme".parse().unwrap(), "globex".parse().unwrap()]);
        let user = InPool { status: "CONFIRMED", enabled: true, stamp: None };

        let kinds = judge(user, &records("acme+ globex- initech+", Some("acme")), &missing);

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
            if let Some(tenant) = expected_stamp(&records) {
                prop_assert!(records.is_active_in(tenant));
            }
        }

        #[test]
        fn a_stamp_that_was_mended_is_right(records in any_records(), stamp in proptest::option::of("[a-z]{3,8}")) {
            let _ = judge_stamp(stamp.as_deref(), &records);
            prop_assert_eq!(judge_stamp(expected_stamp(&records).map(TenantId::as_str), &records), None);
        }

        #[test]
        fn a_stamp_of_a_tenant_that_the_user_was_never_in_is_told_apart(
            records in any_records(), stamp in "acme|globex|initech|umbrella",
        ) {
            let tenant: TenantId = stamp.parse().unwrap();
            let is_foreign = matches!(judge_stamp(Some(&stamp), &records), Some(Kind::StampForeign { .. }));
            prop_assert_eq!(is_foreign, records.in_tenant(&tenant).is_none());
        }

        #[test]
        fn a_stamp_of_a_tenant_that_the_user_has_left_is_never_passed_over(
            records in any_records(), stamp in "acme|globex|initech",
        ) {
            let tenant: TenantId = stamp.parse().unwrap();
            let has_left = records.in_tenant(&tenant).is_some_and(|m| m.status == MembershipStatus::Removed);
            prop_assert!(!has_left || judge_stamp(Some(&stamp), &records).is_some());
        }
    }
}
