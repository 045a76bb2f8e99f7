//! A steady pace for calls whose quota is shared with the users of a live pool.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The time in which no more calls than the rate are made.
const WINDOW: Duration = Duration::from_secs(1);

/// Longest wait after a call that was refused as one too many.
const MAX_PENALTY: Duration = Duration::from_secs(30);

/// Longest distance between two calls, however often they were refused.
const MAX_INTERVAL: Duration = Duration::from_secs(2);

/// Makes a caller wait for its turn: one call after the other, never more than the rate within any second, not even when
/// the network delays some of them, and slower for a while after a refusal.
#[derive(Debug)]
pub struct Pacer {
    begin: Instant,
    schedule: Schedule,
}

impl Pacer {
    /// At most `per_second` calls within any second, evenly spread; 0 counts as 1.
    pub fn new(per_second: u32) -> Self {
        Self { begin: Instant::now(), schedule: Schedule::new(per_second) }
    }

    /// Waits until the next call may be made. Giving up the wait loses nothing.
    pub async fn turn(&mut self) {
        let wait = self.schedule.wait(self.begin.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        self.schedule.begin(self.begin.elapsed());
    }

    /// Notes that the call was answered, by whatever but a refusal of one too many.
    pub fn answered(&mut self) {
        self.schedule.answered(self.begin.elapsed());
    }

    /// Notes that the call was refused as one too many: the next turn comes later, and those after it are further apart
    /// until enough calls have been answered again. Gives the wait.
    pub fn throttled(&mut self) -> Duration {
        self.schedule.throttled(self.begin.elapsed())
    }
}

/// When calls may be made, as a value: every moment is an input, counted from the beginning.
#[derive(Debug)]
struct Schedule {
    base: Duration,
    interval: Duration,
    /// Ends of the last calls, as many as there may be in a window.
    ends: VecDeque<Duration>,
    capacity: usize,
    next: Duration,
    refusals: u32,
}

impl Schedule {
    fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        let base = WINDOW / per_second;
        let capacity = usize::try_from(per_second).unwrap_or(1);
        let ends = VecDeque::with_capacity(capacity);
        Self { base, interval: base, ends, capacity, next: Duration::ZERO, refusals: 0 }
    }

    /// How long to wait at `now` for the next call.
    fn wait(&self, now: Duration) -> Duration {
        // A call reaches the service before it is answered. Once the first of the last calls was answered a window ago,
        // one more cannot be there with all the others within the same window.
        let window_is_free = match self.ends.front() {
            Some(end) if self.ends.len() >= self.capacity => end.saturating_add(WINDOW),
            _ => Duration::ZERO,
        };
        self.next.max(window_is_free).saturating_sub(now)
    }

    fn begin(&mut self, now: Duration) {
        self.next = now.saturating_add(self.interval);
    }

    fn answered(&mut self, now: Duration) {
        self.end(now);
        self.refusals = 0;
        // Back to the full pace by a tenth of what is missing with each answer, so that a full service is not pushed again.
        self.interval = self.base + self.interval.saturating_sub(self.base).mul_f32(0.9);
    }

    fn throttled(&mut self, now: Duration) -> Duration {
        self.end(now);
        let penalty = WINDOW.saturating_mul(1 << self.refusals.min(5)).min(MAX_PENALTY);
        self.refusals = self.refusals.saturating_add(1);
        self.interval = (self.interval * 2).min(MAX_INTERVAL).max(self.base);
        self.next = now.saturating_add(penalty);
        penalty
    }

    fn end(&mut self, now: Duration) {
        if self.ends.len() >= self.capacity {
            self.ends.pop_front();
        }
        self.ends.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plays calls that take `travel` to arrive and `answer` to come back, in milliseconds; gives when they arrived.
    fn arrivals(per_second: u32, calls: &[(u64, u64)]) -> Vec<Duration> {
        let mut schedule = Schedule::new(per_second);
        let mut now = Duration::ZERO;
        let mut arrived = Vec::new();
        for (travel, answer) in calls {
            now += schedule.wait(now);
            schedule.begin(now);
            now += Duration::from_millis(*travel);
            arrived.push(now);
            now += Duration::from_millis(*answer);
            schedule.answered(now);
        }
        arrived
    }

    #[test]
    fn calls_are_spread_evenly_and_keep_the_rate() {
        let arrived = arrivals(10, &[(0, 0); 31]);

        let gaps: Vec<_> = arrived.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(gaps.iter().all(|gap| *gap == Duration::from_millis(100)), "{gaps:?}");
    }

    #[test]
    fn a_slow_network_costs_little_of_the_rate() {
        let arrived = arrivals(10, &[(25, 25); 101]);

        let took = arrived[100].saturating_sub(arrived[0]);
        assert!(took < Duration::from_secs(11), "{took:?} for 100 calls at 10 a second");
    }

    #[test]
    fn a_refusal_makes_the_next_call_wait_longer_each_time_and_at_most_30_s() {
        let mut schedule = Schedule::new(10);

        let waits: Vec<u64> =
            (0..7).map(|second| schedule.throttled(Duration::from_secs(second)).as_secs()).collect();

        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_refusal_doubles_the_distance_and_answers_bring_the_pace_back() {
        let mut schedule = Schedule::new(10);

        schedule.throttled(Duration::ZERO);

        assert_eq!(schedule.interval, Duration::from_millis(200));
        for second in 0..100 {
            schedule.answered(Duration::from_secs(second));
        }
        assert!(schedule.interval < Duration::from_millis(101), "{:?}", schedule.interval);
        assert!(schedule.interval >= schedule.base);
    }

    #[tokio::test]
    async fn the_first_turn_comes_at_once_and_the_second_after_the_distance() {
        let begin = Instant::now();
        let mut pacer = Pacer::new(20);

        let first = tokio::time::timeout(Duration::ZERO, pacer.turn()).await;
        pacer.answered();
        pacer.turn().await;

        assert!(first.is_ok(), "it does not wait at all");
        assert!(begin.elapsed() >= Duration::from_millis(50), "{:?}", begin.elapsed());
    }

    proptest! {
        #[test]
        fn no_second_ever_sees_more_calls_than_the_rate(
            per_second in 1_u32..=20,
            calls in proptest::collection::vec((0_u64..300, 0_u64..300), 1..120),
        ) {
            let arrived = arrivals(per_second, &calls);

            for (place, first) in arrived.iter().enumerate() {
                let within = arrived[place..].iter().filter(|at| at.saturating_sub(*first) < WINDOW).count();
                prop_assert!(within <= per_second as usize, "{within} from {first:?}: {arrived:?}");
            }
        }

        #[test]
        fn however_often_calls_are_refused_the_next_one_comes_within_a_minute(
            refused in proptest::collection::vec(any::<bool>(), 1..200),
        ) {
            let mut schedule = Schedule::new(20);
            let mut now = Duration::ZERO;
            for refused in refused {
                let wait = schedule.wait(now);
                prop_assert!(wait <= MAX_PENALTY, "{wait:?}");
                now += wait;
                schedule.begin(now);
                if refused { schedule.throttled(now); } else { schedule.answered(now); }
            }
        }
    }
}
