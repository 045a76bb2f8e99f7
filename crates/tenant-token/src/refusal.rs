/// Why a token was refused. The list is closed: there is no other way for [`Verifier::verify`](crate::Verifier::verify)
/// to fail.
///
/// The variants are in the order of the checks, and the first check that fails decides. `Display` is for your logs. Do not
/// send it to the caller: an attacker learns from it which part of a forged token to repair. [`status`](Self::status) is
/// all that a caller needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The token has more than 16,384 bytes. It was not decoded.
    #[error("the token is longer than 16,384 bytes")]
    TooLong,
    /// The token is not a JWS in compact form with a JSON object as payload, or a claim that every Cognito token has is
    /// missing or has the wrong type. The text says which part.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// `alg` is not `RS256`, the only algorithm of Cognito.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// `iss` is not byte for byte one of [`Rules`](crate::Rules)' issuers.
    #[error("the issuer is not accepted")]
    Issuer,
    /// The issuer publishes no key with the `kid` of the token.
    ///
    /// After a key rotation an unknown `kid` makes the verifier fetch the keys again, but at most every 30 s for each
    /// issuer. Callers in between get this refusal.
    #[error("the issuer has no key with this kid")]
    KeyUnknown,
    /// The keys of the issuer could not be fetched. The token may be good: answer 503, not 401, so that an app tries
    /// again and does not sign its user out.
    #[error("the keys of the issuer could not be fetched")]
    KeysUnavailable,
    /// The signature does not belong to this header and payload.
    #[error("the signature is wrong")]
    Signature,
    /// `exp`, plus the leeway, has passed.
    #[error("the token has expired")]
    Expired,
    /// `iat` or `nbf` is in the future, by more than the leeway. The usual cause is a wrong clock of this machine.
    #[error("the token is not valid yet")]
    TooEarly,
    /// The token was issued longer ago than [`Rules::max_age`](crate::Rules::max_age) allows.
    #[error("the token was issued too long ago")]
    TooOld,
    /// `token_use` is missing, unknown or not accepted: mostly an ID token where an access token is expected.
    #[error("the token is of the wrong kind: token_use")]
    TokenUse,
    /// The app client is missing or not in the list: `client_id` of an access token, `aud` of an ID token.
    #[error("the app client is not accepted")]
    Client,
    /// The token lacks one of the scopes that [`Rules`](crate::Rules) demand. ID tokens have no scopes.
    #[error("a required scope is missing")]
    Scope,
    /// The token has no tenant claim.
    ///
    /// Cognito issues such tokens while the trigger that adds the tenant is detached. Access tokens of event version `V1_0`
    /// never have a tenant.
    #[error("the token has no tenant")]
    NoTenant,
    /// A claim about the tenant, the groups or the scopes has a value that it cannot have. The text names the claim by its
    /// role, such as `tenant id`, whatever the claim is called in your tokens.
    #[error("malformed claim: {0}")]
    BadClaim(&'static str),
}

impl Refusal {
    /// A stable name for logs and metrics, such as `expired` or `no_tenant`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed(_) => "malformed",
            Self::Algorithm => "algorithm",
            Self::Issuer => "issuer",
            Self::KeyUnknown => "key_unknown",
            Self::KeysUnavailable => "keys_unavailable",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::TooEarly => "too_early",
            Self::TooOld => "too_old",
            Self::TokenUse => "token_use",
            Self::Client => "client",
            Self::Scope => "scope",
            Self::NoTenant => "no_tenant",
            Self::BadClaim(_) => "bad_claim",
        }
    }

    /// The HTTP status for the caller: 403 for [`Scope`](Self::Scope), 503 for
    /// [`KeysUnavailable`](Self::KeysUnavailable), and 401 for all others (RFC 6750, section 3.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Scope => 403,
            Self::KeysUnavailable => 503,
            _ => 401,
        }
    }
}
