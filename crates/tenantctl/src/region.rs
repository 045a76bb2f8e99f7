//! The Region that a name says, and the one that was asked.

use user_pool::region_named;

/// Says that `name` is of another Region than the one that was asked.
pub(crate) fn mistake(name: &str, asked: &str) -> Option<String> {
    let region = region_named(name).filter(|region| *region != asked)?;
    Some(format!("`{name}` is in the Region {region}, but the call went to {asked}. Add --region {region}."))
}

/// What to do when `name`, such as a pool's id, was not found in the Region `asked`.
pub(crate) fn hint(name: &str, asked: &str) -> String {
    mistake(name, asked).unwrap_or_else(|| {
        format!("The call went to the Region {asked}. Check the name, --region and --profile.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_says_another_region_than_the_one_asked_shows_the_mistake() {
        let function = "arn:aws:lambda:eu-central-1:111122223333:function:post-confirmation";
        let rows = [
            ("eu-west-1_AbC", "us-east-1", "but the call went to us-east-1. Add --region eu-west-1."),
            (function, "us-east-1", "but the call went to us-east-1. Add --region eu-central-1."),
            ("eu-west-1_AbC", "eu-west-1", "The call went to the Region eu-west-1."),
            ("local_pool", "us-east-1", "The call went to the Region us-east-1."),
            ("post_confirmation", "us-east-1", "The call went to the Region us-east-1."),
            ("post-confirmation", "us-east-1", "The call went to the Region us-east-1."),
        ];

        for (name, asked, wanted) in rows {
            let hint = hint(name, asked);
            assert!(hint.contains(wanted), "{name} {asked}: {hint}");
        }
    }
}
