//! `repair stamps` and `repair drift`.

#[cfg(test)]
mod drift;
#[cfg(test)]
pub(crate) mod fake_cognito;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod stamps;
#[cfg(test)]
mod users;
