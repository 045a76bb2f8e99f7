//! The zip of a function: unpacked into a folder, as Lambda does into `/var/task`.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Largest sum of the unpacked files (Lambda quotas).
const UNPACKED_BYTES_MAX: usize = 250 * 1024 * 1024;

/// Signatures of the end record and of an entry in the central directory (PKWARE's APPNOTE, 4.3).
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";

/// One file of an archive.
#[derive(Debug, PartialEq)]
struct Entry<'a> {
    name: &'a str,
    /// Permissions; 0 where the archive was not made on Unix.
    mode: u32,
    method: u16,
    size: usize,
    packed: &'a [u8],
}

/// Unpacks `zip` into `folder`; gives the reason when it cannot be done.
pub(super) fn unpack(zip: &[u8], folder: &Path) -> Result<(), &'static str> {
    let mut left = UNPACKED_BYTES_MAX;
    for entry in entries(zip)
        .ok_or("Could not unzip uploaded file. Please check your file, then try to upload again.")?
    {
        let inside = entry.name.split('/').all(|part| part != ".." && !part.contains('\\'));
        if !inside || entry.name.starts_with('/') {
            return Err("the archive has a path that leads out of it");
        }
        let path = folder.join(entry.name);
        if entry.name.ends_with('/') {
            fs::create_dir_all(&path).map_err(|_| "a folder could not be made")?;
            continue;
        }
        let content = content(&entry, left)?;
        left -= content.len();
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|_| "a folder could not be made")?;
        }
        fs::write(&path, content).map_err(|_| "a file could not be written")?;
        let mode = Some(entry.mode & 0o777).filter(|mode| *mode != 0).unwrap_or(0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(|_| "no permissions")?;
    }
    Ok(())
}

fn content(entry: &Entry<'_>, limit: usize) -> Result<Vec<u8>, &'static str> {
    if entry.size > limit {
        return Err("Unzipped size must be smaller than 262144000 bytes");
    }
    let content = match entry.method {
        0 => entry.packed.to_vec(),
        8 => decompress_to_vec_with_limit(entry.packed, entry.size).map_err(|_| "a file is damaged")?,
        _ => return Err("a file is packed by a method other than deflate"),
    };
    if content.len() == entry.size { Ok(content) } else { Err("a file is damaged") }
}

/// The entries of the central directory; `None` when this is no zip (or one of 4 GB).
fn entries(zip: &[u8]) -> Option<Vec<Entry<'_>>> {
    let end = zip.windows(END.len()).rposition(|bytes| bytes == END)?;
    let count = number(zip, end + 10, 2)?;
    let mut at = number(zip, end + 16, 4)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        if zip.get(at..at.checked_add(4)?)? != ENTRY {
            return None;
        }
        let packed_size = number(zip, at + 20, 4)?;
        let name_length = number(zip, at + 28, 2)?;
        let header = number(zip, at + 42, 4)?;
        let name = zip.get(at + 46..at + 46 + name_length)?;
        // The header before the file repeats the name, and may have another extra field.
        let start = header + 30 + number(zip, header + 26, 2)? + number(zip, header + 28, 2)?;
        entries.push(Entry {
            name: std::str::from_utf8(name).ok()?,
            mode: u32::try_from(number(zip, at + 38, 4)?).ok()? >> 16,
            method: u16::try_from(number(zip, at + 10, 2)?).ok()?,
            size: number(zip, at + 24, 4)?,
            packed: zip.get(start..start.checked_add(packed_size)?)?,
        });
        at += 46 + name_length + number(zip, at + 30, 2)? + number(zip, at + 32, 2)?;
    }
    Some(entries)
}

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip of `bootstrap`, executable and deflated, and `lib/note.txt`, stored.
    const ARCHIVE: &[u8] = include_bytes!("../../tests/archive.zip");

    #[test]
    fn files_come_out_with_their_permissions() {
        let folder = tempfile::tempdir().unwrap();

        unpack(ARCHIVE, folder.path()).unwrap();

        let bootstrap = folder.path().join("bootstrap");
        assert_eq!(fs::read_to_string(&bootstrap).unwrap(), "#!/bin/sh\n".repeat(20));
        assert_eq!(fs::metadata(&bootstrap).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_to_string(folder.path().join("lib/note.txt")).unwrap(), "stored\n");
    }

    #[test]
    fn what_is_no_zip_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut outside = ARCHIVE.to_vec();
        let replaced = b"..//note.txt";
        while let Some(at) = outside.windows(12).position(|bytes| bytes == b"lib/note.txt") {
            outside[at..at + 12].copy_from_slice(replaced);
        }
        let rows = [
            ("nothing", b"".to_vec()),
            ("text", b"not a zip".to_vec()),
            ("the end alone", ARCHIVE[ARCHIVE.len() - 22..].to_vec()),
            ("a path to the outside", outside),
        ];

        for (row, bytes) in rows {
            assert!(unpack(&bytes, folder.path()).is_err(), "{row}");
        }
    }
}
