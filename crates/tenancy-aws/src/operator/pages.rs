//! Lists that are read page by page.

use tenancy::Damage;

use super::{Listed, OperatorError};
use crate::item::Attributes;
use crate::read::Pages;

/// A list, page by page.
pub struct ListPages<T>(Option<(Pages, Decode<T>)>);

type Decode<T> = fn(Attributes) -> Result<T, Damage>;

impl<T> ListPages<T> {
    pub(super) fn new(pages: Pages, decode: Decode<T>) -> Self {
        Self(Some((pages, decode)))
    }

    pub(super) fn empty() -> Self {
        Self(None)
    }

    /// The next page; `None` after the last page. An empty page can be followed by more pages.
    pub async fn next(&mut self) -> Result<Option<Listed<T>>, OperatorError> {
        let Some((pages, decode)) = &mut self.0 else { return Ok(None) };
        let page = Box::pin(pages.next()).await?;
        Ok(page.map(|items| items.into_iter().map(decode).collect()))
    }

    /// Reads all pages, and hands each item to `take`.
    pub async fn each(mut self, mut take: impl FnMut(Result<T, Damage>)) -> Result<(), OperatorError> {
        while let Some(page) = self.next().await? {
            page.into_iter().for_each(&mut take);
        }
        Ok(())
    }
}
