//! Every member that `DescribeUserPool` shows of a pool, and what becomes of it in `UpdateUserPool`. What is not sent
//! there is reset to its default, so this is the one place where a member can be lost; a test holds it against the SDK.

/// What becomes of a member of the description in the update.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// Sent as it is described.
    Copied,
    /// Sent under another name.
    Renamed(&'static str),
    /// Not sent: no update can change it. The reason.
    Fixed(&'static str),
}

use Fate::{Copied, Fixed, Renamed};

const SET_AT_CREATION: &str = "fixed when the pool was created";
const TOLD: &str = "told by Cognito, not set";
const DOMAIN: &str = "changed by the domain operations alone";
const MFA: &str = "of GetUserPoolMfaConfig, changed by SetUserPoolMfaConfig alone";

/// Top-level members of the description, in the order of the API reference (`UserPoolType`), and those that other
/// servers of this API add to it.
pub const MEMBERS: &[(&str, Fate)] = &[
    ("Id", Renamed("UserPoolId")),
    // Its absence is not documented to leave the name alone.
    ("Name", Renamed("PoolName")),
    ("Policies", Copied),
    ("DeletionProtection", Copied),
    ("LambdaConfig", Copied),
    ("Status", Fixed(TOLD)),
    ("LastModifiedDate", Fixed(TOLD)),
    ("CreationDate", Fixed(TOLD)),
    ("SchemaAttributes", Fixed("changed by AddCustomAttributes alone")),
    ("AutoVerifiedAttributes", Copied),
    ("AliasAttributes", Fixed(SET_AT_CREATION)),
    ("UsernameAttributes", Fixed(SET_AT_CREATION)),
    // The three old texts are copies of those in VerificationMessageTemplate. Both are sent, as they are described:
    // where they are one thing in two places they agree, and where they are two nothing else keeps both.
    ("SmsVerificationMessage", Copied),
    ("EmailVerificationMessage", Copied),
    ("EmailVerificationSubject", Copied),
    ("VerificationMessageTemplate", Copied),
    ("SmsAuthenticationMessage", Copied),
    ("UserAttributeUpdateSettings", Copied),
    // Sent: an update that names the mode that the pool is in is accepted, whatever the factors.
    ("MfaConfiguration", Copied),
    ("DeviceConfiguration", Copied),
    ("EstimatedNumberOfUsers", Fixed(TOLD)),
    ("EmailConfiguration", Copied),
    ("SmsConfiguration", Copied),
    ("UserPoolTags", Copied),
    ("SmsConfigurationFailure", Fixed(TOLD)),
    ("EmailConfigurationFailure", Fixed(TOLD)),
    ("Domain", Fixed(DOMAIN)),
    ("CustomDomain", Fixed(DOMAIN)),
    ("AdminCreateUserConfig", Copied),
    ("UserPoolAddOns", Copied),
    ("UsernameConfiguration", Fixed(SET_AT_CREATION)),
    ("Arn", Fixed(TOLD)),
    ("AccountRecoverySetting", Copied),
    ("UserPoolTier", Copied),
    ("KeyConfiguration", Copied),
    ("IssuerConfiguration", Copied),
    ("AcrConfiguration", Copied),
    // Of no real pool: emulators show the request and the MFA settings here as well.
    ("UserPoolId", Fixed(TOLD)),
    ("PoolName", Fixed(TOLD)),
    ("SmsMfaConfiguration", Fixed(MFA)),
    ("SoftwareTokenMfaConfiguration", Fixed(MFA)),
    ("EmailMfaConfiguration", Fixed(MFA)),
    ("WebAuthnConfiguration", Fixed(MFA)),
];

/// Members that no comparison looks at: they change by themselves, or repeat another one.
pub const NOT_COMPARED: &[&str] = &["LastModifiedDate", "EstimatedNumberOfUsers", "UserPoolId", "PoolName"];

/// Members that say how Cognito fares with a setting. Cognito looks anew at each update, so a change of them is told,
/// but nothing is lost.
pub const DIAGNOSES: &[&str] = &["SmsConfigurationFailure", "EmailConfigurationFailure"];

/// What becomes of a member; `None` for one that this version does not know.
pub fn fate(name: &str) -> Option<Fate> {
    MEMBERS.iter().find(|(known, _)| *known == name).map(|(_, fate)| *fate)
}

/// What a member of the update is called in the description.
pub fn described_as(sent: &str) -> &str {
    let renamed = MEMBERS.iter().find(|(_, fate)| matches!(fate, Renamed(name) if *name == sent));
    renamed.map_or(sent, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_cognitoidentityprovider::operation::update_user_pool::UpdateUserPoolInput;
    use aws_sdk_cognitoidentityprovider::types::UserPoolType;

    use super::*;

    /// The names of a type's members, as they stand on the wire.
    macro_rules! names {
        ($type:ty) => {
            <$type>::SCHEMA
                .members()
                .iter()
                .filter_map(|member| member.member_name())
                .map(str::to_owned)
                .collect::<BTreeSet<String>>()
        };
    }

    #[test]
    fn every_member_that_cognito_describes_is_copied_renamed_or_left_out_on_purpose() {
        let described = names!(UserPoolType);

        let unknown: Vec<_> = described.iter().filter(|name| fate(name).is_none()).collect();

        assert!(described.len() >= 37, "{described:?}");
        assert_eq!(unknown, Vec::<&String>::new(), "decide what becomes of these in `MEMBERS`");
    }

    #[test]
    fn every_member_that_an_update_takes_is_filled_from_the_description() {
        let taken = names!(UpdateUserPoolInput);
        let filled: BTreeSet<String> = MEMBERS
            .iter()
            .filter_map(|(name, fate)| match fate {
                Copied => Some(*name),
                Renamed(name) => Some(*name),
                Fixed(_) => None,
            })
            .map(str::to_owned)
            .collect();

        assert_eq!(filled, taken, "left: what is sent; right: what UpdateUserPool takes");
    }

    #[test]
    fn no_member_has_two_fates() {
        let names: BTreeSet<_> = MEMBERS.iter().map(|(name, _)| name).collect();

        assert_eq!(names.len(), MEMBERS.len());
    }
}
