//! About how large a member's tokens become, and which systems take none of that size.

use pre_token_generation::size::TokenSize;
use serde::Serialize;
use tenancy::Role;

use crate::context::Context;
use crate::page::role_names;

/// Bytes of a token that the functions do not add: its header, its signature (RS256, 256 bytes) and the standard claims.
const STANDARD: usize = 1_000;

/// Bytes of the other headers of a request, such as cookies and what a browser sends.
const OTHER_HEADERS: usize = 1_000;

/// A system that takes no larger token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ceiling {
    name: &'static str,
    bytes: usize,
    #[serde(skip)]
    words: &'static str,
    /// Whether `bytes` are for all headers of a request, not for the token alone.
    #[serde(skip)]
    is_for_all_headers: bool,
}

/// RFC 6265, section 6.1, which browsers follow. nginx: `large_client_header_buffers`. API Gateway, "Quotas": request line
/// and header values. CloudFront, "Quotas": a request without its body.
const CEILINGS: [Ceiling; 4] = [
    Ceiling { name: "cookie", bytes: 4_096, words: "a browser's cookie (4,096)", is_for_all_headers: false },
    Ceiling {
        name: "nginx",
        bytes: 8_192,
        words: "a header in nginx (8,192 by default)",
        is_for_all_headers: false,
    },
    Ceiling {
        name: "api-gateway",
        bytes: 10_240,
        words: "API Gateway (10,240 for all headers)",
        is_for_all_headers: true,
    },
    Ceiling {
        name: "cloudfront",
        bytes: 20_480,
        words: "CloudFront (20,480 for all headers)",
        is_for_all_headers: true,
    },
];

/// An estimate of the larger of a member's two tokens.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenEstimate {
    estimated_bytes: usize,
    too_large_for: Vec<Ceiling>,
}

impl From<TokenSize> for TokenEstimate {
    fn from(size: TokenSize) -> Self {
        // Base64url makes four characters of three bytes.
        let estimated_bytes = (size.bytes + STANDARD).div_ceil(3) * 4;
        let too_large_for = CEILINGS.into_iter().filter(|ceiling| {
            let others = if ceiling.is_for_all_headers { OTHER_HEADERS } else { 0 };
            estimated_bytes + others > ceiling.bytes
        });
        Self { estimated_bytes, too_large_for: too_large_for.collect() }
    }
}

impl TokenEstimate {
    /// What takes no token of this size, and what to do; `None` when everything takes it.
    pub(crate) fn warning(&self, roles: &[Role]) -> Option<String> {
        let ceilings: Vec<&str> = self.too_large_for.iter().map(|ceiling| ceiling.words).collect();
        if ceilings.is_empty() {
            return None;
        }
        let bytes = self.estimated_bytes / 100 * 100;
        let of = if roles.len() == 1 { "role" } else { "roles" };
        Some(format!(
            "a token of a member with the {of} {} has about {},{:03} bytes (estimated), which is too large for {}. Use \
             fewer or shorter groups",
            role_names(roles),
            bytes / 1_000,
            bytes % 1_000,
            ceilings.join(", ")
        ))
    }

    /// Says the warning, if there is one.
    pub(crate) fn note(&self, roles: &[Role], context: &Context) {
        if let Some(warning) = self.warning(roles) {
            context.note(&warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ceiling_is_named_from_the_size_that_it_does_not_take() {
        let rows: [(usize, &[&str]); 6] = [
            (100, &[]),
            (2_000, &[]),
            (2_100, &["cookie"]),
            (5_200, &["cookie", "nginx"]),
            (6_000, &["cookie", "nginx", "api-gateway"]),
            (14_000, &["cookie", "nginx", "api-gateway", "cloudfront"]),
        ];

        for (bytes, expected) in rows {
            let estimate = TokenEstimate::from(TokenSize { bytes, groups: 1 });
            let names: Vec<&str> = estimate.too_large_for.iter().map(|ceiling| ceiling.name).collect();
            assert_eq!(names, expected, "{bytes}: {estimate:?}");
            assert_eq!(estimate.warning(&[]).is_some(), !expected.is_empty(), "{bytes}");
        }
    }
}
