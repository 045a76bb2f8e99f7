//! The ways to write which function is meant.

/// The name in a name, `account:function:name` or ARN, each with or without a qualifier.
pub(super) fn function_name(text: &str) -> &str {
    match text.split_once(":function:") {
        Some((_, after)) => after.split(':').next().unwrap_or(after),
        None => text.split(':').next().unwrap_or(text),
    }
}

/// The version or alias in such a text, if it names one.
pub(super) fn qualifier(text: &str) -> Option<&str> {
    let after = text.split_once(":function:").map_or(text, |(_, after)| after);
    after.split_once(':').map(|(_, qualifier)| qualifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_function_gives_its_name() {
        let ways = [
            "post-confirmation",
            "post-confirmation:live",
            "123456789012:function:post-confirmation",
            "arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation",
            "arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation:7",
        ];

        for way in ways {
            assert_eq!(function_name(way), "post-confirmation", "{way}");
        }
        let qualifiers = ways.map(qualifier);
        assert_eq!(qualifiers, [None, Some("live"), None, None, Some("7")]);
    }
}
