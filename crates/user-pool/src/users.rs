//! Users of a pool, as an operator looks them up.
//!
//! Always by `ListUsers`: `AdminGetUser` makes a dormant user one that is billed for the month (developer guide, "Quotas in
//! Amazon Cognito", on monthly active users). `ListUsers` has a quota of its own, 30 a second for the whole account, which
//! cannot be raised (Service Quotas, "Rate of `UserList` requests").

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::SdkError;
use aws_sdk_cognitoidentityprovider::operation::list_users::ListUsersError;
use aws_sdk_cognitoidentityprovider::types::UserType;
use tenancy::{EmailAddress, PoolId, Sub, Username};

/// Users on a page of `ListUsers`, which is the most there are (API reference, `Limit`).
const PAGE: i32 = 60;

/// Longest filter (API reference, `UserFilterType`), in characters.
const MAX_FILTER: usize = 256;

/// Why `ListUsers` gave no answer.
pub type ListError = SdkError<ListUsersError>;

/// A user, as the pool knows them. `Debug` shows no more than the `sub`: the rest may be personal data.
#[derive(Clone, Eq, PartialEq)]
pub struct PoolUser {
    /// The subject: the key of everything that the table knows.
    pub sub: Sub,
    /// The name that admin calls take; may be an e-mail address, so it is printed where it is asked for alone.
    pub username: Username,
    /// `UserStatus`, such as `CONFIRMED`, `UNCONFIRMED`, `EXTERNAL_PROVIDER`; `UNKNOWN` when Cognito does not say.
    pub status: String,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// The attributes that were asked for and are set.
    pub attributes: BTreeMap<String, String>,
}

impl PoolUser {
    /// The value of an attribute that was asked for, if it is set and not empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Keeps the attributes of `keep`; `None` for a user without a readable `sub` or name, which Cognito never sends.
    fn read(user: UserType, keep: &[&str]) -> Option<Self> {
        let mut attributes: BTreeMap<String, String> = user
            .attributes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|attribute| Some((attribute.name, attribute.value?)))
            .collect();
        let sub = attributes.get("sub")?.parse().ok()?;
        attributes.retain(|name, _| keep.contains(&name.as_str()));
        Some(Self {
            sub,
            username: Username::new(&user.username?)?,
            status: user
                .user_status
                .map_or_else(|| "UNKNOWN".to_owned(), |status| status.as_str().to_owned()),
            enabled: user.enabled,
            attributes,
        })
    }
}

impl fmt::Debug for PoolUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolUser").field("sub", &self.sub).finish_non_exhaustive()
    }
}

/// Why no user was found.
#[derive(Debug)]
pub enum Unfound {
    /// There is no such user.
    Unknown,
    /// Several users match.
    Ambiguous(Vec<Sub>),
    /// Cognito gave no answer.
    Unanswered(Box<ListError>),
}

/// Finds the one user that `who` means: a `sub`, a username, or an e-mail address, as typed and in its normal form. With the
/// attributes `email` and `email_verified`.
pub async fn find_user(client: &Client, pool: &PoolId, who: &str) -> Result<PoolUser, Unfound> {
    let mut found: Vec<PoolUser> = Vec::new();
    for (is_last_resort, filter) in filters(who.trim()) {
        if is_last_resort && !found.is_empty() {
            break;
        }
        let users = matching(client, pool, &filter, &["email", "email_verified"]).await;
        for user in users.map_err(|error| Unfound::Unanswered(Box::new(error)))? {
            if !found.contains(&user) {
                found.push(user);
            }
        }
    }
    match found.len() {
        0 | 1 => found.pop().ok_or(Unfound::Unknown),
        _ => Err(Unfound::Ambiguous(found.into_iter().map(|user| user.sub).collect())),
    }
}

/// Finds a user by `sub`, with the attributes in `keep`; `None` when the pool has none. A user who has just been made may
/// take a moment to be found.
pub async fn find_by_sub(
    client: &Client,
    pool: &PoolId,
    sub: &Sub,
    keep: &[&str],
) -> Result<Option<PoolUser>, ListError> {
    let Some(filter) = filter("sub", sub.as_str()) else { return Ok(None) };
    // The service compares; what it sends back is compared again, since a wrong user would be written to.
    Ok(matching(client, pool, &filter, keep).await?.into_iter().find(|user| user.sub == *sub))
}

/// All users of a pool, page after page.
#[derive(Debug)]
pub struct UserPages {
    client: Client,
    pool: PoolId,
    filter: Option<String>,
    keep: Vec<String>,
    next: Next,
}

#[derive(Clone, Debug)]
enum Next {
    First,
    Token(String),
    End,
}

impl UserPages {
    /// Users with the attributes in `keep`. All attributes are asked for, and the others are dropped at once:
    /// `AttributesToGet` fails as soon as one user lacks a custom attribute that it names (API reference, `ListUsers`).
    pub fn new(client: Client, pool: PoolId, keep: &[&str]) -> Self {
        let keep = keep.iter().map(|name| (*name).to_owned()).collect();
        Self { client, pool, filter: None, keep, next: Next::First }
    }

    /// The next page, which may be empty without being the last; `None` after the last. After an error the same page is
    /// asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<PoolUser>>, ListError> {
        let token = match &self.next {
            Next::First => None,
            Next::Token(token) => Some(token.clone()),
            Next::End => return Ok(None),
        };
        let call = self
            .client
            .list_users()
            .user_pool_id(self.pool.as_str())
            .limit(PAGE)
            .set_filter(self.filter.clone())
            .set_pagination_token(token)
            .send();
        let answer = Box::pin(call).await?;
        self.next = answer.pagination_token.map_or(Next::End, Next::Token);
        let keep: Vec<&str> = self.keep.iter().map(String::as_str).collect();
        let users = answer.users.unwrap_or_default();
        Ok(Some(users.into_iter().filter_map(|user| PoolUser::read(user, &keep)).collect()))
    }
}

async fn matching(
    client: &Client,
    pool: &PoolId,
    filter: &str,
    keep: &[&str],
) -> Result<Vec<PoolUser>, ListError> {
    let mut pages = UserPages::new(client.clone(), pool.clone(), keep);
    pages.filter = Some(filter.to_owned());
    let mut users = Vec::new();
    while let Some(page) = pages.next().await? {
        users.extend(page);
    }
    Ok(users)
}

/// The filters to try for what an operator typed. One that is a last resort is tried only when those before it found nobody.
fn filters(who: &str) -> Vec<(bool, String)> {
    let mut wanted: Vec<(bool, &str, String)> = Vec::new();
    if is_uuid(who) {
        wanted.push((false, "sub", who.to_ascii_lowercase()));
        wanted.push((true, "username", who.to_owned()));
    } else {
        wanted.push((false, "username", who.to_owned()));
        if who.contains('@') {
            wanted.push((false, "email", who.to_owned()));
            let normal = who.parse::<EmailAddress>().ok().map(|address| address.as_str().to_owned());
            wanted.extend(normal.filter(|normal| normal != who).map(|normal| (false, "email", normal)));
        } else {
            // In pools of an emulator, and perhaps one day of Cognito, a sub is no UUID.
            wanted.push((true, "sub", who.to_owned()));
        }
    }
    wanted
        .into_iter()
        .filter_map(|(is_last_resort, name, value)| Some((is_last_resort, filter(name, &value)?)))
        .collect()
}

/// `name = "value"`, with quotes and backslashes of the value escaped; `None` when it is empty, or longer than a filter can
/// be: then it is nobody's.
fn filter(name: &str, value: &str) -> Option<String> {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    let filter = format!("{name} = \"{escaped}\"");
    (!value.is_empty() && filter.chars().count() <= MAX_FILTER).then_some(filter)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_an_operator_types_is_looked_for_where_it_can_be() {
        let uuid = "5A1B0000-1111-4222-8333-abcdefABCDEF";
        let rows: [(&str, &[&str]); 5] = [
            (
                uuid,
                &[
                    r#"sub = "5a1b0000-1111-4222-8333-abcdefabcdef""#,
                    r#"username = "5A1B0000-1111-4222-8333-abcdefABCDEF""#,
                ],
            ),
            ("google_117", &[r#"username = "google_117""#, r#"sub = "google_117""#]),
            ("ana@example.com", &[r#"username = "ana@example.com""#, r#"email = "ana@example.com""#]),
            (
                "Ana@Example.com",
                &[
                    r#"username = "Ana@Example.com""#,
                    r#"email = "Ana@Example.com""#,
                    r#"email = "ana@example.com""#,
                ],
            ),
            ("", &[]),
        ];

        for (typed, wanted) in rows {
            let filters: Vec<String> = filters(typed).into_iter().map(|(_, filter)| filter).collect();
            assert_eq!(filters, wanted, "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_anybodys_name_is_not_asked_for() {
        assert_eq!(filter("username", &"x".repeat(300)), None);
    }

    #[test]
    fn a_user_does_not_show_in_debug_beyond_the_sub() {
        let user = PoolUser {
            sub: "5a1b".parse().unwrap(),
            username: Username::new("ana@example.com").unwrap(),
            status: "CONFIRMED".into(),
            enabled: true,
            attributes: BTreeMap::from([("email".to_owned(), "ana@example.com".to_owned())]),
        };

        assert_eq!(format!("{user:?}"), r#"PoolUser { sub: Sub("5a1b"), .. }"#);
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_filter(value in "[\"\\\\a-z= ]{1,40}") {
            let filter = filter("email", &value).unwrap();

            let inner = filter.strip_prefix("email = \"").unwrap().strip_suffix('"').unwrap();
            let (mut read, mut escaped) = (String::new(), false);
            for c in inner.chars() {
                prop_assert!(escaped || c != '"', "{filter}");
                if escaped || c != '\\' { read.push(c); }
                escaped = !escaped && c == '\\';
            }
            prop_assert!(!escaped, "{filter}");
            prop_assert_eq!(read, value);
        }
    }
}
