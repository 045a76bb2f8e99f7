//! Lists that come in pages.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::error::CognitoError;

pub(super) struct Page {
    pub(super) items: Vec<Value>,
    /// The token of the next page, if there is one.
    pub(super) next: Option<String>,
}

/// The `size` items after the one whose key `token` holds. Items come in the order of their keys, so that pages
/// neither repeat nor lose what is there from the first to the last of them.
pub(super) fn page<'a, T: 'a>(
    items: impl Iterator<Item = (&'a String, T)>,
    token: Option<&str>,
    size: usize,
    show: impl Fn(T) -> Value,
) -> Result<Page, CognitoError> {
    let after = token.map(key_of).transpose()?;
    let mut rest = items.filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
    let shown: Vec<_> = rest.by_ref().take(size).collect();
    let last = shown.last().map(|(key, _)| URL_SAFE_NO_PAD.encode(key));
    let next = rest.next().and(last);
    Ok(Page { items: shown.into_iter().map(|(_, item)| show(item)).collect(), next })
}

/// The size that was asked for, which must be in the range; none is the largest.
pub(super) fn size(asked: Option<i64>, least: i64, most: i64) -> Result<usize, CognitoError> {
    let Some(asked) = asked else { return Ok(usize::try_from(most).unwrap_or(60)) };
    let rule = if asked < least {
        format!("greater than or equal to {least}")
    } else if asked > most {
        format!("less than or equal to {most}")
    } else {
        // Where 0 is admitted, it is as good as nothing said.
        return Ok(usize::try_from(if asked == 0 { most } else { asked }).unwrap_or(60));
    };
    Err(CognitoError::invalid_parameter(format!(
        "1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy constraint: Member must \
         have value {rule}"
    )))
}

fn key_of(token: &str) -> Result<String, CognitoError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| CognitoError::invalid_parameter("Invalid pagination token."))
}
