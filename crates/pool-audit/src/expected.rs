//! What was asked for.

use user_pool::FunctionName;

/// The tenant attribute of functions without a setting of their own.
pub const TENANT_ATTRIBUTE: &str = "custom:tenantId";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The attribute of the stamp, such as `custom:tenantId`.
    pub tenant_attribute: String,
    /// Other attributes that only the operator may write.
    pub protected: Vec<String>,
    /// Whether nobody is to sign up on their own.
    pub is_invite_only: bool,
    /// Whether the triggers are to be attached.
    pub is_installed: bool,
    /// The function that is to be attached to post-confirmation.
    pub post_confirmation: Option<FunctionName>,
    /// The function that is to be attached to pre-token-generation.
    pub pre_token_generation: Option<FunctionName>,
    /// The table, by name or ARN.
    pub table: Option<String>,
}
