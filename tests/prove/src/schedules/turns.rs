//! Who goes on: calls run one step at a time, in an order that a seed draws. A step ends where a call waits for the store or for
//! a timer. Faults are planted at steps.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use fastrand::Rng;

/// What happens to a request to the store.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum FaultKind {
    /// Refused: no capacity. Nothing was done.
    Throttle,
    /// Refused: another transaction has an item of this one. Nothing was done. A read is throttled.
    Conflict,
    /// The service is in trouble. Nothing was done.
    Internal,
    /// It was done, and the answer never comes.
    LoseAnswer,
    /// The caller ends before the request is done.
    CrashBefore,
    /// The caller ends after the request was done, and before it has the answer.
    CrashAfter,
}

/// A fault of `times` requests in a row of one call, from the number `step` on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) step: usize,
    pub(crate) times: usize,
    pub(crate) kind: FaultKind,
}

/// Why a request got no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spoilt {
    Refused(FaultKind),
    /// It was done.
    Lost,
}

#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Nobody waits for a turn: before and after a schedule.
    is_free: bool,
    tick: u64,
    /// The longest time that an answer was on its way.
    slowest: u64,
    /// Whose call goes on now.
    current: usize,
    gates: usize,
    waiting: BTreeMap<usize, Waiting>,
    actors: Vec<Actor>,
    totals: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Waiting {
    actor: usize,
    is_released: bool,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Actor {
    faults: Vec<Fault>,
    requests: usize,
    is_struck: bool,
    has_crashed: bool,
}

thread_local! {
    /// The tick of the schedule that this thread runs, for [`clock`].
    static TICK: Cell<u64> = const { Cell::new(0) };
}

/// A clock for caches that many calls share: each step takes a second. The calls have clocks of their own.
pub(crate) fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(TICK.get())
}

/// How a call of a schedule ended.
pub(crate) enum End<T> {
    Ended(T),
    Crashed,
}

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T>>>;

enum Running<T> {
    Task(Task<T>),
    Ended(End<T>),
}

/// More ticks than anything is cached.
const A_LONG_TIME: u64 = 1_000_000;

/// More steps than any schedule has.
const MAX_STEPS: usize = 2_000_000;

impl Turns {
    /// One actor for each list of faults.
    pub(crate) fn of(faults: impl IntoIterator<Item = Vec<Fault>>) -> Self {
        TICK.set(0);
        let actors = faults.into_iter().map(|faults| Actor { faults, ..Actor::default() }).collect();
        Self(Arc::new(Mutex::new(State { actors, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts steps.
    pub(crate) fn tick(&self) -> u64 {
        self.state().tick
    }

    /// From now on, every call goes on at once and meets no fault. Much time has passed: nothing is cached any more.
    pub(crate) fn set_free(&self) {
        let mut state = self.state();
        state.is_free = true;
        state.pass(A_LONG_TIME);
    }

    pub(crate) fn count(&self, name: &str) {
        *self.state().totals.entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn take_totals(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.state().totals)
    }

    /// The longest time that an answer was on its way, in ticks.
    pub(crate) fn slowest(&self) -> u64 {
        self.state().slowest
    }

    /// Whose call goes on now.
    pub(crate) fn current(&self) -> usize {
        self.state().current
    }

    /// Whether a fault has struck a request of this call. A call can end before its fault comes.
    pub(crate) fn is_struck(&self, actor: usize) -> bool {
        self.state().actors.get(actor).is_some_and(|actor| actor.is_struck)
    }

    /// Waits for the next turn of this call.
    pub(crate) fn turn(&self) -> Turn {
        Turn { turns: self.clone(), actor: self.current(), gate: None }
    }

    /// A request of this call to the store: `run` does it. The name tells what is asked for.
    pub(crate) async fn request<T>(&self, name: &str, run: impl FnOnce() -> T) -> Result<T, Spoilt> {
        let fault = self.state().next_fault();
        self.turn().await;
        match fault {
            Some(FaultKind::CrashBefore) => self.crash(name, "before").await,
            Some(kind @ (FaultKind::Throttle | FaultKind::Conflict | FaultKind::Internal)) => {
                self.count(&format!("fault: {kind:?}"));
                self.turn().await;
                return Err(Spoilt::Refused(kind));
            }
            _ => {}
        }
        let value = run();
        let answered = self.tick();
        self.count("request");
        if fault == Some(FaultKind::CrashAfter) {
            self.crash(name, "after").await;
        }
        self.turn().await;
        self.state().note_answer_of(answered);
        if fault == Some(FaultKind::LoseAnswer) {
            self.count("fault: LoseAnswer");
            return Err(Spoilt::Lost);
        }
        Ok(value)
    }

    /// Never goes on: [`Turns::run`] drops the call.
    async fn crash(&self, name: &str, when: &str) {
        self.count(&format!("crash: {when} {name}"));
        self.state().note_crash();
        std::future::pending::<()>().await;
    }

    /// Runs the tasks, each with the number of its actor, to their ends. `sticks`: of 100 turns, how many go to the actor of the
    /// last one.
    ///
    /// # Errors
    ///
    /// The calls do not end.
    pub(crate) fn run<T>(
        &self,
        tasks: impl IntoIterator<Item = (usize, Task<T>)>,
        order: &mut Rng,
        sticks: u8,
    ) -> Result<Vec<End<T>>, String> {
        let mut calls: BTreeMap<usize, Running<T>> =
            tasks.into_iter().map(|(actor, task)| (actor, Running::Task(task))).collect();
        for (actor, call) in &mut calls {
            self.poll(*actor, call);
        }
        let mut last = 0;
        for _ in 0..MAX_STEPS {
            let Some(actor) = self.release(order, sticks, last) else {
                let ended = calls.into_values().map(|call| match call {
                    Running::Ended(end) => Ok(end),
                    Running::Task(_) => {
                        Err("a call waits for something that no store and no timer gives".to_owned())
                    }
                });
                return ended.collect();
            };
            if let Some(call) = calls.get_mut(&actor) {
                self.poll(actor, call);
            }
            last = actor;
        }
        Err("the calls do not end".to_owned())
    }

    fn poll<T>(&self, actor: usize, call: &mut Running<T>) {
        let Running::Task(task) = call else { return };
        self.state().current = actor;
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let has_crashed = self.state().actors.get(actor).is_some_and(|actor| actor.has_crashed);
        *call = Running::Ended(match polled {
            Poll::Ready(value) => End::Ended(value),
            Poll::Pending if has_crashed => End::Crashed,
            Poll::Pending => return,
        });
    }

    /// Lets one of the waiting go on. Gives its actor.
    fn release(&self, order: &mut Rng, sticks: u8, last: usize) -> Option<usize> {
        let (actor, waker) = {
            let mut state = self.state();
            let all: Vec<usize> =
                state.waiting.iter().filter(|(_, w)| !w.is_released).map(|(gate, _)| *gate).collect();
            let of_last: Vec<usize> = all
                .iter()
                .copied()
                .filter(|gate| state.waiting.get(gate).is_some_and(|waiting| waiting.actor == last))
                .collect();
            let candidates = if order.u8(0..100) < sticks && !of_last.is_empty() { of_last } else { all };
            let gate = order.choice(candidates)?;
            state.pass(1);
            let waiting = state.waiting.get_mut(&gate)?;
            waiting.is_released = true;
            (waiting.actor, waiting.waker.clone())
        };
        waker.wake();
        Some(actor)
    }
}

impl State {
    fn pass(&mut self, ticks: u64) {
        self.tick += ticks;
        TICK.set(self.tick);
    }

    fn note_answer_of(&mut self, tick: u64) {
        self.slowest = self.slowest.max(self.tick - tick);
    }

    fn note_crash(&mut self) {
        if let Some(actor) = self.actors.get_mut(self.current) {
            actor.has_crashed = true;
        }
    }

    fn next_fault(&mut self) -> Option<FaultKind> {
        if self.is_free {
            return None;
        }
        let actor = self.actors.get_mut(self.current)?;
        let number = actor.requests;
        actor.requests += 1;
        let found = actor.faults.iter().find(|f| (f.step..f.step + f.times).contains(&number));
        let kind = found.map(|fault| fault.kind);
        actor.is_struck |= kind.is_some();
        kind
    }
}

/// Ready when its actor's turn has come.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    actor: usize,
    gate: Option<usize>,
}

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let turns = self.turns.clone();
        let mut state = turns.state();
        if state.is_free {
            return Poll::Ready(());
        }
        let Some(gate) = self.gate else {
            let gate = state.gates;
            state.gates += 1;
            let waiting = Waiting { actor: self.actor, is_released: false, waker: context.waker().clone() };
            state.waiting.insert(gate, waiting);
            self.gate = Some(gate);
            return Poll::Pending;
        };
        match state.waiting.get_mut(&gate) {
            Some(waiting) if waiting.is_released => {
                state.waiting.remove(&gate);
                Poll::Ready(())
            }
            Some(waiting) => {
                waiting.waker.clone_from(context.waker());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(gate) = self.gate {
            self.turns.state().waiting.remove(&gate);
        }
    }
}
