//! The engine of joining, `confirm` and `decide`, on an in-memory store. It reaches states that a real engine cannot be forced
//! into, such as every order of the reads and writes of overlapping calls.

#[cfg(test)]
mod consent;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod stamp;
