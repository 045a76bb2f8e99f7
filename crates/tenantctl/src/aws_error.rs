//! What an error of AWS means. The one list of error codes, with one message and one advice for each meaning.
//!
//! Messages of services are repeated, bodies of answers never: a description of an app client holds its secret.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
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
    #[must_use]
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

    /// What to do, when that does not depend on what was asked for.
    #[must_use]
    pub fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::SessionExpired | Self::KeysRefused | Self::NoCredentials => "Sign in again.",
            Self::ClockWrong => "Set the clock of this computer.",
            Self::Denied => {
                "Ask an administrator of the AWS account for that permission, or take other credentials with --profile."
            }
            Self::Throttled => "Try again in a minute.",
            Self::Conflict => "Somebody else is changing it at this moment: look at it again, then repeat.",
            Self::Unsupported => {
                "Does the endpoint (--endpoint-url, AWS_ENDPOINT_URL) play this service of AWS?"
            }
            Self::Unreachable => {
                "Is the network up, and are the Region and the endpoint right (--region, --endpoint-url, AWS_ENDPOINT_URL)?"
            }
            Self::Internal => "Try again in a minute. https://health.aws.amazon.com shows outages.",
            Self::Unreadable => {
                "Is the endpoint right (--endpoint-url, AWS_ENDPOINT_URL), or is there a proxy?"
            }
            Self::NotFound | Self::UserNotFound | Self::Refused => return None,
        })
    }

    /// Whether no call will work before the operator has signed in again.
    #[must_use]
    pub fn needs_sign_in(self) -> bool {
        matches!(self, Self::SessionExpired | Self::KeysRefused | Self::NoCredentials)
    }

    /// Whether the credentials are at fault, so that no other call of the same service will work either.
    #[must_use]
    pub fn is_of_the_caller(self) -> bool {
        self.needs_sign_in() || matches!(self, Self::Denied | Self::ClockWrong)
    }

    /// Whether it is not known what the service did, if anything. The same call may work when it is tried again.
    #[must_use]
    pub fn is_no_answer(self) -> bool {
        matches!(self, Self::Unreachable | Self::Internal | Self::Unreadable)
    }

    fn of(call: &CallError) -> Self {
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
            ) => Self::Denied,
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
            ("", Some(401 | 403)) => Self::Denied,
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

/// An error of AWS, in words. `Display` says what happened; [`Meaning::advice`] what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AwsError {
    meaning: Meaning,
    code: Option<String>,
    message: Option<String>,
    status: Option<u16>,
    cause: Option<String>,
}

impl AwsError {
    /// Reads an error of the SDK.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        CallError::of(error).into()
    }

    /// Without the service's own words, for calls about users: Cognito may quote the user in them. Words that name a
    /// permission are about the operator, and stay.
    #[must_use]
    pub fn about_user(mut self) -> Self {
        self.message = self.permission().map(str::to_owned);
        self
    }

    /// What IAM says of the permission that is missing: "User: ARN is not authorized to perform: ACTION on resource: ARN
    /// because ..".
    #[must_use]
    pub fn permission(&self) -> Option<&str> {
        let is_of_iam = |message: &&str| {
            message.starts_with("User: arn:") && message.contains(" is not authorized to perform: ")
        };
        self.message().filter(is_of_iam)
    }

    /// The error of a call among what caused `error`, such as that of the table in a [`tenancy::ports::StoreError`].
    #[must_use]
    pub fn within(error: &(dyn Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |&cause| cause.source())
            .find_map(|cause| cause.downcast_ref::<CallError>())
            .cloned()
            .map(Self::from)
    }

    /// What it means.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// The service's error code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's own words.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl From<CallError> for AwsError {
    fn from(call: CallError) -> Self {
        let meaning = Meaning::of(&call);
        let built = (call.kind == CallFailure::NotBuilt).then(|| call.to_string());
        let message = call.message.map(|message| message.trim().trim_end_matches('.').to_owned());
        Self {
            meaning,
            code: call.code,
            message: message.filter(|message| !message.is_empty()).or(built),
            status: call.status,
            cause: call.cause,
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.message.as_deref();
        let (what, detail) = match self.meaning {
            Meaning::SessionExpired => ("the session has expired", None),
            Meaning::KeysRefused => ("AWS does not accept these keys", None),
            Meaning::NoCredentials => ("there are no usable credentials", self.cause.as_deref()),
            Meaning::ClockWrong => ("the clock of this computer differs too much from that of AWS", None),
            Meaning::Denied => (said.unwrap_or("these credentials may not do it"), None),
            Meaning::NotFound => (said.unwrap_or("there is no such resource"), None),
            Meaning::UserNotFound => ("there is no such user", None),
            Meaning::Throttled => ("AWS refused it as one call too many", None),
            Meaning::Conflict => (said.unwrap_or("somebody else is changing it"), None),
            Meaning::Unsupported => ("the server does not know this operation", None),
            Meaning::Unreachable => match self.cause.as_deref() {
                Some(cause) => ("could not connect, or the connection broke", Some(cause)),
                None => ("AWS did not answer in time", None),
            },
            Meaning::Internal => ("AWS had an internal error", None),
            Meaning::Unreadable => ("the answer cannot be read", None),
            Meaning::Refused => (said.unwrap_or("AWS refused it"), None),
        };
        if let (Meaning::Unreadable, Some(status)) = (self.meaning, self.status) {
            return write!(f, "the server answered with status {status}, and nothing that can be read");
        }
        f.write_str(what)?;
        match (&self.code, self.status, detail) {
            (_, _, Some(detail)) => write!(f, ": {detail}"),
            (Some(code), _, None) => write!(f, " ({code})"),
            (None, Some(status), None) => write!(f, " (status {status})"),
            (None, None, None) => Ok(()),
        }
    }
}

impl Error for AwsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: &str, message: &str, status: u16) -> AwsError {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        CallError {
            kind: CallFailure::Refused,
            code: some(code),
            message: some(message),
            status: Some(status),
            cause: None,
        }
        .into()
    }

    #[test]
    fn each_code_of_the_services_has_one_meaning() {
        use Meaning::{
            ClockWrong, Conflict, Denied, Internal, KeysRefused, NoCredentials, NotFound, Refused,
            SessionExpired, Throttled, Unreadable, Unsupported, UserNotFound,
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
            ("a page of a proxy", "", "", 200, Unreadable),
            ("a teapot", "", "", 418, Unreadable),
            ("DynamoDB", "ValidationException", "", 400, Refused),
            ("Cognito", "InvalidParameterException", "", 400, Refused),
        ];

        for (name, code, message, status, expected) in rows {
            assert_eq!(answered(code, message, status).meaning(), expected, "{name}: {code} {status}");
        }
    }

    #[test]
    fn a_denial_says_what_to_ask_the_administrator_for() {
        let said = "User: arn:aws:iam::111122223333:user/ops is not authorized to perform: cognito-idp:ListUsers on \
                    resource: arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AbC because no \
                    identity-based policy allows the cognito-idp:ListUsers action";

        let named = answered("AccessDeniedException", said, 400);
        let unnamed = answered("AccessDeniedException", "", 400);

        assert_eq!(named.to_string(), format!("{said} (AccessDeniedException)"));
        assert_eq!(unnamed.to_string(), "these credentials may not do it (AccessDeniedException)");
    }

    #[test]
    fn what_has_no_answer_says_what_was_in_the_way() {
        let silent = |kind, cause: Option<&str>| {
            let cause = cause.map(str::to_owned);
            AwsError::from(CallError { kind, code: None, message: None, status: None, cause })
        };

        let rows = [
            (silent(CallFailure::TimedOut, None), Meaning::Unreachable, "AWS did not answer in time"),
            (
                silent(CallFailure::NotConnected, Some("Connection refused")),
                Meaning::Unreachable,
                "could not connect, or the connection broke: Connection refused",
            ),
            (
                silent(CallFailure::NoCredentials, Some("there is no profile `x`")),
                Meaning::NoCredentials,
                "there are no usable credentials: there is no profile `x`",
            ),
            (silent(CallFailure::NotBuilt, None), Meaning::Refused, "the request could not be built"),
        ];

        for (error, meaning, text) in rows {
            assert_eq!((error.meaning(), error.to_string().as_str()), (meaning, text));
        }
    }
}
