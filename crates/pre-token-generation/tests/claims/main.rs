//! What this trigger puts into tokens, and what may never be there.

#[cfg(test)]
mod claim_names;
#[cfg(test)]
mod contents;
#[cfg(test)]
mod joins;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod log;
#[cfg(test)]
mod marker;
#[cfg(test)]
mod store;
