//! `ListUsers` and its filter.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    page, schema,
    service::Cognito,
    user::User,
    users::{NAME_ATTRIBUTES, Users},
    wire::Answer,
};
use crate::json::put;

/// What a filter may name (API reference, `ListUsers`).
const SEARCHABLE: [&str; 10] = [
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
    "status",
    "sub",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsers {
    user_pool_id: String,
    filter: Option<String>,
    limit: Option<i64>,
    pagination_token: Option<String>,
    attributes_to_get: Option<Vec<String>>,
}

/// `ListUsers`: by username, 60 at most at a time, with a filter of one `attribute = "value"` or `^=`.
pub(super) fn list_users(cognito: &Cognito, input: &ListUsers) -> Answer {
    let filter = input.filter.as_deref().filter(|text| !text.trim().is_empty());
    let filter = filter.map(parse_filter).transpose()?;
    let size = page::size(input.limit, 0, 60)?;
    cognito.with_pool(&input.user_pool_id, |pool| {
        if let Some(names) = &input.attributes_to_get {
            let known = |name: &String| pool.schema().iter().any(|known| schema::name_of(known) == name);
            if !names.iter().all(known) {
                let message = "One or more requested attributes do not exist.";
                return Err(CognitoError::invalid_parameter(message));
            }
        }
        let wanted = |name: &str| {
            input.attributes_to_get.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
        };
        let matching = candidates(&pool.users, filter.as_ref())
            .filter(|(_, user)| filter.as_ref().is_none_or(|filter| filter.admits(user)));
        let page = page::page(matching, input.pagination_token.as_deref(), size, |user| {
            let mut shown = user.describe("Attributes");
            put(&mut shown, "Attributes", Value::Array(user.attribute_list(wanted)));
            shown
        })?;
        let mut answer = json!({ "Users": page.items });
        if let Some(next) = page.next {
            put(&mut answer, "PaginationToken", json!(next));
        }
        Ok(answer)
    })
}

/// The users among whom all that a filter admits are: few for a whole value that is indexed, else everybody.
fn candidates<'a>(
    users: &'a Users,
    filter: Option<&'a Filter>,
) -> Box<dyn Iterator<Item = (&'a String, &'a User)> + 'a> {
    match filter {
        Some(filter) if !filter.prefix && NAME_ATTRIBUTES.contains(&filter.attribute.as_str()) => {
            Box::new(users.holders(&filter.attribute, &filter.value))
        }
        Some(filter) if !filter.prefix && filter.attribute == "sub" => {
            Box::new(users.by_sub(&filter.value).map(|user| (&user.username, user)).into_iter())
        }
        Some(filter) if !filter.prefix && filter.attribute == "username" => {
            Box::new(users.by_username(&filter.value).map(|user| (&user.username, user)).into_iter())
        }
        _ => Box::new(users.iter()),
    }
}

/// One condition.
struct Filter {
    attribute: String,
    value: String,
    prefix: bool,
}

impl Filter {
    fn admits(&self, user: &User) -> bool {
        let actual = match self.attribute.as_str() {
            "username" => Some(user.username.as_str()),
            "sub" => Some(user.sub.as_str()),
            "cognito:user_status" => {
                // The only one whose case does not matter.
                let (actual, value) = (user.status.as_str(), self.value.to_ascii_uppercase());
                return if self.prefix { actual.starts_with(&value) } else { actual == value };
            }
            "status" => Some(if user.enabled { "Enabled" } else { "Disabled" }),
            name => user.attributes().get(name).map(String::as_str),
        };
        actual.is_some_and(
            |actual| {
                if self.prefix { actual.starts_with(&self.value) } else { actual == self.value }
            },
        )
    }
}

fn parse_filter(text: &str) -> Result<Filter, CognitoError> {
    let refused = || CognitoError::invalid_parameter(format!("Error while parsing filter: {text}"));
    let (left, value) = text.split_once('=').ok_or_else(refused)?;
    let prefix = left.trim_end().ends_with('^');
    let attribute = left.trim_end().trim_end_matches('^').trim().trim_matches('"').to_owned();
    if !SEARCHABLE.contains(&attribute.as_str()) {
        return Err(CognitoError::invalid_parameter(format!("Invalid search attribute: {attribute}")));
    }
    let quoted = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let value = quoted.ok_or_else(refused)?.replace("\\\"", "\"").replace("\\\\", "\\");
    Ok(Filter { attribute, value, prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_condition_on_an_attribute_that_can_be_searched() {
        let rows = [
            (r#"sub = "a""#, Some(("sub", "a", false))),
            (r#"email ^= "ana@""#, Some(("email", "ana@", true))),
            (r#""email"^="ana=1""#, Some(("email", "ana=1", true))),
            (r#"name = "a \"b\"""#, Some(("name", r#"a "b""#, false))),
            (r#"custom:tenantId = "acme""#, None),
            ("email = ana", None),
            ("email", None),
        ];

        for (text, expected) in rows {
            let parsed = parse_filter(text).ok();
            let parsed = parsed.as_ref().map(|f| (f.attribute.as_str(), f.value.as_str(), f.prefix));
            assert_eq!(parsed, expected, "{text}");
        }
    }
}
