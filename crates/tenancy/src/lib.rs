//! Tenant identity: what a tenant, a membership and an invite are, who may redeem an invite, and which tenant a token
//! carries.
//!
//! The rule above all others: **a token never carries a tenant of which the user is not an active member.** The
//! [`Membership`] decides; the user attribute `custom:tenantId` is a stamp for other readers and never evidence.
//!
//! Everything here is a value or a function over values. What must be read or written goes through the ports in
//! [`ports`]; the time is an input ([`Timestamp`]); there is no AWS, no runtime and no environment.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`tenant`], [`user`], [`role`], [`membership`], [`invite`], [`binding`] | the things, each parsed once |
//! | [`email`], [`code`] | e-mail addresses and invite codes, and the hashes under which they are stored |
//! | [`address`] | whose word an e-mail address is, and which invites it opens |
//! | [`redemption`] | who may redeem an invite, and what is then to be written |
//! | [`redeem`](mod@redeem) | the one engine that reads, decides by it and writes |
//! | [`tenants`] | the tenants of one user, each read once |
//! | [`choice`] | which of a user's tenants a token carries |
//! | [`groups`] | which groups and IAM roles it carries |
//! | [`sign_in`], [`onboarding`] | the two use cases: a token is made, a user was confirmed |

pub mod address;
pub mod binding;
pub mod choice;
pub mod code;
pub mod email;
pub mod groups;
pub mod invite;
pub mod membership;
pub mod onboarding;
pub mod operate;
pub mod ports;
pub mod redeem;
pub mod redemption;
pub mod role;
pub mod sign_in;
pub mod tenant;
pub mod tenants;
mod text;
mod time;
pub mod user;

pub use binding::{ClientBinding, ClientBindingMode, ProviderBinding};
pub use code::{EmailHash, InviteCode, InviteHash, PresentedCode};
pub use email::EmailAddress;
pub use invite::{Invite, InvitePointer, InviteStatus};
pub use membership::{Membership, MembershipStatus, Profile, Stamp, UserRecords};
pub use ports::Damage;
pub use role::{Group, Role};
pub use tenant::{RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier};
pub use text::{InvalidText, is_hidden};
pub use time::Timestamp;
pub use user::{ClientId, PoolId, ProviderName, Sub, UserKey, Username};
