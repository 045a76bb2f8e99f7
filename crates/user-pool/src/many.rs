//! Many calls at the same time, within bounds.

use std::future::Future;

use tokio::task::JoinSet;

/// Calls for each of many, at most `at_once` at the same time, and hands each answer to `take` as it
/// comes. An error of `take` ends it: calls under way are dropped.
pub async fn for_each<T, A, F, E>(
    at_once: usize,
    questions: impl IntoIterator<Item = T>,
    call: impl Fn(T) -> F,
    mut take: impl FnMut(A) -> Result<(), E>,
) -> Result<(), E>
where
    F: Future<Output = A> + Send + 'static,
    A: Send + 'static,
{
    let mut questions = questions.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once {
            let Some(question) = questions.next() else { break };
            running.spawn(call(question));
        }
        match running.join_next().await {
            None => return Ok(()),
            Some(Ok(answer)) => take(answer)?,
            // Nothing cancels them: a call that panicked must not look like one that was never made.
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::for_each;

    #[tokio::test]
    async fn every_question_is_answered_and_no_more_than_allowed_at_the_same_time() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut answers = Vec::new();

        let call = |number: u32| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                number
            }
        };
        let take = |answer| {
            answers.push(answer);
            Ok::<_, ()>(())
        };
        for_each(3, 0..20, call, take).await.unwrap();

        answers.sort_unstable();
        assert_eq!(answers, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn an_error_ends_it() {
        let mut taken = 0;

        let ended = for_each(
            1,
            0..20,
            async |number| number,
            |number| {
                taken += 1;
                if number == 2 { Err("two") } else { Ok(()) }
            },
        );

        assert_eq!(ended.await, Err("two"));
        assert_eq!(taken, 3);
    }
}
