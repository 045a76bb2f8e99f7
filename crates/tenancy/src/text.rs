//! Text that is checked once, on its way in.

/// A text that does not keep to its type's rule. It does not carry the text: that may be a secret or personal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid {what}: it must be {rule}")]
pub struct InvalidText {
    /// What the text was meant to be, such as `tenant id`.
    pub what: &'static str,
    /// The rule that it breaks, in words.
    pub rule: &'static str,
}

/// Defines a text type: private field, [`std::str::FromStr`] as the only way in, `Display` and `as_str` out.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
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

/// Whether `text` has `min..=max` bytes and each of them is `allowed`.
pub(crate) fn bytes_fit(text: &str, min: usize, max: usize, allowed: fn(u8) -> bool) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a character is not shown but does something: control and bidirectional-formatting characters (Unicode UAX #9).
#[must_use]
pub fn is_hidden(c: char) -> bool {
    let is_bidi =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_bidi
}

/// Whether `text` can be shown: `1..=max` characters, none of them hidden, and not blank.
pub(crate) fn displayable(text: &str, max: usize) -> bool {
    let length = text.chars().count();
    (1..=max).contains(&length) && !text.trim().is_empty() && !text.chars().any(is_hidden)
}
