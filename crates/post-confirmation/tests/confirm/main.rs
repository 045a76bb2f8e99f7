//! What the trigger does with a confirmed user, and what it reports. The rules of joining are tested in `tenancy`.

#[cfg(test)]
mod log;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod store;
