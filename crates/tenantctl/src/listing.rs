//! A list on standard output. It is printed while it is read, so that no list is ever held as a whole.

use std::io::IsTerminal;

use serde::Serialize;
use tenancy::Damage;
use tenancy_aws::operator::{ListPages, Listed, OperatorError};

use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::page::{BAD, Page, Table, styled};
use crate::progress::Progress;

/// Rows that decide the widths of the columns. Fewer rows wait for the end of the list.
const SAMPLE: usize = 200;

/// A heading, and the cell of a row below it.
pub(crate) type Column<T> = (&'static str, fn(&T) -> String);

/// One of a list.
pub(crate) trait Entry: Serialize + Sized + 'static {
    /// What the list is called in JSON.
    const NAME: &'static str;
    const COLUMNS: &'static [Column<Self>];
    /// What is printed in place of a table without rows.
    const NONE: &'static str;
}

/// A list that is being printed: as columns, or as one JSON document.
pub(crate) struct Listing<'a, T> {
    context: &'a Context,
    columns: Vec<Column<T>>,
    /// Items that could not be read; `None` for a list that never has any.
    damaged: Option<Vec<String>>,
    table: Option<Table>,
    waiting: Vec<T>,
    rows: usize,
    progress: Progress,
}

impl<'a, T: Entry> Listing<'a, T> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self {
            context,
            columns: T::COLUMNS.to_vec(),
            damaged: Some(Vec::new()),
            table: None,
            waiting: Vec::new(),
            rows: 0,
            progress: Progress::new("items read", None),
        }
    }

    /// Of items that can never be damaged: the document has no member `damaged`.
    pub(crate) fn never_damaged(self) -> Self {
        Self { damaged: None, ..self }
    }

    /// With one more column, before the first row is added.
    pub(crate) fn insert_column(&mut self, place: usize, column: Column<T>) {
        self.columns.insert(place.min(self.columns.len()), column);
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Reads the next page, and keeps damaged items for the end of the list. `None` as for [`Listing::page`].
    pub(crate) async fn read<R>(&mut self, pages: &mut ListPages<R>) -> Result<Option<Vec<R>>, Failure> {
        let Some(page) = self.page(pages).await? else { return Ok(None) };
        let mut records = Vec::with_capacity(page.len());
        for listed in page {
            match listed {
                Ok(record) => records.push(record),
                Err(damage) => self.add_damage(&damage),
            }
        }
        Ok(Some(records))
    }

    /// Reads the next page. `None` after the last page, or when nobody reads the output any more. If the table cannot be
    /// read, the rows so far are printed.
    pub(crate) async fn page<R>(&mut self, pages: &mut ListPages<R>) -> Result<Option<Listed<R>>, Failure> {
        if self.context.is_unheard() {
            return Ok(None);
        }
        let page = pages.next().await.map_err(|error| self.broken_off(error))?;
        self.progress.advance(page.as_ref().map_or(0, Vec::len));
        Ok(page)
    }

    /// Prints the rows so far, and says that they are not all.
    pub(crate) fn broken_off(&mut self, error: OperatorError) -> Failure {
        self.print_waiting();
        let failure = Failure::from(error);
        if self.rows == 0 { failure } else { failure.and_say("The list is incomplete") }
    }

    /// Adds an item that could not be read.
    pub(crate) fn add_damage(&mut self, damage: &Damage) {
        self.damaged.get_or_insert_default().push(damage.to_string());
    }

    /// Adds rows, and prints them as soon as the widths of the columns are decided.
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = T>) {
        let before = self.waiting.len();
        self.waiting.extend(rows);
        self.rows += self.waiting.len() - before;
        if self.context.is_json() || self.table.is_some() || self.waiting.len() >= SAMPLE {
            self.print_waiting();
        }
    }

    /// Prints the end of the list.
    pub(crate) fn end(mut self) -> Found {
        self.print_waiting();
        let damaged = self.damaged.take();
        let found = match &damaged {
            Some(damaged) if !damaged.is_empty() => Found::Problems,
            _ => Found::Nothing,
        };
        let text = if self.context.is_json() {
            self.end_of_document(damaged.as_deref())
        } else {
            let mut page = Page::new();
            if self.rows == 0 {
                page.line(T::NONE);
            }
            for damage in damaged.iter().flatten() {
                page.paragraph(0, &styled(BAD, damage));
            }
            page.text().to_owned()
        };
        self.print(&text);
        found
    }

    fn print_waiting(&mut self) {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return;
        }
        let text = if self.context.is_json() {
            let is_first = self.rows == rows.len();
            Self::elements(&rows, is_first)
        } else {
            let headings = || self.columns.iter().map(|(heading, _)| *heading);
            let table = self.table.get_or_insert_with(|| Table::new(headings(), Page::new().width()));
            table.text(rows.iter().map(|row| self.columns.iter().map(move |(_, cell)| cell(row))))
        };
        self.print(&text);
    }

    fn print(&mut self, text: &str) {
        if std::io::stdout().is_terminal() {
            self.progress.clear();
        }
        self.context.print(text);
    }

    /// The elements of the list within its document, in the form of `serde_json::to_string_pretty`.
    fn elements(rows: &[T], is_first: bool) -> String {
        let mut text = if is_first { Self::begin_of_document() } else { String::new() };
        for (place, row) in rows.iter().enumerate() {
            text.push_str(if is_first && place == 0 { "\n    " } else { ",\n    " });
            text.push_str(&indented(row, "    "));
        }
        text
    }

    fn begin_of_document() -> String {
        format!("{{\n  \"{}\": [", T::NAME)
    }

    fn end_of_document(&self, damaged: Option<&[String]>) -> String {
        let list = if self.rows == 0 { Self::begin_of_document() + "]" } else { "\n  ]".to_owned() };
        let damaged = damaged.map(|damaged| format!(",\n  \"damaged\": {}", indented(&damaged, "  ")));
        format!("{list}{}\n}}\n", damaged.unwrap_or_default())
    }
}

/// A text of JSON never has the end of a line within it, so that its lines can be moved.
fn indented(value: &impl Serialize, indent: &str) -> String {
    // Texts, numbers and lists under fixed names: writing them cannot fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', &format!("\n{indent}"))
}
