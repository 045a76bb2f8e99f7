//! The settings. `docs/settings.md` describes each.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use function::{InvalidSettings, Settings};
use tenancy::CellName;
use tenancy::route::HostSuffix;
use tenancy_aws::{AwsSettings, CacheSettings};

use crate::login_url::{AppLoginUrl, FixedUrl};
use crate::origins::AllowedOrigin;

const LONGEST_BRAND: usize = 60;

#[derive(Clone, Debug)]
pub struct Config {
    /// `DEFAULT_CELL`: where everybody is sent who belongs to no other cell. Required.
    pub default_cell: CellName,
    /// `HOST_SUFFIX`: the front door's own host. Required.
    pub hosts: HostSuffix,
    /// `APP_LOGIN_URL`: where a tenant's users sign in; `{slug}` is the tenant's. Required.
    pub app_login: AppLoginUrl,
    /// `DEFAULT_LOGIN_URL`: where everybody else signs in. Required.
    pub default_login: FixedUrl,
    /// `ALLOWED_ORIGINS`: comma-separated; none by default.
    pub origins: Vec<AllowedOrigin>,
    /// `PASS_HINT`: `on` (default) or `off`.
    pub passes_hint: bool,
    /// `SHOW_NAME`: `off` (default) or `on`.
    pub shows_name: bool,
    /// `PUBLIC_LIST`: `off` (default) or `on`.
    pub has_public_list: bool,
    /// `BRAND_NAME`: 1 to 60 characters, `Sign in` by default.
    pub brand: String,
    /// `SUPPORT_URL`: none by default.
    pub support: Option<FixedUrl>,
    /// `ROUTE_CACHE_SECONDS`: 0 to 3600, default 30. `ROUTE_STALE_SECONDS`: 0 to 86400, default 600.
    pub cache: CacheSettings,
}

/// How requests arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entrance {
    /// From Lambda's Runtime API.
    Lambda,
    /// `ROUTER_LISTEN`: over HTTP, at a loopback address.
    Loopback(SocketAddr),
}

/// Everything that the program needs to start.
pub struct Start {
    pub config: Config,
    pub entrance: Entrance,
    pub table: String,
    pub aws: AwsSettings,
}

impl Start {
    /// Reads all settings: the router's, `TENANCY_TABLE`, and those of the SDK.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut settings = Settings::new(lookup);
        let table = settings.table();
        let config = Config::read(&mut settings);
        let entrance = entrance(&mut settings);
        let aws = settings.finish_with(AwsSettings::read(lookup))?;
        // Without a fault there is a value.
        let (config, entrance) = config.zip(entrance).ok_or_else(|| InvalidSettings(Vec::new()))?;
        Ok(Self { config, entrance, table, aws })
    }
}

impl Config {
    /// Notes faults in `settings`; `None` if a required setting has one.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Option<Self> {
        let default_cell = required(settings, "DEFAULT_CELL");
        let hosts = required(settings, "HOST_SUFFIX");
        let app_login = required(settings, "APP_LOGIN_URL");
        let default_login = required(settings, "DEFAULT_LOGIN_URL");
        let origins = origins(settings);
        let passes_hint = settings.one_of("PASS_HINT", ("on", true), &[("off", false)]);
        let shows_name = settings.one_of("SHOW_NAME", ("off", false), &[("on", true)]);
        let has_public_list = settings.one_of("PUBLIC_LIST", ("off", false), &[("on", true)]);
        let brand = brand(settings);
        let support = optional(settings, "SUPPORT_URL");
        let cache = CacheSettings {
            fresh_for: Duration::from_secs(settings.number("ROUTE_CACHE_SECONDS", 30, 0..=3_600)),
            stale_for: Duration::from_secs(settings.number("ROUTE_STALE_SECONDS", 600, 0..=86_400)),
        };
        Some(Self {
            default_cell: default_cell?,
            hosts: hosts?,
            app_login: app_login?,
            default_login: default_login?,
            origins,
            passes_hint,
            shows_name,
            has_public_list,
            brand,
            support,
            cache,
        })
    }
}

fn required<T: FromStr<Err: Display>>(settings: &mut Settings<'_>, name: &str) -> Option<T> {
    if settings.raw(name).is_none() {
        settings.fault(name, "is not set");
    }
    optional(settings, name)
}

fn optional<T: FromStr<Err: Display>>(settings: &mut Settings<'_>, name: &str) -> Option<T> {
    match settings.raw(name)?.trim().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            settings.fault(name, &format!("is not usable: {error}"));
            None
        }
    }
}

fn origins(settings: &mut Settings<'_>) -> Vec<AllowedOrigin> {
    let raw = settings.raw("ALLOWED_ORIGINS").unwrap_or_default();
    let mut origins = Vec::new();
    for entry in raw.split(',').map(str::trim).filter(|_| !raw.is_empty()) {
        match entry.parse() {
            Ok(origin) => origins.push(origin),
            Err(error) => settings.fault("ALLOWED_ORIGINS", &format!("{error}")),
        }
    }
    origins
}

fn brand(settings: &mut Settings<'_>) -> String {
    let brand = settings.raw("BRAND_NAME").map(|raw| raw.trim().to_owned());
    let fits = |brand: &String| {
        brand.chars().count() <= LONGEST_BRAND
            && !brand.chars().any(|c| c.is_control() || tenancy::is_hidden(c))
    };
    if brand.as_ref().is_some_and(|brand| !fits(brand)) {
        settings.fault("BRAND_NAME", "must have 1 to 60 characters, without control or invisible characters");
    }
    brand.unwrap_or_else(|| "Sign in".to_owned())
}

fn entrance(settings: &mut Settings<'_>) -> Option<Entrance> {
    if settings.raw("AWS_LAMBDA_RUNTIME_API").is_some() {
        return Some(Entrance::Lambda);
    }
    let Some(raw) = settings.raw("ROUTER_LISTEN") else {
        settings
            .fault("ROUTER_LISTEN", "is not set, and this is not Lambda; set it to 127.0.0.1:0, for example");
        return None;
    };
    let address = raw.trim().parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
    if address.is_none() {
        settings.fault("ROUTER_LISTEN", "must be a loopback address with a port, such as 127.0.0.1:8080");
    }
    address.map(Entrance::Loopback)
}
