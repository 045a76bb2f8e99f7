//! Blocks of docs/speed.md that the command writes, so that its figures are as printed.

use std::fs;
use std::path::Path;

use crate::Fallible;

const END: &str = "<!-- end of cargo speed -->";

/// Puts `text` between the marks of the block.
pub(crate) fn write(path: &Path, block: &str, text: &str) -> Fallible<()> {
    let document = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    fs::write(path, replaced(&document, block, text)?)?;
    println!("\nwritten: the block `{block}` of {}", path.display());
    Ok(())
}

fn replaced(document: &str, block: &str, text: &str) -> Result<String, String> {
    let begin = format!("<!-- cargo speed: {block} -->\n");
    let missing = || format!("the document has no block `{block}`");
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    Ok(format!("{before}{begin}\n```text\n{}\n```\n\n{END}{after}", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_block_changes() {
        let document = "a\n<!-- cargo speed: times -->\nold\n<!-- end of cargo speed -->\nb\n";

        let new = replaced(document, "times", "\nnew \nlines\n").unwrap();

        let block = "<!-- cargo speed: times -->\n\n```text\nnew\nlines\n```\n\n<!-- end of cargo speed -->";
        assert_eq!(new, format!("a\n{block}\nb\n"));
        assert_eq!(replaced(&new, "times", "new\nlines").unwrap(), new);
        assert!(replaced(document, "growth", "new").is_err());
    }
}
