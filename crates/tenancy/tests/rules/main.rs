//! The rules as their users see them.

#[cfg(test)]
mod code;
#[cfg(test)]
mod email;
#[cfg(test)]
mod rules;
