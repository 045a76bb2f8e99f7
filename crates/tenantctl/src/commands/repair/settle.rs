//! One user after the other: what both kinds of repair have in common, and when there is no sense in going on.

use super::stop::Stop;
use super::trouble::Trouble;
use super::unsettled::Unsettled;
use crate::progress::Progress;
use user_pool::Meaning;

/// Users in a row that fail because nobody answers, after which there is no sense in going on.
pub(crate) const MAX_SILENCES: u32 = 3;

/// How far the work has come.
pub(crate) struct Course<'a> {
    stop: &'a Stop,
    progress: Progress,
    silences: u32,
    /// Whether ctrl-c ended it.
    pub(crate) interrupted: bool,
    /// Why the operator has to sign in again before the rest.
    pub(crate) sign_in: Option<Meaning>,
}

/// How one user ended.
pub(crate) enum Ended<T> {
    Settled(T),
    Failed(Unsettled),
    /// Ctrl-c was pressed in the middle.
    Interrupted,
}

impl<'a> Course<'a> {
    /// Of `count` users; `what` happens to them, as in "users stamped".
    pub(crate) fn new(stop: &'a Stop, what: &'static str, count: usize) -> Self {
        let progress = Progress::new(what, u64::try_from(count).ok());
        Self { stop, progress, silences: 0, interrupted: false, sign_in: None }
    }

    /// Whether the next user is to be tried.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.interrupted |= self.stop.is_requested();
        !self.interrupted
    }

    /// Notes how a user ended.
    pub(crate) fn note<T>(&mut self, settled: Result<T, Unsettled>) -> Ended<T> {
        self.progress.advance(1);
        match settled {
            Ok(settled) => {
                self.silences = 0;
                Ended::Settled(settled)
            }
            Err(Unsettled::Pool(Trouble::Interrupted)) => {
                self.interrupted = true;
                Ended::Interrupted
            }
            Err(unsettled) => {
                self.silences = if unsettled.is_silence() { self.silences + 1 } else { 0 };
                self.sign_in = unsettled.sign_in();
                Ended::Failed(unsettled)
            }
        }
    }

    /// Whether so many in a row got no answer that there is no sense in going on.
    pub(crate) fn is_silent(&self) -> bool {
        self.silences >= MAX_SILENCES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[tokio::test]
    async fn three_users_without_an_answer_end_it_and_an_answer_begins_anew() {
        let stop = Stop::never();
        let mut course = Course::new(&stop, "users stamped", 9);
        let silence = || Err::<(), _>(Unsettled::Table(Failure::failed("no answer").coded("store")));

        for settled in [silence(), silence(), Ok(()), silence(), silence()] {
            course.note(settled);
            assert!(!course.is_silent());
        }
        course.note(silence());

        assert!(course.is_silent() && course.goes_on());
        assert!(matches!(course.note::<()>(Err(Trouble::Interrupted.into())), Ended::Interrupted));
        assert!(!course.goes_on());
    }
}
