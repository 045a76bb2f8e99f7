//! The list that is imported, and the file that its codes go to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Deserialize;
use tenancy::{EmailAddress, InviteCode, Role, Timestamp};

use crate::failure::Failure;
use crate::moment::Moment;
use crate::options::Span;

/// One line of the list, checked.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands in the file, from 1.
    pub(super) line: u64,
    /// Whom to invite, or what is wrong with the line.
    pub(super) guest: Result<Guest, String>,
}

/// Whom to invite.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) email: EmailAddress,
    /// Empty: those of the command line.
    pub(super) roles: Vec<Role>,
    pub(super) expires: Option<Span>,
}

/// As it stands in the file; unknown columns are refused, so that a misspelt one is not lost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    email: String,
    #[serde(default)]
    roles: Option<Roles>,
    #[serde(default)]
    expires: Option<String>,
}

/// Roles in CSV are one text, with blanks, commas or semicolons between; in JSON a list too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Roles {
    Text(String),
    List(Vec<String>),
}

/// Reads a list: JSON lines if the first character is `{`, or else CSV with a line of names.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("could not read {}: {error}", path.display()))
    };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| cannot(&error))?;
        text
    } else {
        let bytes = std::fs::read(path).map_err(|error| cannot(&error))?;
        String::from_utf8(bytes).map_err(|error| {
            cannot(&format!("it is not UTF-8 (byte {})", error.utf8_error().valid_up_to()))
        })?
    };
    // One kind of line end: the CSV reader counts others wrong.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.as_str();
    if text.trim_start().starts_with('[') {
        return Err(Failure::usage("the list is a JSON array; JSON lines are one object a line"));
    }
    if text.trim_start().starts_with('{') { Ok(json_lines(text)) } else { csv_rows(text) }
}

fn json_lines(text: &str) -> Vec<Row> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let rows = lines.map(|(line, number)| {
        let raw = serde_json::from_str::<Raw>(line).map_err(|error| error.to_string());
        Row { line: number, guest: raw.and_then(guest) }
    });
    rows.collect()
}

fn csv_rows(text: &str) -> Result<Vec<Row>, Failure> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text.as_bytes());
    let headers =
        reader.headers().map_err(|error| Failure::usage(format!("the list is malformed CSV: {error}")))?;
    let headers: csv::StringRecord = headers.iter().map(str::to_lowercase).collect();
    if let Some(other) = headers.iter().find(|header| header.contains([';', '\t'])) {
        return Err(Failure::usage(format!(
            "the columns of the list are not separated by commas: `{other}`"
        )));
    }
    let known = ["email", "roles", "expires"];
    if let Some(unknown) = headers.iter().find(|header| !known.contains(header)) {
        return Err(Failure::usage(format!(
            "the list has a column `{unknown}`; known are email, roles and expires"
        ))
        .hint("The first line of a CSV list names its columns, such as: email,roles"));
    }
    if !headers.iter().any(|header| header == "email") {
        return Err(Failure::usage("the list has no column `email`")
            .hint("The first line of a CSV list names its columns, such as: email,roles"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let (line, guest) = match record {
            Ok(record) => {
                let line = record.position().map_or(0, |position| line_at(text, position.byte()));
                (
                    line,
                    record
                        .deserialize::<Raw>(Some(&headers))
                        .map_err(|error| error.to_string())
                        .and_then(guest),
                )
            }
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(error.to_string())),
        };
        rows.push(Row { line, guest });
    }
    Ok(rows)
}

/// The line of the first thing that stands at or behind a byte: the CSV reader counts empty lines to what follows them.
fn line_at(text: &str, byte: u64) -> u64 {
    let start = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let before = text.get(..start).unwrap_or_default().matches('\n').count();
    let empty = text.get(start..).unwrap_or_default().bytes().take_while(|b| *b == b'\n').count();
    u64::try_from(before.saturating_add(empty).saturating_add(1)).unwrap_or(u64::MAX)
}

fn guest(raw: Raw) -> Result<Guest, String> {
    let email = raw.email.parse::<EmailAddress>().map_err(|error| error.to_string())?;
    let texts = match raw.roles {
        None => Vec::new(),
        Some(Roles::List(roles)) => roles,
        Some(Roles::Text(text)) => text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let roles = texts.iter().map(|role| role.parse::<Role>()).collect::<Result<Vec<_>, _>>();
    let roles = tenancy::role::union(&[], &roles.map_err(|error| error.to_string())?);
    let expires = raw.expires.filter(|text| !text.trim().is_empty()).map(|text| text.parse()).transpose()?;
    Ok(Guest { email, roles, expires })
}

/// Where the codes go: a CSV file that only its owner may read, a line an invite, on the disk before the invite is in the
/// table. So whatever happens, a code that can be redeemed is in it; and a second run takes the codes that did not come to
/// an invite yet.
#[derive(Debug)]
pub(super) struct CodeFile {
    file: File,
    codes: BTreeMap<String, Noted>,
}

/// A code that an earlier run noted for an address.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) code: InviteCode,
    /// Until when it was to be good. After that it has been about for too long to be used for another invite.
    pub(super) expires_at: Timestamp,
}

const HEADINGS: &str = "email,code,link,expires\n";

impl CodeFile {
    /// Opens the file of this or an earlier run.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("could not open {}: {error}", path.display()))
        };
        if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Failure::usage(format!(
                "{} is no plain file, and codes are secrets",
                path.display()
            )));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| cannot(&error))?;
        // Where the file system knows no locks, nobody can tell.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let message = format!("another import is writing to {}", path.display());
            return Err(Failure::refused("import-running", message));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| cannot(&error))?;
        // A run that was killed may have left a part of a line; its invite cannot be in the table.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let kept = text.get(..whole).unwrap_or_default();
        if !kept.starts_with(HEADINGS) && !HEADINGS.starts_with(&text) {
            return Err(Failure::usage(format!("{} is not a codes file", path.display()))
                .hint("Give a new one, or the one that an earlier import wrote, to --codes."));
        }
        #[cfg(unix)]
        {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            file.set_permissions(private).map_err(|error| cannot(&error))?;
        }
        let end = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(end).map_err(|error| cannot(&error))?;
        file.seek(SeekFrom::Start(end)).map_err(|error| cannot(&error))?;
        if kept.is_empty() {
            file.write_all(HEADINGS.as_bytes()).map_err(|error| cannot(&error))?;
            // A new name is on the disk when its folder is.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
            folder.map_err(|error| cannot(&error))?;
        }
        let mut codes = BTreeMap::new();
        for record in csv::Reader::from_reader(kept.as_bytes()).records() {
            let record = record.map_err(|error| cannot(&error))?;
            let moment = record.get(3).and_then(|text| humantime::parse_rfc3339_weak(text).ok());
            if let (Some(email), Some(Ok(code)), Some(moment)) =
                (record.get(0), record.get(1).map(str::parse), moment)
            {
                codes
                    .insert(unguarded(email).to_owned(), Noted { code, expires_at: Timestamp::from(moment) });
            }
        }
        Ok(Self { file, codes })
    }

    /// The code that an earlier run noted last for an address.
    pub(super) fn noted(&self, email: &EmailAddress) -> Option<&Noted> {
        self.codes.get(email.as_str())
    }

    /// Notes a code, and waits until it is on the disk.
    pub(super) fn note(
        &mut self,
        email: &EmailAddress,
        code: &InviteCode,
        link: Option<&str>,
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        let (code_cell, expires) = (code.reveal(), Moment(expires_at).to_string());
        let cells = [email.as_str(), &code_cell, link.unwrap_or(""), &expires].map(guarded);
        // Some spreadsheets take `;` for the end of a cell, unless the cell is in quotes.
        let has_semicolon = cells.iter().any(|cell| cell.contains(';'));
        let quotes = if has_semicolon { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new().quote_style(quotes).from_writer(Vec::new());
        let written = writer.write_record(cells.iter().map(|cell| cell.as_bytes()));
        let row = written.map_err(|error| error.to_string());
        let row = row.and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
        let noted = row.and_then(|row| {
            self.file.write_all(&row).and_then(|()| self.file.sync_data()).map_err(|error| error.to_string())
        });
        noted.map_err(|error| Failure::failed(format!("could not write a code to the file: {error}")))?;
        self.codes.insert(email.as_str().to_owned(), Noted { code: code.clone(), expires_at });
        Ok(())
    }
}

/// A cell that a spreadsheet takes for text: with an apostrophe before it where it would be run as a formula (OWASP, "CSV
/// Injection").
fn guarded(cell: &str) -> Cow<'_, str> {
    if is_run(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What [`guarded`] was given.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_run(rest)).unwrap_or(cell)
}

/// Whether a formula begins here, or behind apostrophes: so that an apostrophe of the address is told from one of ours.
fn is_run(cell: &str) -> bool {
    let begins = cell.trim_start_matches('\'').chars().next();
    let is_sign = |c| matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}');
    begins.is_some_and(|c: char| is_sign(c) || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text_and_is_read_back() {
        let rows = [
            ("ana@example.com", "ana@example.com"),
            ("o'neil@example.com", "o'neil@example.com"),
            ("'ana'@example.com", "'ana'@example.com"),
            ("=hyperlink(\"x\")@example.com", "'=hyperlink(\"x\")@example.com"),
            ("+1@example.com", "'+1@example.com"),
            ("-1@example.com", "'-1@example.com"),
            ("@sum@example.com", "'@sum@example.com"),
            ("\tx", "'\tx"),
            ("\u{ff1d}1@example.com", "'\u{ff1d}1@example.com"),
            ("'=1@example.com", "''=1@example.com"),
            ("''=1@example.com", "'''=1@example.com"),
            ("", ""),
        ];

        for (cell, wanted) in rows {
            assert_eq!(guarded(cell), wanted);
            assert_eq!(unguarded(&guarded(cell)), cell, "{wanted}");
        }
    }
}
