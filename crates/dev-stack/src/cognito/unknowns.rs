//! Everything about Cognito that is *assumed*: questions that the developer guide does not answer, each with
//! the answer that this stack gives. Whoever learns the truth on a live pool changes it here and nowhere else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    error::CognitoError,
    group_configuration::GroupConfiguration,
    trigger::{EventVersion, Trigger},
};

/// What name of the trigger stands in an error's text, "`<name>` failed with error .."?
///
/// The guide has `PreTokenGeneration` and `PostConfirmation`. On a V2 pool `PreTokenGenerationV2_0` was seen
/// (aws-lambda-rust-runtime issue 1129, one report); for V3 the same form is assumed.
pub(crate) fn error_label(trigger: Trigger, version: EventVersion) -> String {
    let version = if version == EventVersion::V1 { "" } else { version.as_lambda_version() };
    format!("{}{version}", trigger.member())
}

/// Is a trigger called again when the function reports an error, or hits its own timeout inside Cognito's?
///
/// Documented for attempts that Cognito itself times out; not for errors. Assumed: no.
pub(crate) const RETRY_FUNCTION_ERRORS: bool = false;

/// Which members of the event must come back equal, or the output is "unrecognizable"?
///
/// The guide only asks for the event object. Losing one of the first five was reported to fail;
/// `triggerSource` is assumed to be no different.
pub(crate) const ECHOED_MEMBERS: [&str; 6] =
    ["version", "region", "userPoolId", "userName", "callerContext", "triggerSource"];

/// Must `request` come back, and unchanged?
///
/// Assumed: it must be there as an object; its content is not compared, since official structs of other
/// languages add `clientMetadata: null` to it.
pub(crate) const REQUEST_MUST_COME_BACK: bool = true;

/// Is `null` for an optional member of the details (`claimsToSuppress`, `idTokenGeneration`, a list of
/// groups) the same as leaving it out?
///
/// Assumed: yes, since official structs emit it. `groupOverrideDetails` itself is the documented exception:
/// there `null` suppresses the groups.
pub(crate) const NULL_MEMBER_IS_ABSENT: bool = true;

/// May a claim added on V2 or V3 have this value?
///
/// Documented: strings, numbers, booleans, arrays and objects. `null` is not in that list, so it is assumed
/// to be refused, at any depth.
pub(crate) fn claim_value_is_accepted(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(claim_value_is_accepted),
        Value::Object(members) => members.values().all(claim_value_is_accepted),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// What happens to an array or object for one of the ID token's claims that take no complex value
/// (`phone_number_verified`, `email_verified`, `updated_at`, `address`)?
///
/// The guide forbids it without saying how. Assumed: the whole output is refused.
pub(crate) const SIMPLE_VALUED_ID_CLAIMS: [&str; 4] =
    ["phone_number_verified", "email_verified", "updated_at", "address"];

/// What happens to a reserved claim in `claimsToAddOrOverride` or `claimsToSuppress`: refused or dropped?
///
/// Assumed: dropped silently, the rest is applied (two emulators; one says so of the real service).
pub(crate) const RESERVED_CLAIMS_ARE_DROPPED: bool = true;

/// What does an absent `groupOverrideDetails` do on V2 and V3?
///
/// AWS's samples for claims alone omit it, so: the memberships stay.
pub(crate) fn groups_when_not_overridden(memberships: GroupConfiguration) -> GroupConfiguration {
    memberships
}

/// What do roles become when `groupOverrideDetails` has only `groupsToOverride`?
///
/// The object replaces everything, so: none.
pub(crate) fn roles_when_left_out() -> Vec<String> {
    Vec::new()
}

/// Does the group override have an effect on a machine's access token, which has no groups?
///
/// Assumed: no.
pub(crate) const MACHINE_TOKENS_TAKE_GROUPS: bool = false;

/// Does a scope that is both added and suppressed stay?
///
/// Documented for claims: suppression wins. Assumed the same for scopes.
pub(crate) const SCOPE_SUPPRESSION_WINS: bool = true;

/// What is the `scope` claim when all scopes are suppressed: empty or absent?
///
/// Assumed: absent.
pub(crate) const EMPTY_SCOPE_IS_ABSENT: bool = true;

/// Which user attributes are in a pre-token-generation event: all, or those that the client may read?
///
/// The guide says "profile attributes" here and filters only the token's own content. Assumed: all.
pub(crate) fn event_attributes(
    all: BTreeMap<String, String>,
    _readable: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    all
}

/// How does the token endpoint report a failed trigger?
///
/// Seen for the classic hosted UI's redirects: `invalid_request` with the text as description. Assumed here
/// too.
pub(crate) const TOKEN_ENDPOINT_TRIGGER_ERROR: &str = "invalid_request";

/// May a client that lists no write (or read) attributes write `custom:*`?
///
/// The guide says a new client gets all standard and custom attributes, the API reference only the standard
/// ones. Assumed: all, the more dangerous answer; real set-ups list them.
pub(crate) const DEFAULT_PERMISSIONS_INCLUDE_CUSTOM: bool = true;

/// Does a new password count when the pre-token-generation trigger fails after `NEW_PASSWORD_REQUIRED`?
///
/// As with confirmation, assumed: yes; the next sign-in uses it.
pub(crate) const NEW_PASSWORD_SURVIVES_TRIGGER_FAILURE: bool = true;

/// In which order are a user's groups in the event and in `cognito:groups`?
///
/// Assumed: by precedence, lowest number first, those without one last, equals by name.
pub(crate) fn group_rank(precedence: Option<u32>, name: &str) -> (u64, String) {
    (precedence.map_or(u64::MAX, u64::from), name.to_owned())
}

/// Does a refreshed token keep the `event_id` of the sign-in?
///
/// `origin_jti` and `auth_time` are documented to stay; `event_id` names the authentication event, so
/// assumed: yes.
pub(crate) const REFRESH_KEEPS_EVENT_ID: bool = true;

/// Which access tokens have `version: 2`?
///
/// Seen in the guide's samples from OAuth endpoints and not in tokens of API sign-ins. Assumed: those that the token
/// endpoint gives, to machines and to users.
pub(crate) const OAUTH_TOKEN_VERSION: u32 = 2;

/// Which attributes do the scopes of a sign-in show in its ID token?
///
/// The guide says it of `userInfo`: `openid` alone shows all; `profile`, `email` and `phone` show their own. Assumed the
/// same for the ID token, with custom attributes under `profile`, and all for a sign-in through the API.
pub(crate) fn scopes_show(scopes: &[String], attribute: &str) -> bool {
    let has = |name: &str| scopes.iter().any(|scope| scope == name);
    if !["profile", "email", "phone"].into_iter().any(has) {
        return true;
    }
    match attribute {
        "email" | "email_verified" => has("email"),
        "phone_number" | "phone_number_verified" => has("phone"),
        _ => has("profile"),
    }
}

/// Is an authorization code spent by a redemption that is refused, for a wrong `redirect_uri` or `code_verifier`?
///
/// Not documented. Assumed: yes, so that an app that depends on a second try is found out.
pub(crate) const WRONG_REDEMPTION_SPENDS_CODE: bool = true;

/// Which source has the event of a user of the pool, and of no provider, at managed login?
///
/// The guide names `TokenGeneration_HostedAuth` for sign-ins "from the hosted UI sign-in page" and lists, in a table of
/// local users, `TokenGeneration_Authentication` at `/login`. Assumed: the first, as for federated users.
pub(crate) const MANAGED_LOGIN_SOURCE: &str = "TokenGeneration_HostedAuth";

/// Is a request with a member that the operation does not have refused?
///
/// Services of AWS ignore what they do not know, as far as seen. Here it is refused, so that a misspelt key is
/// found out.
pub(crate) const UNKNOWN_MEMBERS_ARE_REFUSED: bool = true;

/// What does an update without a name make of the name of a pool, or of an app client?
///
/// The reference: what is left out gets its default; but a name has none. Tools that never sent `PoolName` did not
/// lose it, as far as seen. Assumed here the worse: it is lost, and the id takes its place, so that whoever forgets
/// to send it is found out. `None` would keep it.
#[expect(clippy::unnecessary_wraps, reason = "the other answer is none")]
pub(crate) fn name_when_left_out(id: &str) -> Option<String> {
    Some(id.to_owned())
}

/// Is an old text of a message (`EmailVerificationMessage`) that differs from its member in
/// `VerificationMessageTemplate` refused when both are sent?
///
/// Not documented; what is set in one shows in the other. Assumed: yes.
pub(crate) const MIRRORED_TEXTS_MUST_AGREE: bool = true;

/// Does `LambdaConfig` show `PreTokenGeneration` beside a `PreTokenGenerationConfig` of this version?
///
/// The reference says that both have the same value, not when both are there. Assumed: for `V1_0` alone, which is
/// what the old member means.
pub(crate) fn legacy_trigger_is_shown(version: EventVersion) -> bool {
    version == EventVersion::V1
}

/// Is a custom attribute mutable when the request does not say?
///
/// Not documented. Assumed: yes; real set-ups say it.
pub(crate) const CUSTOM_ATTRIBUTES_ARE_MUTABLE: bool = true;

/// What is a level of `AcrConfiguration` called that nobody named, and may such a name be sent on tier `LITE`?
///
/// The names are documented, and that a description always has all four; also that naming them needs `ESSENTIALS`.
/// Assumed: the default names can be sent back on any tier.
pub(crate) fn default_acr_value(level: u8) -> String {
    format!("urn:cognito:loa:{level}")
}

/// Does a new address that an administrator writes without its `_verified` wait for the user's code, where the pool says
/// so of changes (`AttributesRequireVerificationBeforeUpdate`)?
///
/// The reference speaks of "you update" and of no caller. Assumed: yes, as for the user's own change.
pub(crate) const ADMINISTRATORS_CHANGES_WAIT_FOR_THE_CODE: bool = true;

/// What does `REFRESH_TOKEN_AUTH` get where the app client rotates refresh tokens?
///
/// Documented: it cannot be used there. Which exception is not. Assumed: as for an unknown token.
pub(crate) fn refresh_flow_refused() -> CognitoError {
    CognitoError::not_authorized("Invalid Refresh Token. Use GetTokensFromRefreshToken: rotation is enabled.")
}

/// Is an app client refused that rotates refresh tokens and lists `ALLOW_REFRESH_TOKEN_AUTH`?
///
/// Documented: the flow has to be disabled for rotation; a client without a list has it by default. Assumed: refused when
/// the request lists it.
pub(crate) const ROTATION_EXCLUDES_THE_REFRESH_FLOW: bool = true;

/// Do the second factors besides SMS that `SetUserPoolMfaConfig` has set survive an `UpdateUserPool`, which cannot
/// send them?
///
/// Not documented. Assumed: yes, and so `MfaConfiguration` can be sent without SMS when there is one.
pub(crate) const MFA_METHODS_SURVIVE_UPDATE: bool = true;

/// Does a refresh that the trigger refuses spend the refresh token, where the app client rotates them?
///
/// Not documented. Assumed: no; the app tries again with the same token.
pub(crate) const REFUSED_REFRESH_SPENDS_TOKEN: bool = false;
