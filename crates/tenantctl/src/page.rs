//! What is printed on standard output: for people, or as one JSON document.

mod columns;

use std::fmt::Write as _;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tenancy::Role;

use self::columns::Layout;

/// Something a command has to say: as JSON by its `Serialize`, which is stable (docs/tenantctl-json.md), and for people.
pub(crate) trait Show: Serialize {
    /// Writes it for people.
    fn show(&self, page: &mut Page);
}

/// Text for people, as wide as the terminal.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    width: Option<u16>,
}

/// A style for what is good, such as `active`.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// A style for what deserves a look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// A style for what matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// A style for headings.
pub(crate) const BOLD: Style = Style::new().bold();

impl Page {
    /// A page as wide as `COLUMNS` says, or else the terminal; without both, lines are not broken.
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "how wide the terminal is stands in the environment")]
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self { text: String::new(), width: columns.or_else(terminal_width) }
    }

    /// How wide it is; `None` where lines are not broken.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width.map(usize::from)
    }

    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// One line in bold.
    pub(crate) fn heading(&mut self, line: &str) {
        let _ = writeln!(self.text, "{BOLD}{line}{BOLD:#}");
    }

    /// A paragraph, indented; wrapped where the page has a width.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str) {
        let width = self.width.map_or(usize::MAX, |width| usize::from(width).saturating_sub(indent).max(20));
        let pad = " ".repeat(indent);
        for line in columns::wrapped(&text.split_whitespace().collect::<Vec<_>>().join(" "), width) {
            let _ = writeln!(self.text, "{pad}{line}");
        }
    }

    /// A paragraph behind a dash, its lines under each other.
    pub(crate) fn item(&mut self, indent: usize, text: &str) {
        let before = self.text.len();
        self.paragraph(indent + 2, text);
        let dash = before + indent..before + indent + 1;
        if self.text.get(dash.clone()) == Some(" ") {
            self.text.replace_range(dash, "-");
        }
    }

    /// Names and values, one a line, the values under each other; wrapped where the page has a width.
    pub(crate) fn fields<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, String)>) {
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, plain(&value))).collect();
        let longest = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let width = self.width.map(|width| usize::from(width).saturating_sub(longest + 2).max(20));
        for (name, value) in fields {
            let gap = " ".repeat(longest.saturating_sub(name.chars().count()) + 2);
            let lines = match width {
                Some(width) => columns::wrapped(&value, width),
                None => vec![value],
            };
            let under = format!("\n{}", " ".repeat(longest + 2));
            let _ = writeln!(self.text, "{DIM}{name}{DIM:#}{gap}{}", lines.join(&under));
        }
    }

    /// A table with a line of headings; when there are no rows, `none` in their place. Where the page has a width, cells are
    /// wrapped, and a column that finds no room goes below its row.
    pub(crate) fn table<R>(&mut self, headings: &[&str], rows: impl IntoIterator<Item = R>, none: &str)
    where
        R: IntoIterator<Item = String>,
    {
        let text = Table::new(headings.iter().copied(), self.width()).text(rows);
        if text.is_empty() {
            self.line(none);
        }
        self.text.push_str(&text);
    }

    /// The text, with escapes for colours; what prints takes them off where there is no terminal.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A table whose rows come in parts. The first part decides where the columns are. A later row that needs more room has
/// columns of its own.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    width: Option<usize>,
    layout: Option<Layout>,
}

impl Table {
    /// Where there is no `width`, no cell is wrapped.
    pub(crate) fn new<'h>(headings: impl IntoIterator<Item = &'h str>, width: Option<usize>) -> Self {
        Self { headings: headings.into_iter().map(str::to_owned).collect(), width, layout: None }
    }

    /// The lines of the next rows, with the line of headings before the first.
    pub(crate) fn text<R>(&mut self, rows: impl IntoIterator<Item = R>) -> String
    where
        R: IntoIterator<Item = String>,
    {
        // What is hidden is shown by more characters than it has: the width counts what is shown.
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.into_iter().map(|cell| plain(&cell)).collect()).collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut lines = Vec::new();
        if self.layout.is_none() {
            let layout = Layout::of(&self.headings, &rows, self.width);
            lines = layout.head();
            self.layout = Some(layout);
        }
        if let Some(layout) = &self.layout {
            lines.extend(rows.iter().flat_map(|row| layout.row(row)));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// A text that a terminal can be given: control and bidirectional characters are shown as what they are, but for the end of
/// a line and our own styles. Names, claims, reports of others and lines of files may hold anything.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\u{1b}'
            && let Some(style) = own_style(rest)
        {
            shown.push_str(style);
            rest = rest.get(style.len()..).unwrap_or_default();
            continue;
        }
        if tenancy::is_hidden(c) && c != '\n' {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    shown
}

/// The escape sequence of a colour or a weight that `text` begins with, of those that this tool uses.
fn own_style(text: &str) -> Option<&'static str> {
    const STYLES: [&str; 10] = [
        "\u{1b}[0m",
        "\u{1b}[1m",
        "\u{1b}[2m",
        "\u{1b}[31m",
        "\u{1b}[32m",
        "\u{1b}[33m",
        "\u{1b}[34m",
        "\u{1b}[35m",
        "\u{1b}[36m",
        "\u{1b}[4m",
    ];
    STYLES.into_iter().find(|style| text.starts_with(style))
}

/// `text` in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A text, or a dash where there is none.
pub(crate) fn or_dash(text: Option<impl Into<String>>) -> String {
    text.map_or_else(|| "-".to_owned(), Into::into)
}

/// Texts in one, or a dash.
pub(crate) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let text = texts.into_iter().collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The names of roles in one text, or a dash.
pub(crate) fn role_names(roles: &[Role]) -> String {
    joined(roles.iter().map(Role::as_str))
}

/// A status in its colour.
pub(crate) fn styled_status(status: &str) -> String {
    let style = match status {
        "active" | "open" => GOOD,
        "suspended" | "expired" | "draining" => WARN,
        _ => BAD,
    };
    styled(style, status)
}

fn terminal_width() -> Option<u16> {
    // A terminal that does not know its width says 0.
    std::io::stdout().is_terminal().then(|| {
        let size = console::Term::stdout().size_checked();
        size.map(|(_, columns)| columns).filter(|columns| *columns >= 20).unwrap_or(80)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_drive_the_terminal() {
        let rows = [
            ("Acme", "Acme"),
            ("Ácme 株式会社\n", "Ácme 株式会社\n"),
            ("\u{1b}]0;title\u{7}\u{1b}[2J", "\\u001b]0;title\\u0007\\u001b[2J"),
            ("a\u{9b}31mb\u{202e}c\rd\te", "a\\u009b31mb\\u202ec\\u000dd\\u0009e"),
            ("\u{1b}[8mhidden", "\\u001b[8mhidden"),
        ];

        for (text, shown) in rows {
            assert_eq!(plain(text), shown, "{text:?}");
        }
        let ours = styled(GOOD, "active");
        assert_eq!(plain(&ours), ours);
    }

    #[test]
    fn json_stays_json() {
        let document = serde_json::json!({ "name": "a\u{9b}b\u{202e}c\u{1b}" }).to_string();

        let shown = plain(&document);

        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["name"], "a\u{9b}b\u{202e}c\u{1b}");
    }
}
