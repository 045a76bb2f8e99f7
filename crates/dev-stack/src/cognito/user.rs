//! Users of a pool.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{error::CognitoError, factor::Factors};
use crate::clock;

/// `UserStatus`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum UserStatus {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
    ExternalProvider,
}

impl UserStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

/// What a code that was "mailed" is good for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum CodeUse {
    Confirm,
    ResetPassword,
}

/// A value that a code will verify.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Verification {
    pub(super) value: String,
    pub(super) code: String,
}

/// A user. Passwords are kept as they are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) sub: String,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    pub(crate) password: Option<String>,
    /// Without `sub`.
    attributes: BTreeMap<String, String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) code: Option<(CodeUse, String)>,
    /// Codes that were sent to verify a value, by attribute.
    pub(crate) verifications: BTreeMap<String, Verification>,
    #[serde(default)]
    pub(crate) factors: Factors,
    /// What was mailed last: a code, or a temporary password.
    pub(crate) delivered: Option<String>,
    pub(crate) created: u64,
    pub(crate) modified: u64,
}

impl User {
    pub(crate) fn new(username: String, sub: String, status: UserStatus) -> Self {
        let now = clock::now_seconds();
        Self {
            username,
            sub,
            status,
            enabled: true,
            password: None,
            attributes: BTreeMap::new(),
            groups: BTreeSet::new(),
            code: None,
            verifications: BTreeMap::new(),
            factors: Factors::default(),
            delivered: None,
            created: now,
            modified: now,
        }
    }

    /// Without `sub`.
    pub(crate) fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.attributes.get("email").map(String::as_str)
    }

    /// Whether an address is verified. A `preferred_username` needs no verification.
    pub(crate) fn is_verified(&self, attribute: &str) -> bool {
        let flag = self.attributes.get(&format!("{attribute}_verified"));
        attribute == "preferred_username" || flag.is_some_and(|value| value == "true")
    }

    pub(crate) fn set_status(&mut self, status: UserStatus) {
        self.status = status;
        self.touch();
    }

    /// Applies attribute changes that have been checked. An empty value deletes; a new address is unverified
    /// unless the same change says otherwise. A user of a pool is changed through [`Pool::write`](super::pool::Pool::write),
    /// which keeps the index.
    pub(super) fn write(&mut self, changes: Vec<(String, String)>) {
        let flags = ["email_verified", "phone_number_verified"];
        let verifies = flags.map(|flag| changes.iter().any(|(name, _)| name == flag));
        for (name, value) in changes {
            if value.is_empty() {
                self.attributes.remove(&name);
            } else {
                for (flag, verifies) in flags.into_iter().zip(verifies) {
                    if flag.strip_suffix("_verified") == Some(&name) && !verifies {
                        self.attributes.insert(flag.to_owned(), "false".to_owned());
                    }
                }
                self.attributes.insert(name, value);
            }
        }
        self.touch();
    }

    /// Refuses a user who has not confirmed the account; their password is not looked at.
    pub(crate) fn check_confirmed(&self) -> Result<(), CognitoError> {
        if self.status == UserStatus::Unconfirmed {
            return Err(CognitoError::new("UserNotConfirmedException", "User is not confirmed."));
        }
        Ok(())
    }

    pub(crate) fn check_enabled(&self) -> Result<(), CognitoError> {
        if self.enabled { Ok(()) } else { Err(CognitoError::not_authorized("User is disabled.")) }
    }

    /// Refuses to confirm a user twice.
    pub(crate) fn check_unconfirmed(&self) -> Result<(), CognitoError> {
        if self.status == UserStatus::Unconfirmed {
            return Ok(());
        }
        let status = self.status.as_str();
        Err(CognitoError::not_authorized(format!("User cannot be confirmed. Current status is {status}")))
    }

    /// Refuses a code that was not sent for `purpose`.
    pub(crate) fn check_code(&self, purpose: CodeUse, code: &str) -> Result<(), CognitoError> {
        match &self.code {
            Some((sent_for, sent)) if *sent_for == purpose => {
                if sent == code {
                    Ok(())
                } else {
                    Err(CognitoError::code_mismatch())
                }
            }
            _ => Err(CognitoError::code_expired()),
        }
    }

    /// Uses up the code that was sent for `purpose`; a wrong one stays good for another try.
    pub(crate) fn redeem_code(&mut self, purpose: CodeUse, code: &str) -> Result<(), CognitoError> {
        self.check_code(purpose, code)?;
        self.code = None;
        Ok(())
    }

    /// `request.userAttributes` of an event: strings all, with `sub` and the status.
    pub(crate) fn event_attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = self.attributes.clone();
        attributes.insert("sub".to_owned(), self.sub.clone());
        attributes.insert("cognito:user_status".to_owned(), self.status.as_str().to_owned());
        attributes
    }

    /// The list form of the API, of the attributes that `readable` admits.
    pub(crate) fn attribute_list(&self, readable: impl Fn(&str) -> bool) -> Vec<Value> {
        let sub = ("sub", self.sub.as_str());
        let others = self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        [sub]
            .into_iter()
            .chain(others)
            .filter(|(name, _)| readable(name))
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect()
    }

    /// `UserType`, with the attributes under `attributes_key`.
    pub(crate) fn describe(&self, attributes_key: &str) -> Value {
        json!({
            "Username": self.username,
            attributes_key: self.attribute_list(|_| true),
            "UserCreateDate": self.created,
            "UserLastModifiedDate": self.modified,
            "Enabled": self.enabled,
            "UserStatus": self.status.as_str(),
        })
    }

    pub(crate) fn touch(&mut self) {
        self.modified = clock::now_seconds();
    }
}
