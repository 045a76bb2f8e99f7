//! Where the credentials come from, by the environment and the files in ~/.aws, and how to renew them.

use std::borrow::Cow;

use aws_config::profile::{Profile, ProfileFileLoadError, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use super::Unsigned;
use user_pool::words::shell_word;

/// Where the credentials come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// `AWS_ACCESS_KEY_ID` and its secret.
    Environment,
    /// A profile that was named, or the default profile.
    Profile(ProfileSource),
    /// The container, the instance, or a web identity of the environment; perhaps nothing.
    Elsewhere,
}

/// A profile, and the one at the end of its chain of `source_profile`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ProfileSource {
    /// The profile that is used.
    pub(crate) name: String,
    /// The profile whose own credentials begin the chain; often the same.
    pub(crate) base: String,
    pub(crate) kind: Kind,
}

/// How a profile gets its credentials.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// IAM Identity Center: `aws sso login`.
    Sso,
    /// The console's credentials: `aws login`.
    Login,
    /// A program. The profile of the AWS CLI whose credentials it exports, if it is `aws configure export-credentials`.
    Process(Option<Box<ProfileSource>>),
    /// An access key in the file.
    Keys,
    /// `credential_source`.
    Place(Place),
    /// A web identity; or nothing.
    Other,
}

/// A value of `credential_source`: where the keys for `role_arn` come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// `AWS_ACCESS_KEY_ID` and its secret.
    Environment,
    /// The role of an ECS task or an EKS pod.
    EcsContainer,
    /// The role of an EC2 instance.
    Ec2InstanceMetadata,
}

impl Place {
    /// Reads a value as the SDK does, which ignores the case.
    fn of(value: &str) -> Option<Self> {
        [Self::Environment, Self::EcsContainer, Self::Ec2InstanceMetadata]
            .into_iter()
            .find(|place| place.name().eq_ignore_ascii_case(value))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::EcsContainer => "EcsContainer",
            Self::Ec2InstanceMetadata => "Ec2InstanceMetadata",
        }
    }

    /// What to do when it has no keys.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Environment => {
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name another profile (--profile)."
            }
            Self::EcsContainer => {
                "Run this in a container that has a task role, or name another profile (--profile)."
            }
            Self::Ec2InstanceMetadata => {
                "Run this on an EC2 instance that has a role, or name another profile (--profile)."
            }
        }
    }
}

/// Reads the files in ~/.aws. `named` is selected, or else the profile of `AWS_PROFILE`.
#[expect(clippy::default_trait_access, reason = "the type is in a crate that only the SDK uses")]
pub(crate) async fn profiles(
    fs: &Fs,
    env: &Env,
    named: Option<String>,
) -> Result<ProfileSet, ProfileFileLoadError> {
    aws_config::profile::load(fs, env, &Default::default(), named.map(Cow::Owned)).await
}

impl Source {
    /// Reads where credentials come from, and refuses a profile that cannot work. `is_named` when the operator has named
    /// the profile, with `--profile` or `AWS_PROFILE`.
    pub(crate) fn of_profile(profiles: &ProfileSet, name: &str, is_named: bool) -> Result<Self, Unsigned> {
        if profiles.get_profile(name).is_none() {
            return if is_named { Err(unknown(name)) } else { Ok(Self::Elsewhere) };
        }
        let source = follow(profiles, name)?;
        if source.kind == Kind::Login {
            return Err(Unsigned::Login { profile: source.base });
        }
        if source.kind == Kind::Other && !is_named { Ok(Self::Elsewhere) } else { Ok(Self::Profile(source)) }
    }

    /// What to do when AWS does not accept the credentials any more.
    pub(crate) fn renewal(&self) -> String {
        match self {
            Self::Environment => format!(
                "Set new keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. To take those of a profile: `{}`.",
                export("NAME")
            ),
            Self::Profile(profile) => profile.renewal(),
            Self::Elsewhere => {
                "Sign in again (`aws sso login`), or take other credentials with --profile NAME.".to_owned()
            }
        }
    }
}

impl ProfileSource {
    /// What to do when AWS does not accept the profile's credentials any more.
    pub(crate) fn renewal(&self) -> String {
        let Self { name, base, .. } = self;
        match &self.kind {
            Kind::Sso => format!("Sign in again: `aws sso login --profile {}`.", shell_word(base)),
            Kind::Login => format!("Sign in again: `aws login --profile {}`.", shell_word(base)),
            Kind::Process(Some(exported)) => exported.renewal(),
            Kind::Process(None) => {
                format!(
                    "Sign in again where the credential_process of profile `{base}` gets its credentials."
                )
            }
            Kind::Keys => {
                format!("Put new keys into profile `{base}`: `aws configure --profile {}`.", shell_word(base))
            }
            Kind::Place(Place::Environment) => Source::Environment.renewal(),
            Kind::Place(_) | Kind::Other => {
                format!("Renew the credentials of profile `{name}`, or name another (--profile).")
            }
        }
    }
}

/// The line by which the AWS CLI, which can do more, hands the credentials of a profile over.
pub(super) fn export(profile: &str) -> String {
    format!("eval \"$(aws configure export-credentials --profile {} --format env)\"", shell_word(profile))
}

/// Why a profile is not among those that were read. The SDK skips a profile whose name has other characters than these
/// (`aws-runtime`, `validate_identifier`), such as `[profile "we ird"]`; the AWS CLI takes it.
fn unknown(name: &str) -> Unsigned {
    let is_read = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    let profile = name.to_owned();
    if name.chars().all(is_read) {
        Unsigned::ProfileUnknown { profile }
    } else {
        Unsigned::ProfileUnreadable { profile }
    }
}

/// Goes from profile to `source_profile` in the order of the SDK (`aws-config`, `profile::credentials::repr`).
fn follow(profiles: &ProfileSet, name: &str) -> Result<ProfileSource, Unsigned> {
    let mut visited: Vec<&str> = vec![name];
    let mut base = name;
    let kind = loop {
        let Some(profile) = profiles.get_profile(base) else {
            return Err(unknown(base));
        };
        let has_keys = profile.get("aws_access_key_id").is_some();
        if visited.len() > 1 && has_keys {
            break Kind::Keys;
        }
        if profile.get("role_arn").is_none() || profile.get("web_identity_token_file").is_some() {
            break kind(profiles, profile);
        }
        // The SDK would call AssumeRole without the code, and AWS would deny it.
        if profile.get("mfa_serial").is_some() {
            return Err(Unsigned::Mfa { profile: base.to_owned() });
        }
        match profile.get("source_profile") {
            Some(next) if !visited.contains(&next) => {
                visited.push(next);
                base = next;
            }
            _ => break kind(profiles, profile),
        }
    };
    Ok(ProfileSource { name: name.to_owned(), base: base.to_owned(), kind })
}

fn kind(profiles: &ProfileSet, profile: &Profile) -> Kind {
    let has = |name: &str| profile.get(name).is_some();
    if let Some(value) = profile.get("credential_source") {
        Place::of(value).map_or(Kind::Other, Kind::Place)
    } else if has("web_identity_token_file") {
        Kind::Other
    } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
        Kind::Sso
    } else if has("login_session") {
        Kind::Login
    } else if let Some(command) = profile.get("credential_process") {
        let exported = exported_profile(command).filter(|exported| *exported != profile.name());
        let exported = exported.and_then(|exported| profiles.get_profile(exported));
        Kind::Process(exported.map(|exported| {
            let name = exported.name().to_owned();
            // One step is enough: `export-credentials` of a profile that exports another is no habit of anybody.
            let kind = match exported.get("credential_process") {
                Some(_) => Kind::Process(None),
                None => kind(profiles, exported),
            };
            Box::new(ProfileSource { base: name.clone(), name, kind })
        }))
    } else if has("aws_access_key_id") {
        Kind::Keys
    } else {
        Kind::Other
    }
}

/// The profile that `aws configure export-credentials --profile NAME` exports.
fn exported_profile(command: &str) -> Option<&str> {
    let words = || command.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
    if !words().any(|word| word == "export-credentials") {
        return None;
    }
    let after = words().skip_while(|word| *word != "--profile").nth(1);
    after.map(|name| name.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    async fn read(config: &str) -> ProfileSet {
        let fs = Fs::from_map(HashMap::from([("/aws/config".to_owned(), config.as_bytes().to_vec())]));
        let env = Env::from_slice(&[
            ("AWS_CONFIG_FILE", "/aws/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/aws/credentials"),
        ]);
        profiles(&fs, &env, None).await.unwrap()
    }

    #[tokio::test]
    async fn the_way_to_new_credentials_is_that_of_the_profile() {
        let profiles = read(
            "[profile keys]\naws_access_key_id = A\naws_secret_access_key = S\n\
             [profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Ops\n\
             [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n\
             [profile old-sso]\nsso_region = eu-west-1\nsso_start_url = https://c.awsapps.com/start\nsso_account_id = 1\nsso_role_name = O\n\
             [profile role]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = sso\n\
             [profile console]\nlogin_session = arn:aws:iam::1:user/ana\n\
             [profile handed]\ncredential_process = aws configure export-credentials --profile console\n\
             [profile quoted]\ncredential_process = \"/usr/bin/aws\" configure export-credentials --profile='sso'\n\
             [profile program]\ncredential_process = /opt/bin/creds --profile console\n",
        )
        .await;
        let rows = [
            ("keys", "Put new keys into profile `keys`: `aws configure --profile keys`."),
            ("sso", "Sign in again: `aws sso login --profile sso`."),
            ("old-sso", "Sign in again: `aws sso login --profile old-sso`."),
            ("role", "Sign in again: `aws sso login --profile sso`."),
            ("handed", "Sign in again: `aws login --profile console`."),
            ("quoted", "Sign in again: `aws sso login --profile sso`."),
            (
                "program",
                "Sign in again where the credential_process of profile `program` gets its credentials.",
            ),
        ];

        for (name, renewal) in rows {
            let source = Source::of_profile(&profiles, name, true).unwrap();
            assert_eq!(source.renewal(), renewal, "{name}");
        }
    }

    #[test]
    fn advice_quotes_a_profile_that_is_more_than_one_word() {
        let advice = Unsigned::Login { profile: "we ird".to_owned() }.advice(&Source::Elsewhere);

        let process = "`credential_process = aws configure export-credentials --profile 'we ird'`";
        assert!(advice.contains(process), "{advice}");
    }

    #[tokio::test]
    async fn a_profile_that_only_the_aws_cli_can_use_is_refused() {
        let profiles = read(
            "[default]\nregion = eu-west-1\n\
             [profile base]\naws_access_key_id = A\naws_secret_access_key = S\nmfa_serial = arn:aws:iam::1:mfa/ana\n\
             [profile mfa]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/ana\n\
             [profile above]\nrole_arn = arn:aws:iam::2:role/ops\nsource_profile = mfa\n\
             [profile console]\nlogin_session = arn:aws:iam::1:user/ana\n\
             [profile role]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = console\n\
             [profile lost]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = nobody\n",
        )
        .await;
        let refused = |name: &str| Source::of_profile(&profiles, name, true).unwrap_err();
        let of = str::to_owned;

        assert_eq!(refused("mfa"), Unsigned::Mfa { profile: of("mfa") });
        assert_eq!(refused("above"), Unsigned::Mfa { profile: of("mfa") });
        assert_eq!(refused("console"), Unsigned::Login { profile: of("console") });
        assert_eq!(refused("role"), Unsigned::Login { profile: of("console") });
        assert_eq!(refused("lost"), Unsigned::ProfileUnknown { profile: of("nobody") });
        assert_eq!(refused("nobody"), Unsigned::ProfileUnknown { profile: of("nobody") });
        // A profile's own keys need no code: the serial is of the roles above them.
        assert!(Source::of_profile(&profiles, "base", true).is_ok());
        // Nobody has named the default profile, so what follows it in the chain may have credentials.
        assert_eq!(Source::of_profile(&profiles, "default", false), Ok(Source::Elsewhere));
    }
}
