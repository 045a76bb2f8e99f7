//! The account that the stack is.

/// The account in every ARN of the stack.
pub const ACCOUNT_ID: &str = "123456789012";
