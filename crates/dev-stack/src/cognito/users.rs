//! The users of a pool, found without a search: by username, by `sub`, and by the attributes that can be names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::user::User;

/// Attributes by which a pool may let users sign in.
pub(crate) const NAME_ATTRIBUTES: [&str; 3] = ["email", "phone_number", "preferred_username"];

/// All users of one pool. Only this type changes attributes of a user that it holds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(from = "Vec<User>", into = "Vec<User>")]
pub(crate) struct Users {
    /// By username in lower case: usernames are case-insensitive.
    all: BTreeMap<String, User>,
    /// `sub` to key.
    keys_by_sub: HashMap<String, String>,
    /// Attribute and value in lower case, to keys.
    keys_by_attribute: HashMap<(&'static str, String), BTreeSet<String>>,
}

impl Users {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// By key, in its order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &User)> {
        self.all.iter()
    }

    pub(crate) fn by_username(&self, username: &str) -> Option<&User> {
        self.all.get(&username.to_lowercase())
    }

    pub(crate) fn by_sub(&self, sub: &str) -> Option<&User> {
        self.all.get(self.keys_by_sub.get(sub)?)
    }

    /// Who has this value in one of [`NAME_ATTRIBUTES`], by key. Case does not matter.
    pub(crate) fn holders(&self, attribute: &str, value: &str) -> impl Iterator<Item = (&String, &User)> {
        let known = NAME_ATTRIBUTES.into_iter().find(|known| *known == attribute);
        let keys = known.and_then(|known| self.keys_by_attribute.get(&(known, value.to_lowercase())));
        keys.into_iter().flatten().filter_map(|key| self.all.get_key_value(key))
    }

    /// To change anything but attributes; `username` is exact but for case.
    pub(crate) fn get_mut(&mut self, username: &str) -> Option<&mut User> {
        self.all.get_mut(&username.to_lowercase())
    }

    /// Changes attributes; see [`User::write`].
    pub(crate) fn write(&mut self, username: &str, changes: Vec<(String, String)>) {
        if let Some(mut user) = self.remove(username) {
            user.write(changes);
            self.insert(user);
        }
    }

    pub(crate) fn insert(&mut self, user: User) {
        let key = user.username.to_lowercase();
        self.remove(&key);
        for (attribute, value) in names_of(&user) {
            self.keys_by_attribute.entry((attribute, value)).or_default().insert(key.clone());
        }
        self.keys_by_sub.insert(user.sub.clone(), key.clone());
        self.all.insert(key, user);
    }

    pub(crate) fn remove(&mut self, username: &str) -> Option<User> {
        let user = self.all.remove(&username.to_lowercase())?;
        let key = user.username.to_lowercase();
        for name in names_of(&user) {
            if let Some(keys) = self.keys_by_attribute.get_mut(&name) {
                keys.remove(&key);
                if keys.is_empty() {
                    self.keys_by_attribute.remove(&name);
                }
            }
        }
        self.keys_by_sub.remove(&user.sub);
        Some(user)
    }
}

impl From<Vec<User>> for Users {
    fn from(list: Vec<User>) -> Self {
        let mut users = Self::default();
        for user in list {
            users.insert(user);
        }
        users
    }
}

impl From<Users> for Vec<User> {
    fn from(users: Users) -> Self {
        users.all.into_values().collect()
    }
}

fn names_of(user: &User) -> Vec<(&'static str, String)> {
    let value = |name: &'static str| user.attributes().get(name).map(|value| (name, value.to_lowercase()));
    NAME_ATTRIBUTES.into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::user::UserStatus, *};

    fn user(number: usize) -> User {
        let mut user = User::new(format!("User{number}"), format!("sub-{number}"), UserStatus::Confirmed);
        user.write(vec![("email".to_owned(), format!("User{number}@example.com"))]);
        user
    }

    #[test]
    fn a_user_is_found_among_many_without_looking_at_the_others() {
        let users = Users::from((0..2_000).map(user).collect::<Vec<_>>());

        let looked_at: Vec<_> = users.holders("email", "user1234@EXAMPLE.com").map(|(key, _)| key).collect();

        assert_eq!(looked_at, ["user1234"], "one, of {}", users.len());
        assert_eq!(users.by_sub("sub-1999").map(|user| user.username.as_str()), Some("User1999"));
        assert_eq!(users.by_username("USER0").map(|user| user.sub.as_str()), Some("sub-0"));
        assert_eq!(users.holders("name", "x").count(), 0, "no name");
    }

    #[test]
    fn the_index_follows_every_change() {
        let mut users = Users::from(vec![user(1), user(2)]);
        let holders = |users: &Users, email: &str| users.holders("email", email).count();

        users.write("user1", vec![("email".to_owned(), "User2@example.com".to_owned())]);
        assert_eq!((holders(&users, "user1@example.com"), holders(&users, "user2@example.com")), (0, 2));
        users.write("user1", vec![("email".to_owned(), String::new())]);
        assert_eq!(holders(&users, "user2@example.com"), 1);
        users.remove("USER2");
        assert_eq!(holders(&users, "user2@example.com"), 0);
        assert!(users.by_sub("sub-2").is_none());
        assert_eq!((users.keys_by_attribute.len(), users.keys_by_sub.len(), users.len()), (0, 1, 1));
    }
}
