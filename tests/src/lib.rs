//! What the tests run on: a table on a real DynamoDB engine, the real function binaries behind a real Runtime API, a
//! local Cognito; each test has its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up is to stop there"
)]

pub mod items;
mod pool;
mod world;

pub use pool::{Claims, UserPool};
pub use world::{World, fixture, fixtures};

/// The invite code of the fixtures.
pub const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

/// The pool of the fixtures.
pub const POOL: &str = "eu-west-1_EXAMPLE01";

/// The user of the fixtures.
pub const SUB: &str = "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10";

/// The e-mail address of the fixtures' user.
pub const EMAIL: &str = "ana@example.com";

/// The app client of the fixtures.
pub const CLIENT: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
