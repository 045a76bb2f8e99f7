//! Tenant identity: what a tenant, a membership and an invite are, who may join a tenant, and which tenant a token carries.
//!
//! The first rule: **a token never carries a tenant of which the user is not an active member.** The [`Membership`]
//! decides. The user attribute `custom:tenantId` is a stamp for other readers and never evidence.
//!
//! Everything here is a value or a function over values. Reads and writes go through the ports in [`ports`]. The time is
//! an input ([`Timestamp`]). There is no AWS, no runtime and no environment.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`ids`], [`email`], [`mail_domain`], [`code`], [`role`], [`arn`], [`presented`], [`wanted`] | values, each parsed once |
//! | [`tenant`], [`membership`], [`invite`], [`binding`], [`cell`] | records |
//! | [`address`] | who vouches for an e-mail address, and which invites it opens |
//! | [`join`] | who may join a tenant, and the engine that reads, judges and writes |
//! | [`pool`](mod@pool) | which tenants a user pool serves |
//! | [`live`] | the tenants of one user, each read once |
//! | [`sign_in`] | which tenant, groups and IAM roles a token carries |
//! | [`confirm`](mod@confirm) | a confirmed user joins a tenant and is stamped |
//! | [`route`] | the front door: from a host, a slug or an address to a tenant's sign-in |
//! | [`ports`] | the traits for reads and writes |

pub mod address;
pub mod arn;
pub mod binding;
pub mod cell;
pub mod code;
pub mod confirm;
mod damage;
pub mod email;
pub mod ids;
pub mod invite;
pub mod join;
pub mod live;
pub mod mail_domain;
pub mod membership;
pub mod operate;
pub mod pool;
pub mod ports;
pub mod presented;
pub mod role;
pub mod route;
pub mod sign_in;
pub mod tenant;
mod text;
mod time;
pub mod wanted;

pub use arn::IamRoleArn;
pub use binding::{ClientBinding, ClientBindingMode, ProviderBinding};
pub use cell::{Cell, CellName, CellStatus, Issuer, LoginDomain, MAX_CAPACITY, Place, Region, Scope};
pub use code::{EmailHash, InviteCode, InviteHash};
pub use damage::Damage;
pub use email::EmailAddress;
pub use ids::{ClientId, PoolId, ProviderName, Sub, UserKey, Username};
pub use invite::{Invite, InvitePointer, InviteStatus};
pub use mail_domain::MailDomain;
pub use membership::{Membership, MembershipStatus, Profile, Stamp, UserRecords};
pub use pool::Pool;
pub use presented::Presented;
pub use role::{Group, Role};
pub use tenant::{MAX_POOLS, RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier};
pub use text::{InvalidText, is_hidden};
pub use time::Timestamp;
