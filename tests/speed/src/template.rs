//! Texts that differ from call to call by a number: events, and parts of their right answers.

use std::sync::Arc;

/// Stands for the number, which has eight digits.
pub(crate) const NUMBER: &str = "@NUMBER@";

#[derive(Clone, Debug)]
pub(crate) struct Template(Arc<Vec<String>>);

impl Template {
    pub(crate) fn new(text: &str) -> Self {
        Self(Arc::new(text.split(NUMBER).map(str::to_owned).collect()))
    }

    pub(crate) fn with(&self, number: usize) -> String {
        self.0.join(&format!("{number:08}"))
    }
}

/// The number of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers {
    /// One after the other, each once in so many calls.
    Each(usize),
    /// Any of so many, each as likely as the others. The same ones in each run.
    AtRandom(usize),
}

impl Numbers {
    pub(crate) fn of_call(self, call: usize) -> usize {
        match self {
            Self::Each(all) => call % all,
            Self::AtRandom(all) => fastrand::Rng::with_seed(call as u64).usize(..all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_wherever_it_is_asked_for() {
        let text = Template::new("user @NUMBER@ of @NUMBER@.");

        assert_eq!(text.with(42), "user 00000042 of 00000042.");
        assert_eq!(Template::new("acme").with(42), "acme");
    }

    #[test]
    fn numbers_come_one_after_the_other_or_at_random() {
        let first = |numbers: Numbers| (0..1_000).map(|call| numbers.of_call(call)).collect::<Vec<_>>();

        assert!(first(Numbers::Each(1_000_000)).into_iter().eq(0..1_000));
        let mut random = first(Numbers::AtRandom(10));
        assert_eq!(random, first(Numbers::AtRandom(10)), "another run has others");
        random.sort_unstable();
        random.dedup();
        assert!(random.into_iter().eq(0..10), "a number never came");
    }
}
