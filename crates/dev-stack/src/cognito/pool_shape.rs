//! The members of `CreateUserPool` and `UpdateUserPool`, with the limits of the API reference.

use super::shape::{
    Members,
    Shape::{self, Choice, CodeText, Flag, List, Map, Number, Structure, Text},
};

/// What both operations may set, and what an update that leaves it out resets.
pub(crate) const UPDATABLE: Members = &[
    ("Policies", Structure(POLICIES)),
    ("DeletionProtection", Choice(&["ACTIVE", "INACTIVE"])),
    ("LambdaConfig", Structure(LAMBDA_CONFIG)),
    ("AutoVerifiedAttributes", List(&VERIFIABLE, 2)),
    ("SmsVerificationMessage", CodeText(140)),
    ("EmailVerificationMessage", CodeText(20_000)),
    ("EmailVerificationSubject", Text(1, 140)),
    ("VerificationMessageTemplate", Structure(VERIFICATION_TEMPLATE)),
    ("SmsAuthenticationMessage", CodeText(140)),
    (
        "UserAttributeUpdateSettings",
        Structure(&[("AttributesRequireVerificationBeforeUpdate", List(&VERIFIABLE, 2))]),
    ),
    ("MfaConfiguration", MFA),
    (
        "DeviceConfiguration",
        Structure(&[("ChallengeRequiredOnNewDevice", Flag), ("DeviceOnlyRememberedOnUserPrompt", Flag)]),
    ),
    ("EmailConfiguration", Structure(EMAIL)),
    ("SmsConfiguration", SMS),
    ("UserPoolTags", TAGS),
    ("AdminCreateUserConfig", Structure(ADMIN_CREATE_USER)),
    ("UserPoolAddOns", Structure(ADD_ONS)),
    ("AccountRecoverySetting", Structure(&[("RecoveryMechanisms", List(&RECOVERY, 2))])),
    ("UserPoolTier", Choice(&["LITE", "ESSENTIALS", "PLUS"])),
    (
        "KeyConfiguration",
        Structure(&[("KeyType", Choice(&["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KEY"])), ("KmsKeyArn", ARN)]),
    ),
    ("IssuerConfiguration", Structure(&[("Type", Choice(&["ORIGINAL", "UPDATED"]))])),
    ("AcrConfiguration", Map(&Structure(&[("AcrValue", Text(1, 2_048))]))),
];

/// What both operations may set, and what an update that leaves it out keeps.
pub(crate) const KEPT: Members = &[(
    "DcrConfiguration",
    Structure(&[
        ("EnableStatus", Choice(&["Enabled", "Disabled"])),
        ("AllowedScopes", List(&Text(1, 256), 50)),
        ("AuthenticatedGrantTypes", List(&GRANT_TYPE, 50)),
        ("OpenDcrEnabled", Flag),
        ("OpenDcrGrantTypes", List(&GRANT_TYPE, 50)),
    ]),
)];

/// What only `UpdateUserPool` has.
pub(crate) const UPDATE_ALONE: Members = &[("UserPoolId", POOL_ID), ("PoolName", POOL_NAME)];

/// What only `CreateUserPool` has: it cannot be changed later.
pub(crate) const CREATE_ALONE: Members = &[
    ("PoolName", POOL_NAME),
    ("AliasAttributes", List(&Choice(&["email", "phone_number", "preferred_username"]), 3)),
    ("UsernameAttributes", List(&VERIFIABLE, 2)),
    ("UsernameConfiguration", Structure(&[("CaseSensitive", Flag)])),
    ("Schema", List(&SCHEMA_ATTRIBUTE, 50)),
];

/// `MfaConfiguration`.
pub(crate) const MFA: Shape = Choice(&["OFF", "ON", "OPTIONAL"]);

/// `SmsConfiguration`.
pub(crate) const SMS: Shape = Structure(&[
    ("SnsCallerArn", ARN),
    ("ExternalId", Text(0, 131_072)),
    ("SnsRegion", Text(5, 32)),
    (
        "EumsSms",
        Structure(&[
            ("CallerArn", ARN),
            ("ExternalId", Text(0, 131_072)),
            ("OriginationIdentity", Text(1, 256)),
            ("ConfigurationSetName", Text(1, 256)),
            ("InEntityId", Text(1, 50)),
            ("InTemplateId", Text(1, 50)),
            ("Region", Text(5, 32)),
        ]),
    ),
]);

/// `UserPoolTags`.
pub(crate) const TAGS: Shape = Map(&Text(0, 256));

/// `UserPoolId`.
pub(crate) const POOL_ID: Shape = Text(1, 55);

/// One attribute of `Schema` and `CustomAttributes`.
pub(crate) const SCHEMA_ATTRIBUTE: Shape = Structure(&[
    ("Name", Text(1, 20)),
    ("AttributeDataType", Choice(&["String", "Number", "DateTime", "Boolean"])),
    ("DeveloperOnlyAttribute", Flag),
    ("Mutable", Flag),
    ("Required", Flag),
    (
        "NumberAttributeConstraints",
        Structure(&[("MinValue", Text(0, 131_072)), ("MaxValue", Text(0, 131_072))]),
    ),
    (
        "StringAttributeConstraints",
        Structure(&[("MinLength", Text(0, 131_072)), ("MaxLength", Text(0, 131_072))]),
    ),
]);

const GRANT_TYPE: Shape = Text(1, 131_072);
const POOL_NAME: Shape = Text(1, 128);
const ARN: Shape = Text(20, 2_048);
const VERIFIABLE: Shape = Choice(&["phone_number", "email"]);

const POLICIES: Members = &[
    (
        "PasswordPolicy",
        Structure(&[
            ("MinimumLength", Number(6, 99)),
            ("RequireUppercase", Flag),
            ("RequireLowercase", Flag),
            ("RequireNumbers", Flag),
            ("RequireSymbols", Flag),
            ("PasswordHistorySize", Number(0, 24)),
            ("TemporaryPasswordValidityDays", Number(0, 365)),
        ]),
    ),
    (
        "SignInPolicy",
        Structure(&[(
            "AllowedFirstAuthFactors",
            List(&Choice(&["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]), 4),
        )]),
    ),
];

const LAMBDA_CONFIG: Members = &[
    ("PreSignUp", ARN),
    ("CustomMessage", ARN),
    ("PostConfirmation", ARN),
    ("PreAuthentication", ARN),
    ("PostAuthentication", ARN),
    ("DefineAuthChallenge", ARN),
    ("CreateAuthChallenge", ARN),
    ("VerifyAuthChallengeResponse", ARN),
    ("PreTokenGeneration", ARN),
    ("UserMigration", ARN),
    (
        "PreTokenGenerationConfig",
        Structure(&[("LambdaVersion", Choice(&["V1_0", "V2_0", "V3_0"])), ("LambdaArn", ARN)]),
    ),
    ("CustomSMSSender", Structure(VERSIONED)),
    ("CustomEmailSender", Structure(VERSIONED)),
    ("KMSKeyID", ARN),
    ("InboundFederation", Structure(VERSIONED)),
];

const VERSIONED: Members = &[("LambdaVersion", Choice(&["V1_0"])), ("LambdaArn", ARN)];

const VERIFICATION_TEMPLATE: Members = &[
    ("SmsMessage", CodeText(140)),
    ("EmailMessage", CodeText(20_000)),
    ("EmailSubject", Text(1, 140)),
    ("EmailMessageByLink", Text(6, 20_000)),
    ("EmailSubjectByLink", Text(1, 140)),
    ("DefaultEmailOption", Choice(&["CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"])),
];

const EMAIL: Members = &[
    ("SourceArn", ARN),
    ("ReplyToEmailAddress", Text(1, 320)),
    ("EmailSendingAccount", Choice(&["COGNITO_DEFAULT", "DEVELOPER"])),
    ("From", Text(0, 131_072)),
    ("ConfigurationSet", Text(1, 64)),
];

const ADMIN_CREATE_USER: Members = &[
    ("AllowAdminCreateUserOnly", Flag),
    ("UnusedAccountValidityDays", Number(0, 365)),
    (
        "InviteMessageTemplate",
        Structure(&[
            ("SMSMessage", Text(6, 140)),
            ("EmailMessage", Text(6, 20_000)),
            ("EmailSubject", Text(1, 140)),
        ]),
    ),
];

const ADD_ONS: Members = &[
    ("AdvancedSecurityMode", Choice(&["OFF", "AUDIT", "ENFORCED"])),
    ("AdvancedSecurityAdditionalFlows", Structure(&[("CustomAuthMode", Choice(&["AUDIT", "ENFORCED"]))])),
];

const RECOVERY: Shape = Structure(&[
    ("Priority", Number(1, 2)),
    ("Name", Choice(&["verified_email", "verified_phone_number", "admin_only"])),
]);
