//! Replays of recorded events. Every replay compares all items of the table before and after.

#[cfg(test)]
mod confirmations;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod sign_ins;
#[cfg(test)]
mod world;
