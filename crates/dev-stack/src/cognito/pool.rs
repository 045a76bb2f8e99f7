//! User pools: settings, and everything that lives in one.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    client::Client,
    error::CognitoError,
    group::{self, Group},
    group_configuration::GroupConfiguration,
    lambda_config,
    managed_login::{BrowserSession, Code, PendingSignUp},
    schema,
    session::{Challenge, Session},
    shape::Object,
    trigger::{TriggerRecord, Triggers},
    user::User,
    users::Users,
};
use crate::{
    account::ACCOUNT_ID,
    clock,
    json::{member, texts},
};

const RECORDS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) region: String,
    /// Changes with the port.
    #[serde(skip)]
    pub(crate) issuer: String,
    /// What `DescribeUserPool` shows, but for what is counted or derived.
    pub(crate) description: Object,
    /// `TemporaryPasswordValidityDays` has been set at least once.
    pub(crate) temporary_days_set: bool,
    /// Members of `GetUserPoolMfaConfig` that are in no description: TOTP, e-mail, passkeys.
    pub(crate) mfa: Object,
    /// See [`super::pool_settings::PoolSettings::auto_confirm`].
    pub(crate) auto_confirm: bool,
    /// Identity providers, by name.
    pub(crate) providers: BTreeMap<String, Object>,
    /// As they are described, by identifier.
    pub(crate) resource_servers: BTreeMap<String, Value>,
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) users: Users,
    /// By refresh token.
    pub(crate) sessions: HashMap<String, Session>,
    /// By the `Session` that the client brings back.
    #[serde(skip)]
    pub(crate) challenges: HashMap<String, Challenge>,
    /// When the session of a user whom a test signed in by a provider ends, by `sub`.
    #[serde(skip)]
    pub(crate) hosted_sessions: HashMap<String, u64>,
    /// Browsers that have signed in at managed login, by cookie.
    #[serde(skip)]
    pub(crate) browser_sessions: HashMap<String, BrowserSession>,
    /// Browsers that have signed up there, by cookie.
    #[serde(skip)]
    pub(crate) pending_sign_ups: HashMap<String, PendingSignUp>,
    /// Authorization codes.
    #[serde(skip)]
    pub(crate) codes: HashMap<String, Code>,
    #[serde(skip)]
    pub(crate) records: VecDeque<TriggerRecord>,
}

impl Pool {
    pub(crate) fn new(id: String, region: String, issuer: String, description: Object) -> Self {
        Self {
            id,
            region,
            issuer,
            description,
            temporary_days_set: false,
            mfa: Object::new(),
            auto_confirm: false,
            providers: BTreeMap::new(),
            resource_servers: BTreeMap::new(),
            clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: Users::default(),
            sessions: HashMap::new(),
            challenges: HashMap::new(),
            hosted_sessions: HashMap::new(),
            browser_sessions: HashMap::new(),
            pending_sign_ups: HashMap::new(),
            codes: HashMap::new(),
            records: VecDeque::new(),
        }
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cognito-idp:{}:{ACCOUNT_ID}:userpool/{}", self.region, self.id)
    }

    pub(crate) fn client(&self, client_id: &str) -> Result<&Client, CognitoError> {
        self.clients.get(client_id).ok_or_else(|| unknown_client(client_id))
    }

    pub(crate) fn remove_user(&mut self, name: &str) -> Result<User, CognitoError> {
        let username = self.user(name)?.username.clone();
        let user = self.users.remove(&username).ok_or_else(CognitoError::user_not_found)?;
        self.sessions.retain(|_, session| session.sub != user.sub);
        Ok(user)
    }

    pub(crate) fn groups_of(&self, user: &User) -> Vec<&Group> {
        user.groups.iter().filter_map(|name| self.groups.get(name)).collect()
    }

    pub(crate) fn group_configuration(&self, user: &User) -> GroupConfiguration {
        group::configuration_of(self.groups_of(user))
    }

    /// Refuses attributes that the schema does not have.
    pub(crate) fn check_schema(&self, changes: &[(String, String)]) -> Result<(), CognitoError> {
        schema::check_names(self.schema(), changes)
    }

    /// Refuses attributes that the schema does not have, or that can only be set when a user is made.
    pub(crate) fn check_change(&self, changes: &[(String, String)]) -> Result<(), CognitoError> {
        self.check_schema(changes)?;
        schema::check_mutable(self.schema(), changes)
    }

    pub(crate) fn record(&mut self, record: TriggerRecord) {
        if self.records.len() >= RECORDS_MAX {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// As `DescribeUserPool` shows it.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = self.description.clone();
        shown.entry("Id").or_insert_with(|| json!(self.id));
        shown.entry("Arn").or_insert_with(|| json!(self.arn()));
        shown.entry("EstimatedNumberOfUsers").or_insert_with(|| json!(self.users.len()));
        Value::Object(shown)
    }

    /// A text of the description.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.description.get(name).and_then(Value::as_str)
    }

    /// `SchemaAttributes`.
    pub(crate) fn schema(&self) -> &[Value] {
        self.description.get("SchemaAttributes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The functions that it calls, by ARN.
    pub(crate) fn triggers(&self) -> Triggers {
        lambda_config::triggers(&self.description)
    }

    /// Whether users sign up with their e-mail, and the username is a UUID.
    pub(crate) fn has_email_usernames(&self) -> bool {
        texts(&self.description, &["UsernameAttributes"]).contains(&"email")
    }

    /// Whether users cannot sign themselves up.
    pub(crate) fn is_for_administrators(&self) -> bool {
        let path = ["AdminCreateUserConfig", "AllowAdminCreateUserOnly"];
        member(&self.description, &path) == Some(&Value::Bool(true))
    }

    /// Whether there is a second factor that is not SMS.
    pub(crate) fn has_mfa_besides_sms(&self) -> bool {
        has_mfa_besides_sms(&self.mfa)
    }

    /// Something of the description has changed.
    pub(crate) fn touch(&mut self) {
        self.description.insert("LastModifiedDate".to_owned(), json!(clock::now_seconds()));
    }
}

pub(crate) fn unknown_client(client_id: &str) -> CognitoError {
    CognitoError::not_found(format!("User pool client {client_id} does not exist."))
}

pub(crate) fn unknown_pool(pool_id: &str) -> CognitoError {
    CognitoError::not_found(format!("User pool {pool_id} does not exist."))
}

pub(crate) fn has_mfa_besides_sms(mfa: &Object) -> bool {
    let token = mfa.get("SoftwareTokenMfaConfiguration").and_then(|config| config.get("Enabled"));
    token.and_then(Value::as_bool).unwrap_or_default() || mfa.contains_key("EmailMfaConfiguration")
}
