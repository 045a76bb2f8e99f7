//! The zip of a function: unpacked into a folder, as Lambda does into `/var/task`.

use std::{
    fs,
    io::{Cursor, Read},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

/// Largest sum of the unpacked files (Lambda quotas).
const UNPACKED_BYTES_MAX: u64 = 250 * 1024 * 1024;

const UNREADABLE: &str = "Could not unzip uploaded file. Please check your file, then try to upload again.";

/// Unpacks `zip` into `folder`; gives the reason when it cannot be done.
pub(super) fn unpack(zip: &[u8], folder: &Path) -> Result<(), &'static str> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| UNREADABLE)?;
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| match error {
            ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
                "a file is packed by a method other than deflate"
            }
            _ => "a file is damaged",
        })?;
        let name = entry.name().map_err(|_| UNREADABLE)?.into_owned();
        // `ZipFile::enclosed_name` would take an absolute path as one below the folder.
        let inside = name.split('/').all(|part| part != ".." && !part.contains('\\'));
        if !inside || name.starts_with('/') {
            return Err("the archive has a path that leads out of it");
        }
        let path = folder.join(&name);
        if name.ends_with('/') {
            fs::create_dir_all(&path).map_err(|_| "a folder could not be made")?;
            continue;
        }
        let mode = entry.unix_mode().map(|mode| mode & 0o777).filter(|mode| *mode != 0).unwrap_or(0o644);
        let size = entry.size();
        left = left.checked_sub(size).ok_or("Unzipped size must be smaller than 262144000 bytes")?;
        let content = content(entry, size)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|_| "a folder could not be made")?;
        }
        fs::write(&path, content).map_err(|_| "a file could not be written")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(|_| "no permissions")?;
    }
    Ok(())
}

/// Reads a file of the size that the archive declares, and never more.
fn content(entry: impl Read, size: u64) -> Result<Vec<u8>, &'static str> {
    let mut content = Vec::new();
    let read = entry.take(size + 1).read_to_end(&mut content).map_err(|_| "a file is damaged")?;
    if u64::try_from(read) == Ok(size) { Ok(content) } else { Err("a file is damaged") }
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
        let mut changed = ARCHIVE.to_vec();
        let at = changed.windows(7).position(|bytes| bytes == b"stored\n").unwrap();
        changed[at] = b'S';
        let rows = [
            ("nothing", b"".to_vec()),
            ("text", b"not a zip".to_vec()),
            ("the end alone", ARCHIVE[ARCHIVE.len() - 22..].to_vec()),
            ("a path to the outside", outside),
            ("a wrong checksum", changed),
        ];

        for (row, bytes) in rows {
            assert!(unpack(&bytes, folder.path()).is_err(), "{row}");
        }
    }

    #[test]
    fn an_archive_above_the_quota_is_refused_before_it_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let mut large = ARCHIVE.to_vec();
        let entry = large.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        large[entry + 24..entry + 28].copy_from_slice(&(250 * 1024 * 1024 + 1_u32).to_le_bytes());

        let refused = unpack(&large, folder.path());

        assert_eq!(refused, Err("Unzipped size must be smaller than 262144000 bytes"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_not_as_long_as_declared_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let mut short = ARCHIVE.to_vec();
        let entry = short.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        short[entry + 24] = 5;

        assert_eq!(unpack(&short, folder.path()), Err("a file is damaged"));
    }
}
