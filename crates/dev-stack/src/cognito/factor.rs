//! The second factors that a user has.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `ChallengeName` and, in a user's settings, the name of the factor.
pub(super) const SOFTWARE_TOKEN: &str = "SOFTWARE_TOKEN_MFA";
pub(super) const EMAIL: &str = "EMAIL_OTP";

/// What a user has set up.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Factors {
    /// The secret of the authenticator app, once a code of it has come back.
    pub(super) secret: Option<String>,
    /// One that no code has come back for.
    pub(super) new_secret: Option<String>,
    /// Those that are on.
    pub(super) enabled: Vec<String>,
    pub(super) preferred: Option<String>,
}

impl Factors {
    /// The factor that a sign-in asks for.
    pub(super) fn chosen(&self) -> Option<&str> {
        self.preferred.as_deref().or_else(|| self.enabled.first().map(String::as_str))
    }

    /// Adds what `GetUser` shows.
    pub(super) fn show(&self, user: &mut Value) {
        if let (Value::Object(members), false) = (user, self.enabled.is_empty()) {
            members.insert("UserMFASettingList".to_owned(), json!(self.enabled));
            members
                .extend(self.preferred.as_ref().map(|name| ("PreferredMfaSetting".to_owned(), json!(name))));
        }
    }
}
