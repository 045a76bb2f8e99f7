//! How lists, counts, lengths of time and words of a shell are written.

/// Texts in a list, with `and` (or `or`) before the last; `none` when there are none.
pub fn listed_with<T: AsRef<str>>(names: impl IntoIterator<Item = T>, and: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {and} {last}", others.join(", ")),
    }
}

/// Texts in a list, with `and` before the last; `none` when there are none.
pub fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    listed_with(names, "and")
}

/// `1 rule`, `2 rules`: for nouns whose plural ends in `s`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A text as one word of a shell: as it is where that is safe, in quotes elsewhere.
pub fn shell_word(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_.:/@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A length of time for people, in one unit where that is exact: `365d`, `36h`, `90m`, `45s`; else in two: `3h 25m`.
pub fn short_span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    /// Up to how many minutes or seconds are read at a glance.
    const FEW: u64 = 180;
    for (unit, name) in UNITS {
        let count = seconds / unit;
        if seconds.is_multiple_of(unit) && (unit >= 3_600 || count <= FEW) && count > 0 {
            return format!("{count}{name}");
        }
    }
    let parts = UNITS.iter().scan(seconds, |rest, (unit, name)| {
        let count = *rest / unit;
        *rest %= unit;
        Some((count, name))
    });
    let parts = parts.skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, name)| format!("{count}{name}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_and_before_the_last() {
        assert_eq!(listed::<&str>([]), "none");
        assert_eq!(listed(["a"]), "a");
        assert_eq!(listed_with(["a", "b", "c"], "or"), "a, b or c");
    }

    #[test]
    fn one_is_no_plural() {
        let shown = [0, 1, 2].map(|count| counted(count, "rule"));

        assert_eq!(shown, ["0 rules", "1 rule", "2 rules"]);
    }

    #[test]
    fn what_a_shell_would_take_apart_is_put_in_quotes() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        let rows = [
            ("tenantId", "tenantId"),
            (arn, arn),
            ("", "''"),
            ("a b", "'a b'"),
            ("a;b", "'a;b'"),
            ("{a,b}", "'{a,b}'"),
            ("$LATEST", "'$LATEST'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", r"'it'\''s'"),
        ];

        for (text, expected) in rows {
            assert_eq!(shell_word(text), expected, "{text}");
        }
    }

    #[test]
    fn a_span_is_shown_as_people_write_it() {
        let rows = [
            (31_536_000, "365d"),
            (604_800, "7d"),
            (172_800, "2d"),
            (129_600, "36h"),
            (43_200, "12h"),
            (5400, "90m"),
            (3600, "1h"),
            (90, "90s"),
            (12_345, "3h 25m"),
            (90_060, "1d 1h"),
            (205, "3m 25s"),
            (0, "0s"),
        ];

        for (seconds, shown) in rows {
            assert_eq!(short_span(seconds), shown, "{seconds}");
        }
    }
}
