//! What a test or the program asks of a new pool.

use std::collections::BTreeSet;

use super::trigger::Triggers;

/// What a pool is made of. The rest of its description is what an auditor would like: tier `ESSENTIALS`, deletion
/// protection, names whose case does not matter, a new e-mail that has to be verified first.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Pool id, `<region>_<9 alphanumerics>`; `None` makes one.
    pub id: Option<String>,
    /// Name; no meaning.
    pub name: String,
    /// Prefix of the domain of its login pages; see [`Cognito::login_url`](crate::Cognito::login_url). Default none.
    pub domain: Option<String>,
    /// The functions it calls; see [`Cognito::set_triggers`](crate::Cognito::set_triggers).
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
            domain: None,
            triggers: Triggers::default(),
            email_usernames: true,
            custom_attributes: BTreeSet::from(["custom:tenantId".to_owned()]),
            auto_confirm: false,
        }
    }
}
