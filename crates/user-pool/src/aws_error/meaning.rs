//! The one list of error codes, and what each means.

use tenancy_aws::{CallError, CallFailure};

/// What an error of AWS means for the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// The credentials were good until some time ago.
    SessionExpired,
    /// AWS does not know the access key, or the secret is wrong.
    KeysRefused,
    /// There is nothing to sign a request with.
    NoCredentials,
    /// The request's time differs too much from that of AWS.
    ClockWrong,
    /// The caller is known and lacks a permission.
    Denied,
    /// There is no such pool, app client, function or table, in this Region and account.
    NotFound,
    /// The pool has no such user.
    UserNotFound,
    /// Too many calls.
    Throttled,
    /// Somebody else is changing the same thing.
    Conflict,
    /// The server, which is not AWS, does not have this operation.
    Unsupported,
    /// No connection, or no answer in time.
    Unreachable,
    /// An error of the service's own.
    Internal,
    /// An answer that is not in the protocol of AWS.
    Unreadable,
    /// The service refused it for a reason of its own, which its code names.
    Refused,
}

impl Meaning {
    /// A stable name for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionExpired => "session-expired",
            Self::KeysRefused => "keys-refused",
            Self::NoCredentials => "no-credentials",
            Self::ClockWrong => "clock-wrong",
            Self::Denied => "access-denied",
            Self::NotFound => "not-found",
            Self::UserNotFound => "user-missing",
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Unsupported => "unsupported",
            Self::Unreachable => "unreachable",
            Self::Internal => "internal",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
        }
    }

    /// Whether no call will work before the operator has signed in again.
    pub fn needs_sign_in(self) -> bool {
        matches!(self, Self::SessionExpired | Self::KeysRefused | Self::NoCredentials)
    }

    /// Whether the credentials are at fault, so that no other call of the same service will work either.
    pub fn is_of_the_caller(self) -> bool {
        self.needs_sign_in() || matches!(self, Self::Denied | Self::ClockWrong)
    }

    /// Whether it is not known what the service did, if anything. The same call may work when it is tried again.
    pub fn is_no_answer(self) -> bool {
        matches!(self, Self::Unreachable | Self::Internal | Self::Unreadable)
    }

    pub(super) fn of(call: &CallError) -> Self {
        match call.kind {
            CallFailure::NoCredentials => Self::NoCredentials,
            CallFailure::TimedOut | CallFailure::ConnectTimedOut | CallFailure::NotConnected => {
                Self::Unreachable
            }
            CallFailure::NotBuilt => Self::Refused,
            CallFailure::Refused | CallFailure::Unreadable | CallFailure::Other => {
                match Self::of_answer(call.code.as_deref(), call.message.as_deref(), call.status) {
                    // AWS names every refusal.
                    Self::Refused if call.code.is_none() => Self::Unreadable,
                    meaning => meaning,
                }
            }
        }
    }

    /// Servers that play AWS say "I do not know this operation" in many ways.
    fn of_answer(code: Option<&str>, message: Option<&str>, status: Option<u16>) -> Self {
        match (code.unwrap_or_default(), status) {
            ("ExpiredToken" | "ExpiredTokenException", _) => Self::SessionExpired,
            ("RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture", _) => Self::ClockWrong,
            (
                "InvalidSignatureException"
                | "InvalidSignature"
                | "SignatureDoesNotMatch"
                | "IncompleteSignature"
                | "IncompleteSignatureException",
                _,
            ) => Self::of_signature(message.unwrap_or_default()),
            (
                "UnrecognizedClientException"
                | "UnrecognizedClient"
                | "InvalidClientTokenId"
                | "InvalidAccessKeyId",
                _,
            ) => Self::KeysRefused,
            ("MissingAuthenticationToken" | "MissingAuthenticationTokenException", _) => Self::NoCredentials,
            (
                "AccessDenied"
                | "AccessDeniedException"
                | "NotAuthorizedException"
                | "UnauthorizedOperation"
                | "UnauthorizedException"
                | "AuthorizationErrorException"
                | "ForbiddenException",
                _,
            )
            | ("", Some(401 | 403)) => Self::Denied,
            ("ResourceNotFoundException", _) => Self::NotFound,
            ("UserNotFoundException", _) => Self::UserNotFound,
            // As the SDK has it (`aws-runtime`, `THROTTLING_ERRORS`).
            (
                "Throttling"
                | "ThrottlingException"
                | "ThrottledException"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "TooManyRequestsException"
                | "RequestLimitExceeded"
                | "ProvisionedThroughputExceededException"
                | "BandwidthLimitExceeded"
                | "LimitExceededException"
                | "SlowDown"
                | "PriorRequestNotComplete",
                _,
            ) => Self::Throttled,
            (
                "ConcurrentModificationException"
                | "ResourceConflictException"
                | "ResourceInUseException"
                | "TransactionConflictException"
                | "TransactionCanceledException"
                | "TransactionInProgressException",
                _,
            ) => Self::Conflict,
            (
                "UnknownOperation"
                | "UnknownOperationException"
                | "UnknownAction"
                | "InvalidAction"
                | "InvalidActionException"
                | "NotImplemented"
                | "NotImplementedException"
                | "NotImplementedError"
                | "UnsupportedOperation"
                | "UnsupportedOperationException",
                _,
            )
            | (_, Some(501 | 405))
            | ("", Some(404)) => Self::Unsupported,
            (_, Some(429)) => Self::Throttled,
            (code, _) if code.starts_with("Internal") || code.starts_with("ServiceUnavailable") => {
                Self::Internal
            }
            (_, Some(500..)) => Self::Internal,
            _ => Self::Refused,
        }
    }

    /// A signature is wrong because the secret is, or because the clock is; the code is the same, the message differs
    /// ("Signature expired: .. is now earlier than ..", "Signature not yet current: ..").
    fn of_signature(message: &str) -> Self {
        if message.starts_with("Signature expired") || message.starts_with("Signature not yet current") {
            Self::ClockWrong
        } else {
            Self::KeysRefused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_services_has_one_meaning() {
        use Meaning::{
            ClockWrong, Conflict, Denied, Internal, KeysRefused, NoCredentials, NotFound, Refused,
            SessionExpired, Throttled, Unsupported, UserNotFound,
        };
        let skewed = "Signature expired: 20261128T170000Z is now earlier than 20261128T180000Z (20261128T181500Z - 15 min.)";
        let early = "Signature not yet current: 20261128T210000Z is still later than 20261128T191500Z (20261128T190000Z + 15 min.)";
        let wrong = "The request signature we calculated does not match the signature you provided.";
        let rows = [
            (
                "STS",
                "ExpiredToken",
                "The security token included in the request is expired",
                403,
                SessionExpired,
            ),
            (
                "Cognito, DynamoDB, Lambda",
                "ExpiredTokenException",
                "The security token included in the request is expired",
                400,
                SessionExpired,
            ),
            (
                "DynamoDB, Cognito",
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                400,
                KeysRefused,
            ),
            (
                "STS",
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                403,
                KeysRefused,
            ),
            ("a wrong secret", "InvalidSignatureException", wrong, 400, KeysRefused),
            ("a wrong secret, STS", "SignatureDoesNotMatch", wrong, 403, KeysRefused),
            ("half a signature", "IncompleteSignature", "", 400, KeysRefused),
            ("a clock that is behind", "InvalidSignatureException", skewed, 400, ClockWrong),
            ("a clock that is behind, STS", "SignatureDoesNotMatch", skewed, 403, ClockWrong),
            ("a clock that is ahead", "InvalidSignatureException", early, 400, ClockWrong),
            ("an old request", "RequestExpired", "", 400, ClockWrong),
            ("another clock", "RequestTimeTooSkewed", "", 403, ClockWrong),
            ("unsigned", "MissingAuthenticationToken", "", 403, NoCredentials),
            ("unsigned, DynamoDB", "MissingAuthenticationTokenException", "", 400, NoCredentials),
            ("Cognito, DynamoDB", "AccessDeniedException", "", 400, Denied),
            ("STS", "AccessDenied", "", 403, Denied),
            ("Cognito", "NotAuthorizedException", "", 400, Denied),
            ("the portal of SSO", "ForbiddenException", "No access", 403, Denied),
            ("a gateway", "", "", 403, Denied),
            ("no such pool", "ResourceNotFoundException", "User pool x does not exist.", 400, NotFound),
            ("no such function", "ResourceNotFoundException", "Function not found: x", 404, NotFound),
            ("no such user", "UserNotFoundException", "User does not exist.", 400, UserNotFound),
            ("Cognito", "TooManyRequestsException", "Rate exceeded", 400, Throttled),
            ("Lambda", "TooManyRequestsException", "Rate Exceeded.", 429, Throttled),
            ("DynamoDB", "ThrottlingException", "", 400, Throttled),
            ("STS", "Throttling", "Rate exceeded", 400, Throttled),
            ("DynamoDB", "ProvisionedThroughputExceededException", "", 400, Throttled),
            ("DynamoDB", "RequestLimitExceeded", "", 400, Throttled),
            ("while unavailable", "ThrottlingException", "", 503, Throttled),
            ("without a code", "", "", 429, Throttled),
            ("two updates of a pool", "ConcurrentModificationException", "", 400, Conflict),
            ("two writes of an item", "TransactionCanceledException", "", 400, Conflict),
            ("Cognito's word for an unknown call", "UnknownOperationException", "", 400, Unsupported),
            ("501 without a word", "", "", 501, Unsupported),
            ("501 with a word of its own", "Oops", "", 501, Unsupported),
            ("a path that is not served", "", "", 404, Unsupported),
            ("Cognito", "InternalErrorException", "", 500, Internal),
            ("DynamoDB", "InternalServerError", "", 500, Internal),
            ("an internal error with the status of a refusal", "InternalErrorException", "", 400, Internal),
            ("STS", "ServiceUnavailable", "", 503, Internal),
            ("Lambda", "ServiceException", "", 500, Internal),
            ("503 without a word", "", "", 503, Internal),
            ("DynamoDB", "ValidationException", "", 400, Refused),
            ("Cognito", "InvalidParameterException", "", 400, Refused),
        ];

        for (name, code, message, status, expected) in rows {
            assert_eq!(
                Meaning::of_answer(Some(code).filter(|code| !code.is_empty()), Some(message), Some(status)),
                expected,
                "{name}: {code} {status}"
            );
        }
    }
}
