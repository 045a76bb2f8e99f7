//! The Runtime API for one process: hands it one event after the other, and takes the time of each.

use std::fs;
use std::io::{self, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::{self, Request};
use crate::job::Job;

/// What a process is given.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) job: Job,
    pub(crate) calls: usize,
    /// The call with which the measured ones begin.
    pub(crate) warm_from: usize,
    /// After how many calls the resident memory is noted.
    pub(crate) looks: Vec<usize>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// From the start of the process to its first request for an event.
    pub(crate) init: Duration,
    /// From an event to its answer, by call.
    pub(crate) calls: Vec<Duration>,
    /// Of the calls from `warm_from` on, all threads together.
    pub(crate) warm_cpu: Duration,
    /// The most memory that was resident.
    pub(crate) peak_kib: u64,
    /// After so many calls, the memory that was resident.
    pub(crate) resident_kib: Vec<(usize, u64)>,
    pub(crate) fault: Option<String>,
}

pub(crate) struct Runtime {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    plan: Plan,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    spawned: Instant,
    process: Option<u32>,
    began: Instant,
    cpu_before: Duration,
    /// Runs once, before the event of the call `warm_from` is handed over.
    before_warm: Option<Box<dyn FnOnce() + Send>>,
    is_done: bool,
    seen: Option<Seen>,
}

impl Runtime {
    pub(crate) fn start(plan: Plan, before_warm: Option<Box<dyn FnOnce() + Send>>) -> io::Result<Self> {
        let now = Instant::now();
        let state = State {
            spawned: now,
            process: None,
            began: now,
            cpu_before: Duration::ZERO,
            before_warm,
            is_done: false,
            seen: None,
        };
        let shared = Arc::new(Shared { plan, state: Mutex::new(state), changed: Condvar::new() });
        let of_server = Arc::clone(&shared);
        let address = http::serve(move |stream| of_server.connection(stream))?;
        Ok(Self { address, shared })
    }

    /// Starts the clock, then the process.
    pub(crate) fn watch(&self, start: impl FnOnce() -> io::Result<u32>) -> io::Result<()> {
        let mut state = self.shared.state();
        state.spawned = Instant::now();
        state.process = Some(start()?);
        Ok(())
    }

    /// What was seen, after the last call or a fault; `None` if the process was silent for so long.
    pub(crate) fn wait(&self, limit: Duration) -> Option<Seen> {
        let (mut state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), limit, |state| !state.is_done)
            .unwrap_or_else(PoisonError::into_inner);
        if state.is_done { state.seen.take() } else { None }
    }

    /// As if the process had ended: its reason is in its log.
    pub(crate) fn give_up(&self) {
        self.shared.finish(&mut self.shared.state(), Some("it ended".to_owned()));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client may use several connections, one after the other.
    fn connection(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream)? {
            let ended = Instant::now();
            if request.path.ends_with("/invocation/next") {
                match self.next(ended) {
                    Some((head, event)) => {
                        let head: Vec<(&str, &str)> = head.iter().map(|(n, v)| (*n, v.as_str())).collect();
                        self.state().began = Instant::now();
                        http::answer(stream.get_mut(), "200 OK", &head, event.as_bytes())?;
                    }
                    // The process waits here until it is ended.
                    None => drop(stream.read(&mut [0])?),
                }
            } else {
                self.answered(ended, &request);
                http::answer(stream.get_mut(), "202 Accepted", &[], b"")?;
            }
        }
        Ok(())
    }

    /// The headers and the body of the next event, if there is one more.
    fn next(&self, now: Instant) -> Option<([(&'static str, String); 5], String)> {
        let mut state = self.state();
        let (spawned, process) = (state.spawned, state.process);
        let seen = state.seen.get_or_insert_with(|| Seen { init: now - spawned, ..Seen::default() });
        let served = seen.calls.len();
        if self.plan.looks.contains(&served) {
            seen.resident_kib.push((served, process.map_or(0, |id| kib(id, "VmRSS:"))));
        }
        if served == self.plan.warm_from
            && served < self.plan.calls
            && let Some(hook) = state.before_warm.take()
        {
            hook();
        }
        if served == self.plan.warm_from && served < self.plan.calls {
            state.cpu_before = state.process.map(cpu).unwrap_or_default();
        }
        if served >= self.plan.calls || state.is_done {
            self.finish(&mut state, None);
            return None;
        }
        let deadline = now_ms() + 60_000;
        let head = [
            ("Content-Type", "application/json".to_owned()),
            ("Lambda-Runtime-Aws-Request-Id", format!("8476a536-e9f4-11e8-9739-{served:012}")),
            ("Lambda-Runtime-Deadline-Ms", deadline.to_string()),
            (
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-west-1:123456789012:function:f".to_owned(),
            ),
            ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned()),
        ];
        Some((head, self.plan.job.event(served)))
    }

    fn answered(&self, ended: Instant, request: &Request) {
        let mut state = self.state();
        let took = ended - state.began;
        let seen = state.seen.get_or_insert_default();
        let expected = self.plan.job.expected(seen.calls.len());
        seen.calls.push(took);
        let body = String::from_utf8_lossy(&request.body);
        if !request.path.ends_with("/response") || !body.contains(&expected) {
            let start: String = body.chars().take(300).collect();
            self.finish(&mut state, Some(format!("it answered {start}")));
        }
    }

    fn finish(&self, state: &mut State, fault: Option<String>) {
        if state.is_done {
            return;
        }
        let (cpu, peak_kib) = state.process.map_or((Duration::ZERO, 0), |id| (cpu(id), kib(id, "VmHWM:")));
        let before = state.cpu_before;
        let seen = state.seen.get_or_insert_default();
        (seen.warm_cpu, seen.peak_kib) = (cpu.saturating_sub(before), peak_kib);
        seen.fault = fault;
        state.is_done = true;
        self.changed.notify_all();
    }
}

#[expect(clippy::disallowed_methods, reason = "a deadline of the Runtime API is a time of the wall clock")]
pub(crate) fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// CPU time of the threads that live, by the scheduler, in nanoseconds.
fn cpu(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let of_task = |task: fs::DirEntry| -> Option<u64> {
        fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(tasks.filter_map(of_task).sum())
}

fn kib(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A function that asks for an event `answers.len() + 1` times, and what was seen of it.
    fn seen(calls: usize, answers: &[(&str, &str)]) -> Seen {
        let plan = Plan { job: Job::new("{}", "tenant", Vec::new()), calls, warm_from: 1, looks: vec![1] };
        let runtime = Runtime::start(plan, None).unwrap();
        runtime.watch(|| Ok(std::process::id())).unwrap();
        let mut stream = TcpStream::connect(runtime.address).unwrap();
        let mut send = |request: &str| {
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = vec![0; 1_000];
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            drop(stream.read(&mut answer));
        };
        for (path, answer) in answers {
            send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
            let length = answer.len();
            send(&format!(
                "POST /2018-06-01/runtime/invocation/1/{path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{answer}"
            ));
        }
        send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
        runtime.wait(Duration::from_mins(1)).unwrap()
    }

    #[test]
    fn each_call_has_its_time() {
        let seen = seen(2, &[("response", "a tenant"), ("response", "a tenant")]);

        assert_eq!((seen.calls.len(), seen.fault), (2, None));
        assert!(seen.init > Duration::ZERO && seen.peak_kib > 0, "no start or no memory");
        assert!(matches!(seen.resident_kib[..], [(1, kib)] if kib > 0), "{:?}", seen.resident_kib);
    }

    #[test]
    fn an_error_and_a_wrong_answer_are_faults() {
        for (path, answer) in [("error", "a tenant"), ("response", "nobody")] {
            let fault = seen(2, &[(path, answer)]).fault;
            assert_eq!(fault, Some(format!("it answered {answer}")), "{path}");
        }
    }
}
