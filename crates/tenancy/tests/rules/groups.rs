//! Which groups and IAM roles a token carries.

use tenancy::sign_in::groups::{GroupFormats, IamRoleAllowList, groups_of, iam_roles_of};
use tenancy::{RoleGrant, TenantStatus};

use crate::support::{roles, tenant};

#[test]
fn groups_are_the_tenants_or_the_form_of_the_setting() {
    let mut acme = tenant("acme", TenantStatus::Active);
    let grant = |groups: &[&str]| RoleGrant {
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        iam_role: None,
    };
    acme.roles.insert("admin".parse().unwrap(), grant(&["acme:admins", "billing"]));
    acme.roles.insert("finance".parse().unwrap(), grant(&["billing"]));
    acme.roles.insert("listed-empty".parse().unwrap(), grant(&[]));
    let rows: [(&[&str], &str, &[&str]); 7] = [
        (&["admin"], "{role}", &["acme:admins", "billing"]),
        (&["finance", "admin"], "{role}", &["billing", "acme:admins"]),
        (&["viewer"], "{role}", &["viewer"]),
        (&["listed-empty"], "{role}", &["listed-empty"]),
        (&["viewer", "admin"], "{tenant_id}:{role}", &["acme:viewer", "acme:admins", "billing"]),
        (&["viewer", "editor"], "{role}, tier-{tier}", &["viewer", "tier-pro", "editor"]),
        (&[], "{role}", &[]),
    ];

    for (names, formats, expected) in rows {
        let formats: GroupFormats = formats.parse().unwrap();
        let groups = groups_of(&acme, &roles(names), &formats).unwrap();
        let groups: Vec<&str> = groups.iter().map(tenancy::Group::as_str).collect();
        assert_eq!(groups, expected, "{names:?} {formats:?}");
    }
}

#[test]
fn a_group_format_with_a_fault_is_refused() {
    for raw in ["", "{role},", "{roles}", "{role", "a b", "role}", "{role};x", "ä{role}"] {
        assert!(raw.parse::<GroupFormats>().is_err(), "{raw:?}");
    }
    let mut acme = tenant("acme", TenantStatus::Active);
    acme.tier = "Pro, really".parse().unwrap();
    let formats: GroupFormats = "{tier}".parse().unwrap();
    assert!(groups_of(&acme, &roles(&["viewer"]), &formats).is_err(), "a tier with a blank makes no group");
}

#[test]
fn only_iam_roles_on_the_allow_list_go_out() {
    let admitted = "arn:aws:iam::123456789012:role/app/acme-admin";
    let rows = [
        ("unset admits none", "", admitted, false),
        ("exact", admitted, admitted, true),
        ("pattern", "arn:aws:iam::123456789012:role/app/*", admitted, true),
        ("pattern in the middle", "arn:aws:iam::123456789012:role/*-admin", admitted, true),
        ("two wildcards", "arn:*:role/app/*admin", admitted, true),
        ("what stands between them is missing", "arn:*:user/*admin", admitted, false),
        (
            "second of two",
            "arn:aws:iam::999999999999:role/x,arn:aws:iam::123456789012:role/app/*",
            admitted,
            true,
        ),
        ("another account", "arn:aws:iam::999999999999:role/*", admitted, false),
        ("a longer text", "arn:aws:iam::123456789012:role/app", admitted, false),
        ("no ARN", "arn:*", "acme-admin", false),
        ("a user", "arn:*", "arn:aws:iam::123456789012:user/eve", false),
        ("a wildcard", "arn:*", "arn:aws:iam::123456789012:role/*", false),
        ("a damaged ARN", "arn:*", "arn:aws:iam::12345678901:role/x", false),
        ("another service", "arn:*", "arn:aws:sts::123456789012:role/x", false),
        ("a part more", "arn:*", "arn:aws:iam::123456789012:role/x:y", false),
        (
            "another partition",
            "arn:aws-us-gov:iam::123456789012:role/*",
            "arn:aws-us-gov:iam::123456789012:role/x",
            true,
        ),
    ];

    for (row, patterns, arn, expected) in rows {
        let allowed =
            if patterns.is_empty() { IamRoleAllowList::default() } else { patterns.parse().unwrap() };
        let mut acme = tenant("acme", TenantStatus::Active);
        let grant = RoleGrant { groups: vec![], iam_role: Some(arn.to_owned()) };
        acme.roles.insert("admin".parse().unwrap(), grant);
        let found = iam_roles_of(&acme, &roles(&["admin"]), &allowed);
        assert_eq!(
            (found.admitted.len(), found.left_out),
            (usize::from(expected), usize::from(!expected)),
            "{row}"
        );
    }
}

#[test]
fn an_iam_role_of_two_roles_goes_out_once() {
    let grant = RoleGrant { groups: vec![], iam_role: Some("arn:aws:iam::123456789012:role/app".to_owned()) };
    let mut acme = tenant("acme", TenantStatus::Active);
    acme.roles = ["admin", "editor"].map(|role| (role.parse().unwrap(), grant.clone())).into();

    let found = iam_roles_of(&acme, &roles(&["admin", "editor"]), &"arn:*".parse().unwrap());
    let none = iam_roles_of(&acme, &roles(&["admin", "editor"]), &IamRoleAllowList::default());

    assert_eq!((found.admitted.len(), found.left_out), (1, 0));
    assert_eq!((none.admitted.len(), none.left_out), (0, 2));
}

#[test]
fn a_pattern_that_is_no_arn_is_refused() {
    for (raw, is_list) in
        [("arn:*", true), ("arn:a*, arn:b*", true), ("*", false), ("arn:*,role/*", false), ("", false)]
    {
        assert_eq!(raw.parse::<IamRoleAllowList>().is_ok(), is_list, "{raw:?}");
    }
}
