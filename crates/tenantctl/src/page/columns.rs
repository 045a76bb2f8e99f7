//! Rows as columns that fit a width. A cell that is too wide is wrapped; a column that finds no room goes below its row.

use std::collections::BTreeSet;

use console::measure_text_width;

use super::{DIM, own_style, styled};

/// Blanks between two columns, and before what stands below a row.
const GAP: usize = 2;

/// Up to how many characters a cell is never wrapped: a moment, a status, a reference.
const SHORT: usize = 18;

/// Where the columns of a table are.
#[derive(Debug)]
pub(super) struct Layout {
    headings: Vec<String>,
    /// Places and widths of the columns beside each other.
    beside: Vec<(usize, usize)>,
    /// Places of the columns below each row.
    below: Vec<usize>,
    width: Option<usize>,
}

impl Layout {
    /// The layout that suits `rows`. Without a `width` every row is one line.
    pub(super) fn of(headings: &[String], rows: &[Vec<String>], width: Option<usize>) -> Self {
        let columns: Vec<Column> =
            headings.iter().enumerate().map(|(place, heading)| Column::of(place, heading, rows)).collect();
        let (beside, below) = arranged(&columns, width);
        let widths = widths(&beside, width);
        Self {
            headings: headings.to_vec(),
            beside: beside.iter().map(|column| column.place).zip(widths).collect(),
            below: below.iter().map(|column| column.place).collect(),
            width,
        }
    }

    /// The lines of the headings.
    pub(super) fn head(&self) -> Vec<String> {
        let headings: Vec<String> = self.headings.iter().map(|heading| heading.to_uppercase()).collect();
        self.lines_beside(&headings)
    }

    /// The lines of a row. One that does not suit the layout has a layout of its own, so that no word is broken.
    pub(super) fn row(&self, row: &[String]) -> Vec<String> {
        if self.beside.iter().any(|(place, room)| self.needed(cell(row, *place)) > *room) {
            return Self::of(&self.headings, &[row.to_vec()], self.width).arranged_row(row);
        }
        self.arranged_row(row)
    }

    fn arranged_row(&self, row: &[String]) -> Vec<String> {
        let mut lines = self.lines_beside(row);
        let heading = |place: &usize| self.headings.get(*place).map_or("", String::as_str);
        let below = self.below.iter().map(|place| (heading(place), cell(row, *place)));
        lines.extend(lines_below(below, self.width.unwrap_or(usize::MAX)));
        lines
    }

    fn lines_beside(&self, row: &[String]) -> Vec<String> {
        let widths: Vec<usize> = self.beside.iter().map(|(_, width)| *width).collect();
        row_lines(self.beside.iter().map(|(place, _)| cell(row, *place)), &widths)
    }

    /// The room that a cell cannot do without.
    fn needed(&self, cell: &str) -> usize {
        self.width.map_or_else(|| whole(cell), |width| narrowest(cell).min(width))
    }
}

fn cell(row: &[String], place: usize) -> &str {
    row.get(place).map_or("", String::as_str)
}

struct Column {
    place: usize,
    /// The width at which no cell is wrapped.
    natural: usize,
    /// The width at which no short cell is wrapped and no word is broken.
    narrowest: usize,
}

impl Column {
    fn of(place: usize, heading: &str, rows: &[Vec<String>]) -> Self {
        let cells = || rows.iter().filter_map(move |row| row.get(place)).map(String::as_str);
        let most = |width: fn(&str) -> usize| cells().map(width).max().unwrap_or(0);
        let heading_width = measure_text_width(heading);
        Self { place, natural: most(whole).max(heading_width), narrowest: most(narrowest).max(heading_width) }
    }
}

fn whole(cell: &str) -> usize {
    cell.lines().map(measure_text_width).max().unwrap_or(0)
}

fn narrowest(cell: &str) -> usize {
    let word = cell.split_whitespace().map(measure_text_width).max().unwrap_or(0);
    whole(cell).min(SHORT).max(word)
}

/// The columns that stand beside each other, and those that go below: the widest go, but never the first, which says what
/// the row is about.
fn arranged(columns: &[Column], width: Option<usize>) -> (Vec<&Column>, Vec<&Column>) {
    let mut below = BTreeSet::new();
    loop {
        let (down, beside): (Vec<_>, Vec<_>) =
            columns.iter().partition(|column| below.contains(&column.place));
        let needed = beside.iter().map(|column| column.narrowest + GAP).sum::<usize>().saturating_sub(GAP);
        let widest = beside.iter().skip(1).max_by_key(|column| column.narrowest);
        match (width, widest) {
            (Some(width), Some(widest)) if needed > width => below.insert(widest.place),
            _ => return (beside, down),
        };
    }
}

/// The width of each column: what is left over goes to those that would be wrapped, the ones that need least first.
fn widths(columns: &[&Column], width: Option<usize>) -> Vec<usize> {
    let Some(width) = width else { return columns.iter().map(|column| column.natural).collect() };
    let mut widths: Vec<usize> = columns.iter().map(|column| column.narrowest.min(width)).collect();
    let used = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    let mut spare = width.saturating_sub(used);
    let mut wanting: Vec<(usize, &mut usize)> = columns
        .iter()
        .zip(&mut widths)
        .map(|(column, width)| (column.natural.saturating_sub(*width), width))
        .filter(|(missing, _)| *missing > 0)
        .collect();
    wanting.sort_by_key(|(missing, _)| *missing);
    let mut left = wanting.len();
    for (missing, width) in wanting {
        let more = missing.min(spare / left.max(1));
        *width += more;
        spare -= more;
        left -= 1;
    }
    widths
}

fn row_lines<'t>(cells: impl Iterator<Item = &'t str>, widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = cells.zip(widths).map(|(cell, width)| wrapped(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|line| {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let part = cell.get(line).map_or("", String::as_str);
                text.push_str(part);
                text.push_str(&" ".repeat(width.saturating_sub(measure_text_width(part)) + GAP));
            }
            text.trim_end().to_owned()
        })
        .collect()
}

/// `heading: cell` of the columns below a row, as many on a line as fit. An empty cell is left out.
fn lines_below<'t>(cells: impl Iterator<Item = (&'t str, &'t str)>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut is_open = false;
    for (heading, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
        let item = format!("{} {cell}", styled(DIM, format!("{heading}:")));
        if let Some(line) = lines.last_mut().filter(|_| is_open)
            && measure_text_width(line) + GAP + whole(&item) <= width
        {
            line.push_str(&" ".repeat(GAP));
            line.push_str(&item);
            continue;
        }
        let parts = wrapped(&item, width.saturating_sub(2 * GAP));
        // What comes next is hard to find behind the end of a cell that was wrapped.
        is_open = parts.len() == 1;
        for (place, part) in parts.into_iter().enumerate() {
            let indent = if place == 0 { GAP } else { 2 * GAP };
            lines.push(format!("{}{part}", " ".repeat(indent)));
        }
    }
    lines
}

/// `text` in lines of at most `width`, broken between words, and within a word that is wider. A style goes on in the next
/// line, and never beyond the end of a line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines: Vec<String> = text
        .lines()
        .flat_map(|line| if whole(line) <= width { vec![line.to_owned()] } else { words(line, width) })
        .flat_map(|line| broken(&line, width))
        .collect();
    let mut style = "";
    for line in &mut lines {
        let begin = style;
        let mut rest = line.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            rest = rest.get(at..).unwrap_or_default();
            let sequence = own_style(rest).unwrap_or("\u{1b}");
            style = if sequence == RESET { "" } else { sequence };
            rest = rest.get(sequence.len()..).unwrap_or_default();
        }
        let end = if style.is_empty() { "" } else { RESET };
        *line = format!("{begin}{line}{end}");
    }
    lines
}

const RESET: &str = "\u{1b}[0m";

/// `text` in lines of at most `width`, broken between words alone: a word that is wider keeps its line to itself.
fn words(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn broken(line: &str, width: usize) -> Vec<String> {
    if measure_text_width(line) <= width {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let length = own_style(rest).map_or(c.len_utf8(), str::len);
        let (part, after) = rest.split_at(length);
        rest = after;
        let Some(last) = lines.last_mut() else { break };
        last.push_str(part);
        if measure_text_width(last) > width {
            let begin = seam(last, width).unwrap_or(last.len() - length);
            let next = last.split_off(begin);
            lines.push(next);
        }
    }
    lines
}

/// Where an id that is broken is easiest to read: behind a `/` or `:` or the like in the second half of the line.
fn seam(line: &str, width: usize) -> Option<usize> {
    let (before_last, _) = line.char_indices().next_back()?;
    let seam = line.get(..before_last)?.rfind(['/', ':', '@', '.', '-', '_'])? + 1;
    (seam > width / 2).then_some(seam)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{BAD, GOOD, styled};
    use super::*;

    const ID: &str = "a-tenant-with-an-id-of-sixty-three-characters-which-is-the-most";
    const SUB: &str = "5a1b0000-1111-4222-8333-abcdefabcdef";

    fn lines(headings: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
        let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
        let layout = Layout::of(&headings, rows, width);
        layout.head().into_iter().chain(rows.iter().flat_map(|row| layout.row(row))).collect()
    }

    fn page(headings: &[&str], rows: &[&[&str]], width: usize) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        anstream::adapter::strip_str(&lines(headings, &rows, Some(width)).join("\n")).to_string()
    }

    #[test]
    fn a_column_without_room_goes_below_its_row_and_the_first_never_does() {
        let headings = ["id", "name", "tier", "status"];
        let rows: [&[&str]; 2] =
            [&[ID, "Acme Corporation", "pro", "active"], &["globex", "Globex", "free", "-"]];

        assert_eq!(
            page(&headings, &rows, 80),
            format!(
                "ID{}TIER  STATUS\n{ID}  pro   active\n  name: Acme Corporation\nglobex{}free  -\n  name: Globex",
                " ".repeat(63),
                " ".repeat(59)
            )
        );
        assert_eq!(
            page(&headings, &rows, 60),
            format!(
                "ID\n{}\n{}\n  name: Acme Corporation  tier: pro  status: active\nglobex\n  name: Globex  tier: free  \
                 status: -",
                ID.split_at(59).0,
                ID.split_at(59).1
            )
        );
    }

    #[test]
    fn what_is_below_is_wrapped_and_an_empty_cell_is_left_out() {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{}/alice", "r".repeat(40));
        let page = page(&["at", "actor", "detail"], &[&["2026-11-21 08:00", &arn, ""]], 60);

        assert_eq!(
            page,
            format!(
                "AT                DETAIL\n2026-11-21 08:00\n  actor:\n    {}\n    {}",
                arn.split_at(39).0,
                arn.split_at(39).1
            )
        );
    }

    #[test]
    fn a_style_does_not_leak_into_the_next_column() {
        let red = styled(BAD, "gone for good and never again");
        let lines = wrapped(&red, 10);

        assert_eq!(lines.len(), 4, "{lines:?}");
        for line in &lines {
            assert!(line.starts_with("\u{1b}[31m") && line.ends_with(RESET), "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_page_and_nothing_is_lost(
            rows in proptest::collection::vec(
                proptest::collection::vec("[a-zé株 :/-]{0,90}", 5), 1..5),
            id in 1_usize..200,
            width in 20_usize..140,
        ) {
            let mut rows = rows;
            rows[0][0] = SUB.repeat(id / SUB.len() + 1);
            rows[0][1] = styled(GOOD, "active");
            let lines = lines(&["id", "one", "two", "three", "four"], &rows, Some(width));

            for line in &lines {
                prop_assert!(measure_text_width(line) <= width, "{width}: {line}");
            }
            let characters = |text: &str| {
                let mut counts = std::collections::BTreeMap::new();
                let text = anstream::adapter::strip_str(text).to_string();
                text.chars().filter(|c| !c.is_whitespace()).for_each(|c| *counts.entry(c).or_insert(0) += 1);
                counts
            };
            let shown = characters(&lines.concat());
            for (c, count) in characters(&rows.concat().concat()) {
                prop_assert!(shown.get(&c).is_some_and(|shown| *shown >= count), "{c}: {lines:?}");
            }
        }
    }
}
