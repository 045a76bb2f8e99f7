//! The table, as functions and operators reach it. Each write is looked at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tests::faults::{self, Engine, Fault};
use tests::http::{Message, answer};
use tokio::net::{TcpListener, TcpStream};

use super::clock::{Tick, now, seconds, tick};
use super::judge::{STALE, profile_key};
use super::weather::Weather;
use crate::dynamo::Dynamo;
use crate::schedules::table::{Table, text};
use crate::schedules::watch::{Watch, Writer, Written};

/// Who comes without faults.
pub(crate) const OPERATORS: &str = "operators";

/// A function looks at the clock when its call begins, and it has 5 s.
const LONGEST_CALL_SECONDS: u64 = 5;
/// A write can come so late after the end of its call, while the store is silent.
const LATEST_WRITE: Tick = seconds(4);

#[derive(Clone)]
pub(crate) struct Store {
    dynamo: Dynamo,
    watch: Arc<Mutex<Watch>>,
    weather: Arc<Weather>,
    calls: Arc<Mutex<VecDeque<Begun>>>,
}

/// A call of a user.
#[derive(Clone, Debug)]
struct Begun {
    at: Tick,
    until: Option<Tick>,
    sub: String,
    is_refresh: bool,
}

impl Store {
    pub(crate) fn new(table: &Table, weather: Arc<Weather>) -> Result<Self, String> {
        let watch = Arc::new(Mutex::new(Watch::of_table(table, STALE)));
        Ok(Self { dynamo: Dynamo::new(table)?, watch, weather, calls: Arc::default() })
    }

    /// What was written so far. Nothing is read or written meanwhile.
    pub(crate) fn watch(&self) -> MutexGuard<'_, Watch> {
        lock(&self.watch)
    }

    /// A user calls. Gives the moment.
    pub(crate) fn begin(&self, sub: &str, is_refresh: bool) -> Tick {
        let (at, mut calls) = (tick(), lock(&self.calls));
        calls.retain(|call| call.until.is_none_or(|until| until + LATEST_WRITE > at));
        calls.push_back(Begun { at, until: None, sub: sub.to_owned(), is_refresh });
        at
    }

    /// The call that began then has ended.
    pub(crate) fn end(&self, sub: &str, at: Tick) {
        let mut calls = lock(&self.calls);
        if let Some(call) = calls.iter_mut().find(|call| call.at == at && call.sub == sub) {
            call.until = Some(tick());
        }
    }

    /// Only a sign-in or a confirmation moves the default tenant of a user.
    fn moved_by_a_refresh(&self, watch: &Watch, user: &str, written: &[Written]) -> Option<String> {
        let profile = profile_key(user);
        let (_, new) = written.iter().find(|(key, _)| *key == profile)?;
        let old =
            watch.table.get(&profile).map(|old| text(old, "defaultTid")).filter(|old| !old.is_empty())?;
        let new = new.as_ref().map(|new| text(new, "defaultTid")).unwrap_or_default();
        let calls = lock(&self.calls);
        let could_write = |call: &&Begun| {
            call.sub == user && call.until.is_none_or(|until| !self.weather.was_quiet(call.at, until))
        };
        let is_by_refresh = calls.iter().filter(could_write).all(|call| call.is_refresh);
        (old != new && is_by_refresh).then(|| format!("a refresh moved {user} from {old} to {new}"))
    }

    pub(crate) fn snapshot(&self) -> Result<Table, String> {
        self.dynamo.snapshot()
    }

    /// Listens for one of the functions, or for operators. Gives the URL.
    pub(crate) async fn listen(&self, function: &'static str) -> std::io::Result<String> {
        let store = self.clone();
        serve_each(move |stream| {
            let behind = Behind { store: store.clone(), function };
            async move { faults::serve(stream, behind).await }
        })
        .await
    }

    fn serve(&self, function: &'static str, operation: &str, body: &str) -> (u16, String) {
        // One after the other, so that what was written when is certain.
        let mut watch = self.watch();
        let (answer, written) = self.dynamo.serve(operation, body);
        if !written.is_empty() {
            let by_operators = function == OPERATORS;
            let user = if by_operators { None } else { Some(user_of(&written)) };
            let late = if by_operators { 0 } else { LONGEST_CALL_SECONDS };
            let fault = user.as_ref().and_then(|user| {
                incomplete(&watch, user, &written).or(self.moved_by_a_refresh(&watch, user, &written))
            });
            let now = now().epoch_seconds().saturating_sub(late);
            watch.wrote_by(&Writer { user, now, began: tick() }, tick(), written);
            watch.faults.extend(fault);
        }
        answer
    }
}

/// The user whose items a function writes.
fn user_of(written: &[Written]) -> String {
    let user = written.iter().find_map(|((pk, _), _)| pk.strip_prefix("USER#")?.split('#').nth(1));
    user.unwrap_or_default().to_owned()
}

/// A function makes a membership together with its audit item, and with a default tenant.
fn incomplete(watch: &Watch, user: &str, written: &[Written]) -> Option<String> {
    let is_new = |((pk, sk), item): &&Written| {
        let is_membership = pk.starts_with("USER#") && sk.starts_with("TENANT#");
        is_membership && item.is_some() && !watch.table.contains_key(&(pk.clone(), sk.clone()))
    };
    let ((pk, sk), _) = written.iter().find(is_new)?;
    let is_audited =
        written.iter().any(|((of, sk), _)| of.starts_with("TENANT#") && sk.starts_with("AUDIT#"));
    let profile = (pk.clone(), "PROFILE".to_owned());
    let new_profile = written.iter().find(|(key, _)| *key == profile).and_then(|(_, item)| item.as_ref());
    let has_default =
        new_profile.or(watch.table.get(&profile)).is_some_and(|p| !text(p, "defaultTid").is_empty());
    let mut memberships = watch.table.range((pk.clone(), "TENANT#".to_owned())..);
    let was_member = memberships.next().is_some_and(|((of, sk), _)| of == pk && sk.starts_with("TENANT#"));
    (!is_audited || !(has_default || was_member)).then(|| format!("{user}: {sk} without its records"))
}

/// Serves each connection to a new port. Gives the URL.
pub(crate) async fn serve_each<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> std::io::Result<String>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream.set_nodelay(true));
            tokio::spawn(serve(stream));
        }
    });
    Ok(url)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Behind {
    store: Store,
    function: &'static str,
}

impl Engine for Behind {
    async fn choose(&mut self, request: &Message) -> Option<Fault> {
        if self.function == OPERATORS {
            return None;
        }
        self.store.weather.strike(tick(), self.function, &request.operation(), &request.text())
    }

    async fn answer(&mut self, request: &Message) -> Option<Vec<u8>> {
        let (status, body) = self.store.serve(self.function, &request.operation(), &request.text());
        Some(answer(status, &body).into_bytes())
    }
}

/// Cognito, as post-confirmation reaches it.
pub(crate) struct BehindCognito {
    pub(crate) cognito: TcpStream,
    pub(crate) weather: Arc<Weather>,
    pub(crate) function: &'static str,
}

impl Engine for BehindCognito {
    async fn choose(&mut self, request: &Message) -> Option<Fault> {
        self.weather.strike(tick(), self.function, &request.operation(), "")
    }

    async fn answer(&mut self, request: &Message) -> Option<Vec<u8>> {
        faults::ask(&mut self.cognito, request).await
    }
}
