//! Text types that check their rule once, when they are parsed.

/// A text breaks the rule of its type. The error does not contain the text, which may be secret or personal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid {what}: it must be {rule}")]
pub struct InvalidText {
    /// Name of the type, such as `tenant id`.
    pub what: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
}

/// Defines a text type with a private field. [`std::str::FromStr`] is the only way to make one.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidText;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                let fits: fn(&str) -> bool = $fits;
                if fits(raw) {
                    Ok(Self(raw.to_owned()))
                } else {
                    Err($crate::InvalidText { what: $what, rule: $rule })
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_type;

/// Whether `text` has `min..=max` bytes and all of them are `allowed`.
pub(crate) fn bytes_fit(text: &str, min: usize, max: usize, allowed: fn(u8) -> bool) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a character is invisible or moves other characters: control characters, bidirectional formatting (Unicode
/// UAX #9), line and paragraph separators, blank letters, and the characters that Unicode calls
/// `Default_Ignorable_Code_Point`, except joiners and variation selectors.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    c.is_control() || is_invisible
}

/// Zero-width joiners and variation selectors. Persian, Indic scripts and emoji need them after another character.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Whether `text` can be shown: `1..=max` characters, none of them hidden, and not blank. A joining character must follow
/// a character that is neither ASCII nor a blank.
pub(crate) fn displayable(text: &str, max: usize) -> bool {
    let length = text.chars().count();
    let before = std::iter::once(' ').chain(text.chars());
    let is_shown = |(before, c): (char, char)| {
        !is_hidden(c) && (!is_joining(c) || (!before.is_ascii() && !before.is_whitespace()))
    };
    (1..=max).contains(&length) && !text.trim().is_empty() && before.zip(text.chars()).all(is_shown)
}
