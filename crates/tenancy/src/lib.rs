//! Tenant identity: what a tenant, a membership and an invite are, who may join a tenant, and which tenant a token carries.
//!
//! The rule above all others: **a token never carries a tenant of which the user is not an active member.** The
//! [`Membership`] decides; the user attribute `custom:tenantId` is a stamp for other readers and never evidence.
//!
//! Everything here is a value or a function over values. What must be read or written goes through the ports in
//! [`ports`]; the time is an input ([`Timestamp`]); there is no AWS, no runtime and no environment.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`ids`], [`email`], [`code`], [`role`], [`arn`], [`presented`], [`wanted`] | values, each parsed once |
//! | [`tenant`], [`membership`], [`invite`], [`binding`] | records |
//! | [`address`] | whose word an e-mail address is, and which invites it opens |
//! | [`join`] | who may join by what, and the engine that reads, judges and writes |
//! | [`live`] | the tenants of one user, each read once |
//! | [`sign_in`] | a token is made: which tenant, groups and IAM roles it carries |
//! | [`confirm`](mod@confirm) | a user was confirmed: joins, and is stamped |
//! | [`ports`] | what is read and written, and where |

pub mod address;
pub mod arn;
pub mod binding;
pub mod code;
pub mod confirm;
mod damage;
pub mod email;
pub mod ids;
pub mod invite;
pub mod join;
pub mod live;
pub mod membership;
pub mod operate;
pub mod ports;
pub mod presented;
pub mod role;
pub mod sign_in;
pub mod tenant;
mod text;
mod time;
pub mod wanted;

pub use arn::IamRoleArn;
pub use binding::{ClientBinding, ClientBindingMode, ProviderBinding};
pub use code::{EmailHash, InviteCode, InviteHash};
pub use damage::Damage;
pub use email::EmailAddress;
pub use ids::{ClientId, PoolId, ProviderName, Sub, UserKey, Username};
pub use invite::{Invite, InvitePointer, InviteStatus};
pub use membership::{Membership, MembershipStatus, Profile, Stamp, UserRecords};
pub use presented::Presented;
pub use role::{Group, Role};
pub use tenant::{RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier};
pub use text::{InvalidText, is_hidden};
pub use time::Timestamp;
