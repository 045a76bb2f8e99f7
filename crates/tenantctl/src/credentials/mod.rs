//! The operator's credentials: where they come from, and why there are none.

mod source;

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::result::ConnectorError;

pub(crate) use source::{Kind, Place, ProfileSource, Source, profiles};

use user_pool::aws_error::{AwsError, Meaning};

use crate::advice;
use user_pool::words::shell_word;

/// Longest wait for credentials. A `credential_process` that starts the AWS CLI takes a second or two.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(8);

/// Why there are no credentials. `Display` follows "there are no usable credentials: ".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unsigned {
    /// The configuration has no profile of the name.
    #[error("there is no profile `{profile}` in ~/.aws/config or ~/.aws/credentials")]
    ProfileUnknown { profile: String },
    /// Its name has characters that the SDK does not read.
    #[error(
        "tenantctl cannot read a profile called `{profile}`: it reads only names of letters, digits and _-/.%@:+"
    )]
    ProfileUnreadable { profile: String },
    /// The profile has none of the settings that give credentials.
    #[error("profile `{profile}` has no credentials")]
    ProfileEmpty { profile: String },
    /// `mfa_serial`.
    #[error("profile `{profile}` asks for an MFA code (mfa_serial), which tenantctl cannot do")]
    Mfa {
        /// The profile with the setting.
        profile: String,
    },
    /// `login_session`. The SDK's support of it brings a second implementation of cryptography.
    #[error("profile `{profile}` signs in with `aws login` (login_session), which tenantctl cannot do")]
    Login {
        /// The profile with the setting.
        profile: String,
    },
    /// There is no token of `aws sso login`, or it has expired.
    #[error("the SSO session of profile `{}` is missing or has expired", .0.base)]
    Sso(ProfileSource),
    /// IAM Identity Center accepts the session, and gives no credentials of the role.
    #[error("SSO gives profile `{profile}` no credentials: {error}")]
    SsoRole {
        profile: String,
        /// What it said.
        error: AwsError,
    },
    /// The program of `credential_process` failed.
    #[error("the credential_process of profile `{profile}` failed: {why}")]
    Process {
        profile: String,
        /// Its exit, and what it said; or what is wrong with its output.
        why: String,
    },
    /// The role of `role_arn` could not be taken.
    #[error("the role could not be assumed: {0}")]
    Role(AwsError),
    /// There is nothing where `credential_source` says.
    #[error("profile `{profile}` takes them from credential_source={}, which has none: {why}", .place.name())]
    Place {
        /// The profile with the setting.
        profile: String,
        /// Its value.
        place: Place,
        /// In the SDK's words.
        why: String,
    },
    /// Whoever gives them could not be reached.
    #[error("could not reach the service that provides them: {0}")]
    Unreachable(String),
    /// They took too long.
    #[error("the provider of credentials did not answer within {} seconds", TIMEOUT.as_secs())]
    Slow,
    /// Nothing gives any.
    #[error("none are configured")]
    Nowhere,
    /// The configuration is wrong in another way.
    #[error("{0}")]
    Misconfigured(String),
}

impl Unsigned {
    /// What to do. `source` is where they should have come from.
    pub(crate) fn advice(&self, source: &Source) -> String {
        match self {
            Self::ProfileUnknown { .. } => {
                "List the profiles with `aws configure list-profiles`, and name one with --profile or AWS_PROFILE.".to_owned()
            }
            Self::ProfileEmpty { profile } => {
                let word = shell_word(profile);
                format!("`aws configure sso --profile {word}` or `aws configure --profile {word}` sets it up.")
            }
            Self::ProfileUnreadable { profile } => format!(
                "Rename it. Or let the AWS CLI read it: run `{}`, then this without --profile.",
                source::export(profile)
            ),
            Self::Mfa { profile } | Self::Login { profile } => format!(
                "The AWS CLI supports this: run `{}`, then this command without --profile. Or make a profile with \
                 `credential_process = aws configure export-credentials --profile {}`.",
                source::export(profile),
                shell_word(profile)
            ),
            Self::Sso(profile) => profile.renewal(),
            Self::SsoRole { .. } => {
                "Ask an administrator of IAM Identity Center for the account and the role.".to_owned()
            }
            Self::Process { .. } => "Run its command by hand to see what is wrong.".to_owned(),
            Self::Role(error) if error.meaning().needs_sign_in() => source.renewal(),
            Self::Role(error) => advice::of_meaning(error.meaning()).map_or_else(
                || "Are role_arn, external_id and source_profile right?".to_owned(),
                str::to_owned,
            ),
            Self::Place { place, .. } => place.advice().to_owned(),
            Self::Unreachable(_) => advice::of_meaning(Meaning::Unreachable).unwrap_or_default().to_owned(),
            Self::Slow => {
                "Check whether the credential_process waits for input, and whether the network is up.".to_owned()
            }
            Self::Nowhere => {
                "Sign in (aws sso login), give --profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
                    .to_owned()
            }
            Self::Misconfigured(_) => "Correct it in ~/.aws/config.".to_owned(),
        }
    }

    /// What an error of the SDK's providers means. Their own types are private: what they are about is told by `source`.
    fn of(error: &CredentialsError, source: &Source) -> Self {
        let role = call::<AssumeRoleError>(error).or_else(|| call::<AssumeRoleWithWebIdentityError>(error));
        match (role, source) {
            (Some(error), _) if error.meaning() != Meaning::Unreachable => return Self::Role(error),
            (None, Source::Profile(ProfileSource { base, kind: Kind::Place(place), .. }))
                if !matches!(error, CredentialsError::InvalidConfiguration(_)) =>
            {
                return Self::Place { profile: base.clone(), place: *place, why: root(error) };
            }
            _ => {}
        }
        if causes(error).any(<dyn Error>::is::<ConnectorError>) {
            return Self::Unreachable(root(error));
        }
        match (error, source) {
            (CredentialsError::ProviderTimedOut(_), _) => Self::Slow,
            (CredentialsError::CredentialsNotLoaded(_), Source::Profile(profile)) => {
                Self::ProfileEmpty { profile: profile.base.clone() }
            }
            (CredentialsError::CredentialsNotLoaded(_), _) => Self::Nowhere,
            (CredentialsError::ProviderError(_), Source::Profile(profile)) => match &profile.kind {
                Kind::Sso => match call::<GetRoleCredentialsError>(error) {
                    // The portal's word for a session that has ended.
                    Some(refusal) if refusal.code() != Some("UnauthorizedException") => {
                        Self::SsoRole { profile: profile.base.clone(), error: refusal }
                    }
                    _ => Self::Sso(profile.clone()),
                },
                Kind::Process(_) => {
                    Self::Process { profile: profile.base.clone(), why: without_preamble(&root(error)) }
                }
                _ => Self::Misconfigured(root(error)),
            },
            _ => Self::Misconfigured(without_preamble(&root(error))),
        }
    }
}

/// The error of a call that was made to get credentials.
fn call<E>(error: &CredentialsError) -> Option<AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    causes(error).find_map(|cause| cause.downcast_ref::<SdkError<E, HttpResponse>>()).map(AwsError::of)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

fn root(error: &CredentialsError) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The SDK tells the exit of a process in a sentence: "Error retrieving credentials: external process exited with code
/// exit status: 7. Stderr: ..".
fn without_preamble(said: &str) -> String {
    let preambles = [
        "ProfileFile provider could not be built: ",
        "Error retrieving credentials: ",
        "external process exited with code ",
    ];
    let said = preambles.into_iter().fold(said, |said, preamble| said.strip_prefix(preamble).unwrap_or(said));
    said.trim().trim_end_matches(". Stderr:").to_owned()
}

/// Gives the SDK its credentials, and remembers why there were none.
#[derive(Clone, Debug)]
pub(crate) struct Signer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    provider: SharedCredentialsProvider,
    trouble: Mutex<Option<Unsigned>>,
}

impl Signer {
    /// Takes the credentials of `provider`, which reads them from `source`.
    pub(crate) fn new(source: Source, provider: SharedCredentialsProvider) -> Self {
        Self(Arc::new(Inner { source, provider, trouble: Mutex::new(None) }))
    }

    /// What to do about an error that signing in again ends; `None` for all others.
    pub(crate) fn advice(&self, meaning: Meaning) -> Option<String> {
        let trouble = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (meaning, &*trouble) {
            (Meaning::NoCredentials, Some(trouble)) => Some(trouble.advice(&self.0.source)),
            (Meaning::NoCredentials | Meaning::SessionExpired | Meaning::KeysRefused, _) => {
                Some(self.0.source.renewal())
            }
            _ => None,
        }
    }

    async fn credentials(&self) -> Result {
        let answer = tokio::time::timeout(TIMEOUT, self.0.provider.provide_credentials()).await;
        let answer = answer.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(TIMEOUT)));
        answer.map_err(|error| {
            let trouble = Unsigned::of(&error, &self.0.source);
            *self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble.clone());
            CredentialsError::provider_error(trouble)
        })
    }
}

impl ProvideCredentials for Signer {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.provider.fallback_on_interrupt()
    }
}
