//! The engine of redemption, `confirm` and `decide`, on a store in memory: what cannot be reached on purpose with a real
//! engine, such as every order in which the reads and writes of overlapping calls can fall.

#[cfg(test)]
mod consent;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod schedules;
