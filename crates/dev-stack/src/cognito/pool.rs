//! User pools: settings, and everything that lives in one.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::{Value, json};

use super::{
    client::Client,
    error::CognitoError,
    group::{Group, GroupConfiguration},
    session::{Challenge, Session},
    trigger::TriggerRecord,
    user::User,
};
use crate::lambda::ACCOUNT_ID;

/// Trigger records kept per pool.
const RECORDS_MAX: usize = 1_000;

/// `LambdaVersion` of the pre-token-generation trigger.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum EventVersion {
    /// `V1_0`: claims of the ID token, groups.
    #[default]
    V1,
    /// `V2_0`: also the access token and its scopes.
    V2,
    /// `V3_0`: also tokens of machines.
    V3,
}

impl EventVersion {
    /// `version` of the event.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
            Self::V3 => "3",
        }
    }
}

/// The functions that a pool calls, by name or ARN.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Triggers {
    /// `PostConfirmation`.
    pub post_confirmation: Option<String>,
    /// `PreTokenGenerationConfig`.
    pub pre_token_generation: Option<(String, EventVersion)>,
}

/// What a pool is made of.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Pool id, `<region>_<9 alphanumerics>`; `None` makes one.
    pub id: Option<String>,
    /// Name; no meaning.
    pub name: String,
    /// The functions it calls.
    pub triggers: Triggers,
    /// Users sign up and in with their e-mail, and the username is a UUID, equal to the `sub`. Default true.
    pub email_usernames: bool,
    /// The custom attributes of the schema, with their prefix, all mutable. Default `custom:tenantId`.
    pub custom_attributes: BTreeSet<String>,
    /// `SignUp` confirms at once, as with a pre-sign-up trigger that answers `autoConfirmUser`; the e-mail
    /// stays unverified. Default false.
    pub auto_confirm: bool,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            id: None,
            name: "local".to_owned(),
            triggers: Triggers::default(),
            email_usernames: true,
            custom_attributes: BTreeSet::from(["custom:tenantId".to_owned()]),
            auto_confirm: false,
        }
    }
}

/// The standard attributes (developer guide, "Working with user attributes").
const STANDARD_ATTRIBUTES: [&str; 19] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// A pool and all that is in it.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) issuer: String,
    pub(crate) settings: PoolSettings,
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// By username in lower case: usernames are case-insensitive.
    pub(crate) users: BTreeMap<String, User>,
    /// By refresh token.
    pub(crate) sessions: HashMap<String, Session>,
    /// By the `Session` that the client brings back.
    pub(crate) challenges: HashMap<String, Challenge>,
    pub(crate) records: VecDeque<TriggerRecord>,
}

impl Pool {
    pub(crate) fn new(id: String, region: String, issuer: String, settings: PoolSettings) -> Self {
        Self {
            id,
            region,
            issuer,
            settings,
            clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            sessions: HashMap::new(),
            challenges: HashMap::new(),
            records: VecDeque::new(),
        }
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cognito-idp:{}:{ACCOUNT_ID}:userpool/{}", self.region, self.id)
    }

    pub(crate) fn client(&self, client_id: &str) -> Result<&Client, CognitoError> {
        self.clients.get(client_id).ok_or_else(|| unknown_client(client_id))
    }

    /// The user of this username, `sub`, or (in e-mail pools) e-mail address.
    pub(crate) fn user(&self, name: &str) -> Result<&User, CognitoError> {
        let key = self.user_key(name).ok_or_else(CognitoError::user_not_found)?;
        self.users.get(&key).ok_or_else(CognitoError::user_not_found)
    }

    /// As [`Pool::user`], to change it.
    pub(crate) fn user_mut(&mut self, name: &str) -> Result<&mut User, CognitoError> {
        let key = self.user_key(name).ok_or_else(CognitoError::user_not_found)?;
        self.users.get_mut(&key).ok_or_else(CognitoError::user_not_found)
    }

    pub(crate) fn add_user(&mut self, user: User) {
        self.users.insert(user.username.to_lowercase(), user);
    }

    pub(crate) fn remove_user(&mut self, name: &str) -> Result<User, CognitoError> {
        let key = self.user_key(name).ok_or_else(CognitoError::user_not_found)?;
        let user = self.users.remove(&key).ok_or_else(CognitoError::user_not_found)?;
        self.sessions.retain(|_, session| session.sub != user.sub);
        Ok(user)
    }

    pub(crate) fn groups_of(&self, user: &User) -> Vec<&Group> {
        user.groups.iter().filter_map(|name| self.groups.get(name)).collect()
    }

    pub(crate) fn group_configuration(&self, user: &User) -> GroupConfiguration {
        GroupConfiguration::of(self.groups_of(user))
    }

    /// Refuses attributes that the schema does not have.
    pub(crate) fn check_schema(&self, changes: &[(String, String)]) -> Result<(), CognitoError> {
        let known = |name: &str| {
            STANDARD_ATTRIBUTES.contains(&name) || self.settings.custom_attributes.contains(name)
        };
        match changes.iter().find(|(name, _)| !known(name)) {
            None => Ok(()),
            Some((name, _)) if name == "sub" => {
                Err(CognitoError::invalid_parameter("Cannot modify the non-mutable attribute sub"))
            }
            Some((name, _)) => Err(CognitoError::invalid_parameter(format!(
                "Attributes did not conform to the schema: {name}: Attribute does not exist in the schema.\n"
            ))),
        }
    }

    pub(crate) fn record(&mut self, record: TriggerRecord) {
        if self.records.len() >= RECORDS_MAX {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// As `DescribeUserPool` shows it; `arn` makes a function's ARN.
    pub(crate) fn describe(&self, arn: impl Fn(&str) -> String) -> Value {
        let mut lambda_config = serde_json::Map::new();
        if let Some(function) = &self.settings.triggers.post_confirmation {
            lambda_config.insert("PostConfirmation".to_owned(), json!(arn(function)));
        }
        if let Some((function, version)) = &self.settings.triggers.pre_token_generation {
            let version = format!("V{}_0", version.as_str());
            let config = json!({ "LambdaArn": arn(function), "LambdaVersion": version });
            lambda_config.insert("PreTokenGenerationConfig".to_owned(), config);
        }
        let custom = &self.settings.custom_attributes;
        let standard = STANDARD_ATTRIBUTES.iter().map(|name| (*name).to_owned());
        let schema: Vec<_> = standard
            .chain(custom.iter().cloned())
            .map(|name| json!({ "Name": name, "AttributeDataType": "String", "Mutable": true }))
            .collect();
        json!({
            "Id": self.id,
            "Name": self.settings.name,
            "Arn": self.arn(),
            "LambdaConfig": lambda_config,
            "SchemaAttributes": schema,
            "UsernameAttributes": if self.settings.email_usernames { vec!["email"] } else { Vec::new() },
            "UsernameConfiguration": { "CaseSensitive": false },
            "EstimatedNumberOfUsers": self.users.len(),
        })
    }

    fn user_key(&self, name: &str) -> Option<String> {
        let key = name.to_lowercase();
        if self.users.contains_key(&key) {
            return Some(key);
        }
        let by_email = |user: &User| {
            self.settings.email_usernames
                && user.email().is_some_and(|email| email.eq_ignore_ascii_case(name))
        };
        let found = self.users.iter().find(|(_, user)| user.sub == key || by_email(user));
        found.map(|(key, _)| key.clone())
    }
}

pub(crate) fn unknown_client(client_id: &str) -> CognitoError {
    CognitoError::not_found(format!("User pool client {client_id} does not exist."))
}

pub(crate) fn unknown_pool(pool_id: &str) -> CognitoError {
    CognitoError::not_found(format!("User pool {pool_id} does not exist."))
}
