//! ARNs of IAM roles.

use tenancy::IamRoleArn;

#[test]
fn an_iam_role_is_an_arn() {
    let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(576));
    let rows = [
        ("arn:aws:iam::123456789012:role/acme-admin", true),
        ("arn:aws-cn:iam::123456789012:role/path/x", true),
        (&long, true),
        (&format!("{long}x"), false),
        ("arn:aws:iam::123456789012:user/x", false),
        ("arn:aws:iam::*:role/x", false),
        ("arn:aws:iam::123456789012:role/", false),
        ("acme-admin", false),
    ];

    for (arn, is_one) in rows {
        assert_eq!(arn.parse::<IamRoleArn>().is_ok(), is_one, "{arn}");
    }
}
