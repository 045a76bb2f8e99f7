//! Replays of recorded events. Every replay compares all items of the table before and after.

mod confirmations;
mod inputs;
mod sign_ins;
mod world;
