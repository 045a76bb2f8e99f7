//! Amazon Resource Names.

use crate::text::text_type;

text_type! {
    /// The ARN of an IAM role: `arn:<partition>:iam::<12 digits>:role/<path and name>` (IAM user guide, "IAM identifiers").
    /// The path has up to 512 characters, the name up to 64 (API reference, `CreateRole`).
    IamRoleArn, "ARN of an IAM role", "written arn:aws:iam::<12 digits>:role/<name>", is_iam_role
}

fn is_iam_role(raw: &str) -> bool {
    let parts: Vec<&str> = raw.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b);
    *scheme == "arn"
        && partition.starts_with("aws")
        && *service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && resource
            .strip_prefix("role/")
            .is_some_and(|name| (1..=576).contains(&name.len()) && name.bytes().all(is_name))
}
