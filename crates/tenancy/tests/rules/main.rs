//! The rules, as callers see them.

#[cfg(test)]
mod address;
#[cfg(test)]
mod arn;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod choice;
#[cfg(test)]
mod code;
#[cfg(test)]
mod email;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod ids;
#[cfg(test)]
mod names;
#[cfg(test)]
mod operate;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod redemption;
#[cfg(test)]
mod route;
#[cfg(test)]
mod support;
