//! The front door, to click through: a start page, two user pools, and an app.
//!
//! One port serves what a CDN would put on one host: the app of `examples/web-app` at `/login` and `/callback`, and the router,
//! a process of its own, for the rest. The hosts are `app.localhost` and one below it for each tenant. Browsers resolve them
//! to loopback.

mod operator;
mod router;
mod web;
mod world;

use std::collections::BTreeMap;

use tokio::{sync::watch, task::JoinHandle};

pub use self::world::Person;
use self::{
    router::RouterProcess,
    world::{SHARED_CELL, World},
};
use crate::{DevStack, DevStackError, FunctionBinaries, Seed, functions, serve};

/// The host of the start page. The app of a tenant is one label below it.
const HOST: &str = "app.localhost";

/// What [`FrontDoor::open`] is made of.
#[derive(Clone, Debug)]
pub struct FrontDoorOptions {
    /// Name of the table, which must be new.
    pub table: String,
    /// Port of the start page. `None` lets the system choose.
    pub port: Option<u16>,
    /// More environment variables of the functions.
    pub settings: BTreeMap<String, String>,
    /// Prints the router's log lines to this process's standard error.
    pub echo_logs: bool,
}

/// A front door that serves until it is dropped.
#[derive(Debug)]
pub struct FrontDoor {
    /// Address of the start page.
    pub url: String,
    pub people: Vec<Person>,
    /// User pools, by cell.
    pub pools: BTreeMap<String, String>,
    shutdown: watch::Sender<bool>,
    server: JoinHandle<()>,
    router: RouterProcess,
}

impl FrontDoor {
    /// Makes pools, tenants and people, and serves.
    ///
    /// # Errors
    ///
    /// [`DevStackError`] when there is no port, the router does not start, or the table is not new.
    pub async fn open(
        stack: &DevStack,
        seed: &Seed,
        binaries: &FunctionBinaries,
        options: FrontDoorOptions,
    ) -> Result<Self, DevStackError> {
        let (listener, address) = serve::bind(options.port).await?;
        let port = address.rsplit_once(':').map_or("", |(_, port)| port);
        let site = Site { port: port.to_owned() };
        let world = World::make(stack, seed, binaries, &options, &site).await?;
        let environment = site.router_settings(stack, &options.table);
        let program = binaries.path(functions::ROUTER)?;
        let router = RouterProcess::start(program, environment, options.echo_logs).await?;
        let (shutdown, stopping) = watch::channel(false);
        let app = web::router(&router.url, &world.login_urls);
        let server = serve::spawn(listener, app, stopping);
        let World { people, pools, .. } = world;
        Ok(Self { url: site.address(""), people, pools, shutdown, server, router })
    }

    /// Stops serving, and ends the router.
    pub async fn close(mut self) {
        self.shutdown.send_replace(true);
        self.server.abort();
        self.router.end().await;
    }
}

/// The addresses of the app.
struct Site {
    port: String,
}

impl Site {
    /// An address of the app that is no tenant's.
    fn address(&self, path: &str) -> String {
        format!("http://{HOST}:{}/{path}", self.port)
    }

    /// An address of a tenant's app.
    fn tenant_address(&self, slug: &str, path: &str) -> String {
        format!("http://{slug}.{HOST}:{}/{path}", self.port)
    }

    fn router_settings(&self, stack: &DevStack, table: &str) -> BTreeMap<String, String> {
        let mut settings = stack.endpoints().environment();
        let own = [
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("TENANCY_TABLE", table.to_owned()),
            ("DEFAULT_CELL", SHARED_CELL.to_owned()),
            ("HOST_SUFFIX", HOST.to_owned()),
            ("APP_LOGIN_URL", self.tenant_address("{slug}", "login")),
            ("DEFAULT_LOGIN_URL", self.address("login")),
            ("BRAND_NAME", "Sign in to Example".to_owned()),
            ("PUBLIC_LIST", "on".to_owned()),
            ("SHOW_NAME", "on".to_owned()),
        ];
        settings.extend(own.map(|(name, value)| (name.to_owned(), value)));
        settings
    }
}
