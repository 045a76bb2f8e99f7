//! A user pool and its functions, as an operator reads them. No rule, no page, no command line. Its page: docs/user-pool.md.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`aws_error`] | what an error of AWS means: the one list of codes |
//! | [`answer`] | answers as they came over the wire |
//! | [`function_name`] | how functions are named |
//! | [`function`] | what a function is set to, and which trigger it is for |
//! | [`trigger`] | the two triggers, and event versions |
//! | [`policy`] | who may call a function: the one evaluator |
//! | [`users`] | users of a pool, looked up and listed |
//! | [`pages`], [`many`], [`pace`] | page after page, many calls at once, a steady pace |
//! | [`words`] | lists, plurals and words of a shell |

pub mod answer;
pub mod aws_error;
mod conditions;
pub mod function;
pub mod function_name;
mod glob;
pub mod many;
pub mod pace;
pub mod pages;
pub mod policy;
mod region;
pub mod trigger;
pub mod users;
pub mod words;

pub use aws_error::{AwsError, Meaning};
pub use function_name::{FunctionArn, FunctionName};
pub use glob::glob;
pub use region::region_named;
pub use trigger::{EventVersion, Trigger};
