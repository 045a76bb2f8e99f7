//! Patterns and lists, as IAM policies write them.

use serde_json::Value;

/// One text or a list of texts.
pub(crate) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text and `?` for one character.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on from when the rest does not fit: after the last star, with one more character left to it.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (wanted, found) = (pattern.clone().next(), text.clone().next());
        match (wanted, found) {
            (Some('*'), _) => {
                pattern.next();
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            (None, None) => return true,
            _ => {
                let Some((after_star, rest)) = &mut retry else { return false };
                if rest.next().is_none() {
                    return false;
                }
                (pattern, text) = (after_star.clone(), rest.clone());
                continue;
            }
        }
        pattern.next();
        text.next();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::glob;

    #[test]
    fn a_pattern_fits_as_iam_reads_it() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "anything", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("lambda:*", "lambda:invokefunction", true),
            ("a*b*c", "a1b2b3c", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_with_a_star_in_place_of_any_part_fits(text in ".{0,20}", cut in 0usize..20, until in 0usize..20) {
            let letters: Vec<char> = text.chars().collect();
            let cut = cut.min(letters.len());
            let until = until.clamp(cut, letters.len().max(cut)).min(letters.len());
            let (head, tail): (String, String) =
                (letters[..cut].iter().collect(), letters[until..].iter().collect());

            let pattern = format!("{head}*{tail}");

            prop_assert!(glob(&pattern, &text) || text.contains(['*', '?']));
        }

        #[test]
        fn a_pattern_without_wildcards_fits_itself_alone(a in "[a-c]{0,4}", b in "[a-c]{0,4}") {
            prop_assert!(glob(&a, &b) == (a == b));
        }
    }
}
