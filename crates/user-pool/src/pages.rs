//! Lists that come in pages.

/// What a server that does not end its pages may give before it is not believed any more.
pub const PAGES_MAX: usize = 2_000;

/// Why a list ended before its last page. What was seen until then stands.
#[derive(Debug, PartialEq)]
pub enum Cut<E> {
    Failed(E),
    /// The server gives the same page again and again.
    SamePage,
    /// The server gave [`PAGES_MAX`] pages, and there are more.
    TooMany,
}

/// Asks for page after page: `page` takes the token of a page, and gives that of the next.
pub async fn each<E>(
    mut page: impl AsyncFnMut(Option<String>) -> Result<Option<String>, E>,
) -> Result<(), Cut<E>> {
    let mut token: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let next = page(token.clone()).await.map_err(Cut::Failed)?.filter(|token| !token.is_empty());
        match next {
            None => return Ok(()),
            next if next == token => return Err(Cut::SamePage),
            next => token = next,
        }
    }
    Err(Cut::TooMany)
}

#[cfg(test)]
mod tests {
    use super::{Cut, PAGES_MAX, each};

    #[tokio::test]
    async fn pages_end_even_where_the_server_does_not_end_them() {
        let mut asked = Vec::new();
        let whole = each(async |token: Option<String>| {
            asked.push(token.clone());
            Ok::<_, ()>(match token.as_deref() {
                None => Some("second".to_owned()),
                Some("second") => Some(String::new()),
                Some(_) => panic!("there are two"),
            })
        });
        assert_eq!(whole.await, Ok(()));
        assert_eq!(asked, [None, Some("second".to_owned())]);

        let same = each(async |_| Ok::<_, ()>(Some("again".to_owned()))).await;
        let mut number = 0;
        let endless = each(async |_| {
            number += 1;
            Ok::<_, ()>(Some(number.to_string()))
        });

        assert_eq!(same, Err(Cut::SamePage));
        assert_eq!(endless.await, Err(Cut::TooMany));
        assert_eq!(number, PAGES_MAX);
        assert_eq!(each(async |_| Err("no")).await, Err(Cut::Failed("no")));
    }
}
