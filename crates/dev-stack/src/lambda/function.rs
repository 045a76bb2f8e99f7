//! One function and its environments.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    sync::{Notify, Semaphore},
    time::timeout,
};

use super::{
    environment::{Ended, Environment, StartFailure},
    invocation::{FunctionError, Invocation},
    spec::{FunctionProgram, Placement},
};
use crate::{DevStackError, random};

/// How often Lambda runs the init phase of one event: the first try, and again within the invocation.
const INIT_ATTEMPTS: usize = 2;

pub(super) struct Function {
    pub(super) placement: Placement,
    timeout: Mutex<Duration>,
    permits: Semaphore,
    environments: Mutex<Environments>,
}

#[derive(Default)]
struct Environments {
    /// The most recently used one last, and taken first.
    idle: Vec<Environment>,
    /// How to kill those that are starting or have an event.
    busy: BTreeMap<usize, Arc<Notify>>,
    started: usize,
    closed: bool,
}

impl Function {
    pub(super) fn new(placement: Placement) -> Self {
        let permits = Semaphore::new(placement.spec.max_environments.max(1));
        let timeout = Mutex::new(placement.spec.timeout);
        let environments = Mutex::default();
        Self { placement, timeout, permits, environments }
    }

    /// Longest time for one event: what the spec says, until it is changed.
    pub(super) fn timeout(&self) -> Duration {
        *self.timeout.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_timeout(&self, timeout: Duration) {
        *self.timeout.lock().unwrap_or_else(PoisonError::into_inner) = timeout;
    }

    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Invocation, DevStackError> {
        let request_id = random::uuid();
        match &self.placement.spec.program {
            FunctionProgram::InProcess(handler) => {
                Ok(match timeout(self.timeout(), handler(payload)).await {
                    Ok(Ok(reply)) => Invocation::Ok(reply),
                    Ok(Err(error)) => Invocation::FunctionError(error),
                    Err(_) => self.timed_out(&request_id),
                })
            }
            FunctionProgram::Binary(program) => self.invoke_binary(program, request_id, payload).await,
        }
    }

    async fn invoke_binary(
        &self,
        program: &Path,
        request_id: String,
        payload: Bytes,
    ) -> Result<Invocation, DevStackError> {
        let _permit = self.permits.acquire().await.map_err(|_| DevStackError::Stopped)?;
        let mut failure = None;
        for _ in 0..INIT_ATTEMPTS {
            let (idle, id, kill) = self.take_environment()?;
            let ready = match idle {
                Some(environment) => Ok(environment),
                None => Environment::start(&self.placement, program, id, Arc::clone(&kill)).await,
            };
            let mut environment = match ready {
                Ok(environment) => environment,
                Err(reason) => {
                    self.forget(id);
                    failure = Some(reason);
                    continue;
                }
            };
            let ended = environment.run(&request_id, payload, &self.placement.arn, self.timeout()).await;
            return Ok(match ended {
                Ended::Reply(reply) => {
                    self.give_back(environment);
                    Invocation::Ok(reply)
                }
                Ended::Error(error) => {
                    self.give_back(environment);
                    Invocation::FunctionError(error)
                }
                Ended::Exited(how) => {
                    self.forget(id);
                    Invocation::Exited(FunctionError::exited(&request_id, &how))
                }
                Ended::TimedOut => {
                    self.forget(id);
                    self.timed_out(&request_id)
                }
            });
        }
        Ok(match failure {
            Some(StartFailure::Listen(error)) => return Err(error),
            Some(StartFailure::Reported(error)) => Invocation::FunctionError(error),
            Some(StartFailure::Spawn(how)) => {
                Invocation::FunctionError(FunctionError::new("Runtime.InvalidEntrypoint", how))
            }
            Some(StartFailure::Exited(how)) => Invocation::Exited(FunctionError::exited(&request_id, &how)),
            Some(StartFailure::TimedOut) | None => self.timed_out(&request_id),
        })
    }

    /// Kills every process; gives how many there were.
    pub(super) fn kill(&self) -> usize {
        let mut environments = self.lock();
        let killed = environments.idle.len() + environments.busy.len();
        environments.idle.clear();
        for kill in environments.busy.values() {
            kill.notify_one();
        }
        killed
    }

    /// [`Function::kill`], and no new ones.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.kill();
    }

    pub(super) fn environments(&self) -> usize {
        let mut environments = self.lock();
        environments.idle.retain_mut(Environment::is_alive);
        environments.idle.len() + environments.busy.len()
    }

    pub(super) fn waiting_processes(&self) -> Vec<u32> {
        self.lock().idle.iter().filter_map(Environment::process).collect()
    }

    pub(super) fn cold_starts(&self) -> usize {
        self.lock().started
    }

    pub(super) fn logs(&self) -> Vec<String> {
        self.placement.logs.lines()
    }

    /// An idle environment whose process lives, or the id of one to be started.
    fn take_environment(&self) -> Result<(Option<Environment>, usize, Arc<Notify>), DevStackError> {
        let mut environments = self.lock();
        if environments.closed {
            return Err(DevStackError::Stopped);
        }
        while let Some(mut environment) = environments.idle.pop() {
            if environment.is_alive() {
                let (id, kill) = (environment.id, Arc::clone(&environment.kill));
                environments.busy.insert(id, Arc::clone(&kill));
                return Ok((Some(environment), id, kill));
            }
        }
        environments.started += 1;
        let (id, kill) = (environments.started, Arc::new(Notify::new()));
        environments.busy.insert(id, Arc::clone(&kill));
        Ok((None, id, kill))
    }

    fn give_back(&self, environment: Environment) {
        let mut environments = self.lock();
        environments.busy.remove(&environment.id);
        if !environments.closed {
            environments.idle.push(environment);
        }
    }

    fn forget(&self, id: usize) {
        self.lock().busy.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Environments> {
        self.environments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timed_out(&self, request_id: &str) -> Invocation {
        Invocation::TimedOut(FunctionError::timed_out(request_id, self.timeout().as_secs_f64()))
    }
}
