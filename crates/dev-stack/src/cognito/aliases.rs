//! Names besides the username: addresses by which users sign in, each of one user at a time (developer guide, "User
//! pool attributes", the parts on usernames and aliases).

use super::{
    differences,
    error::CognitoError,
    pool::Pool,
    user::{User, UserStatus},
    users::NAME_ATTRIBUTES,
};
use crate::json::texts;

impl Pool {
    /// The user of this username or alias; also by `sub`, which administrators may use.
    pub(crate) fn user(&self, name: &str) -> Result<&User, CognitoError> {
        let found = self.users.by_username(name).or_else(|| self.users.by_sub(name));
        let found = found.or_else(|| self.by_alias(name)).or_else(|| self.federated_by_email(name));
        found.ok_or_else(CognitoError::user_not_found)
    }

    /// The user who signs in by this name, which is no `sub`.
    pub(crate) fn user_signing_in(&self, name: &str) -> Result<&User, CognitoError> {
        let found = self.users.by_username(name);
        found.or_else(|| self.by_alias(name)).ok_or_else(CognitoError::user_not_found)
    }

    /// As [`Pool::user`], to change anything but attributes.
    pub(crate) fn user_mut(&mut self, name: &str) -> Result<&mut User, CognitoError> {
        let username = self.user(name)?.username.clone();
        self.users.get_mut(&username).ok_or_else(CognitoError::user_not_found)
    }

    /// Changes attributes that have been checked.
    pub(crate) fn write(&mut self, name: &str, changes: Vec<(String, String)>) -> Result<(), CognitoError> {
        let username = self.user(name)?.username.clone();
        self.users.write(&username, changes);
        Ok(())
    }

    /// Refuses a user whose names are another user's.
    pub(crate) fn check_aliases(&self, user: &User) -> Result<(), CognitoError> {
        match self.taken_aliases(user).first() {
            None => Ok(()),
            Some((attribute, _)) => {
                let message = format!("An account with the {attribute} already exists.");
                Err(CognitoError::new("AliasExistsException", message))
            }
        }
    }

    /// Checks `changes` of a user as [`Pool::check_aliases`] does, before they are written.
    pub(crate) fn check_aliases_after(
        &self,
        user: &User,
        changes: &[(String, String)],
    ) -> Result<(), CognitoError> {
        let mut after = user.clone();
        after.write(changes.to_vec());
        self.check_aliases(&after)
    }

    /// `ForceAliasCreation`: takes the names of `user` from whoever has them. Their attribute stays, unverified.
    pub(crate) fn take_aliases(&mut self, user: &User) {
        for (attribute, owner) in self.taken_aliases(user) {
            self.users.write(&owner, vec![(format!("{attribute}_verified"), "false".to_owned())]);
        }
    }

    /// Whether this attribute is a name that users sign in by, besides or instead of a username.
    pub(crate) fn is_name(&self, attribute: &str) -> bool {
        self.lists("UsernameAttributes", attribute) || self.lists("AliasAttributes", attribute)
    }

    fn lists(&self, member: &str, attribute: &str) -> bool {
        texts(&self.description, &[member]).contains(&attribute)
    }

    fn by_alias(&self, name: &str) -> Option<&User> {
        NAME_ATTRIBUTES.iter().find_map(|attribute| self.owner(attribute, name))
    }

    fn federated_by_email(&self, email: &str) -> Option<&User> {
        if !differences::FEDERATED_USERS_ARE_FOUND_BY_EMAIL || !self.has_email_usernames() {
            return None;
        }
        let mut holders = self.users.holders("email", email).map(|(_, user)| user);
        holders.find(|user| user.status == UserStatus::ExternalProvider)
    }

    /// Who signs in by this value of an attribute. An alias has to be verified, unless it is a `preferred_username`.
    fn owner(&self, attribute: &str, value: &str) -> Option<&User> {
        let is_username = self.lists("UsernameAttributes", attribute);
        if !is_username && !self.lists("AliasAttributes", attribute) {
            return None;
        }
        let mut holders = self.users.holders(attribute, value).map(|(_, user)| user);
        holders.find(|user| {
            user.status != UserStatus::ExternalProvider && (is_username || user.is_verified(attribute))
        })
    }

    /// The names of `user` that are another's: attribute and owner.
    fn taken_aliases(&self, user: &User) -> Vec<(&'static str, String)> {
        if user.status == UserStatus::ExternalProvider {
            return Vec::new();
        }
        let taken = NAME_ATTRIBUTES.into_iter().filter_map(|attribute| {
            let value = user.attributes().get(attribute)?;
            if !self.lists("UsernameAttributes", attribute) && !user.is_verified(attribute) {
                return None;
            }
            let owner = self.owner(attribute, value).filter(|owner| owner.sub != user.sub)?;
            Some((attribute, owner.username.clone()))
        });
        taken.collect()
    }
}
