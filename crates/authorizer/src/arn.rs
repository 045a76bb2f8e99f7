//! The ARN of the method or route that is called, and the stage in it.

/// Longest resource of a policy that API Gateway takes (developer guide, "Output from an API Gateway Lambda authorizer").
const RESOURCE_CHARS_MAX: usize = 512;

/// A stage of an API: `arn:<partition>:execute-api:<region>:<account>:<api>/<stage>`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StageArn(String);

impl StageArn {
    /// The stage of a `methodArn` or `routeArn`. `None` when the text is not the ARN of a method or route, or has a wildcard
    /// before the method: the policy must not cover another stage or API.
    #[must_use]
    pub fn of_method(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut part = || parts.next();
        let (prefix, partition, service, region, account) = (part()?, part()?, part()?, part()?, part()?);
        let mut path = part()?.splitn(3, '/');
        let (api, stage, method) = (path.next()?, path.next()?, path.next()?);
        let is_valid = prefix == "arn"
            && (partition == "aws" || partition.strip_prefix("aws-").is_some_and(is_lower))
            && service == "execute-api"
            && is_lower(region)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_word(api)
            && (stage == "$default" || is_word(stage))
            && !method.is_empty();
        let stage = arn.get(..arn.len().checked_sub(method.len() + 1)?)?;
        (is_valid && stage.len() + "/*".len() <= RESOURCE_CHARS_MAX).then(|| Self(stage.to_owned()))
    }

    /// All methods and routes of the stage, as the resource of a policy. API Gateway caches a policy for all of them, so a
    /// policy for one method would deny the others.
    #[must_use]
    pub fn everything(&self) -> String {
        format!("{}/*", self.0)
    }

    /// `<api>/<stage>`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once(':').map_or("", |(_, name)| name)
    }
}

fn is_lower(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_covers_the_stage_and_nothing_else() {
        let rows = [
            ("REST", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/GET/orders", "a1b2c3/prod"),
            ("the root", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/GET/", "a1b2c3/prod"),
            (
                "a deep path",
                "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/GET/a/b/c",
                "a1b2c3/prod",
            ),
            (
                "a path with a colon",
                "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/POST/orders:batch",
                "a1b2c3/prod",
            ),
            ("a path with a wildcard", "arn:aws:execute-api:eu-west-1:111122223333:a1/prod/GET/*", "a1/prod"),
            (
                "HTTP, stage $default",
                "arn:aws:execute-api:eu-west-1:111122223333:a1/$default/GET/o",
                "a1/$default",
            ),
            (
                "HTTP, route $default",
                "arn:aws:execute-api:eu-west-1:111122223333:a1/$default/$default",
                "a1/$default",
            ),
            ("WebSocket", "arn:aws:execute-api:us-east-1:123456789012:abc/default/$connect", "abc/default"),
            (
                "the console's test",
                "arn:aws:execute-api:eu-west-1:111122223333:a1/test-invoke-stage/GET/",
                "a1/test-invoke-stage",
            ),
            ("China", "arn:aws-cn:execute-api:cn-north-1:111122223333:a1/prod/GET/o", "a1/prod"),
            ("GovCloud", "arn:aws-us-gov:execute-api:us-gov-west-1:111122223333:a1/prod/GET/o", "a1/prod"),
        ];

        for (row, arn, name) in rows {
            let stage = StageArn::of_method(arn).unwrap_or_else(|| panic!("{row} is an ARN"));
            let (account, _) = arn.split_once(name).unwrap();
            assert_eq!((stage.everything(), stage.name()), (format!("{account}{name}/*"), name), "{row}");
        }
    }

    #[test]
    fn what_is_no_arn_of_a_method_gets_no_policy() {
        let good = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/GET/orders";
        let rows = [
            ("nothing", String::new()),
            ("another service", good.replace("execute-api", "lambda")),
            ("no partition", good.replace(":aws:", "::")),
            ("another partition", good.replace(":aws:", ":azure:")),
            ("half a partition", good.replace(":aws:", ":aws-:")),
            ("no Region", good.replace("eu-west-1", "")),
            ("a Region with a wildcard", good.replace("eu-west-1", "*")),
            ("a short account", good.replace("111122223333", "1111")),
            ("an account with a wildcard", good.replace("111122223333", "*")),
            ("an API with a wildcard", good.replace("a1b2c3", "a1*")),
            ("a stage with a wildcard", good.replace("prod", "*")),
            ("a stage with a question mark", good.replace("prod", "pro?")),
            ("a stage with a variable", good.replace("prod", "${aws:userid}")),
            ("no stage", good.replace("/prod/GET/orders", "")),
            ("an empty stage", good.replace("prod", "")),
            ("no method", good.replace("/GET/orders", "")),
            ("an empty method", good.replace("GET/orders", "")),
            ("five parts", good.replace(":111122223333:", ":")),
            ("a blank", format!(" {good}")),
            (
                "513 characters",
                good.replace(
                    "prod",
                    &"p".repeat(513 - "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3//*".len()),
                ),
            ),
        ];

        assert!(StageArn::of_method(good).is_some());
        for (row, arn) in rows {
            assert_eq!(StageArn::of_method(&arn), None, "{row}: {arn}");
        }
        let longest = "p".repeat(512 - "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3//*".len());
        let stage = StageArn::of_method(&good.replace("prod", &longest)).unwrap();
        assert_eq!(stage.everything().len(), 512);
    }
}
