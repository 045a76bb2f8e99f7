//! What this trigger puts into tokens, and what may never be there.

#[cfg(test)]
mod claim_names;
#[cfg(test)]
mod marker;
