//! `tenantctl route`: what the router answers, and why.

mod live;
mod view;

use clap::{Args, Subcommand};
use tenancy::ports::StoreError;
use tenancy::route::{Asked, FrontHost, HostSuffix, find};
use tenancy::{CellName, InvalidText};

use crate::context::Context;
use crate::failure::{Failure, Found};
use live::Router;
use view::{RouteTest, Step};

/// Stands for a default cell that was not named. No cell is called that.
const UNNAMED: &str = "-";

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// Show the route of a host, a slug or an address, and each step of the way
    Test(TestOptions),
}

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct TestOptions {
    #[command(flatten)]
    question: Question,
    /// The router's DEFAULT_CELL; it is needed if the request has the default route
    #[arg(long, value_name = "CELL", env = "DEFAULT_CELL")]
    default_cell: Option<CellName>,
    /// With --host: the router's HOST_SUFFIX [default: the host without its first label]
    #[arg(long, value_name = "HOST", env = "HOST_SUFFIX")]
    host_suffix: Option<HostSuffix>,
    /// Compare with what the router at this address answers
    #[arg(long, value_name = "URL")]
    against: Option<Router>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Question {
    /// The host of a request, such as acme.app.example.com
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A slug or an organization code
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// An e-mail address; its domain decides
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

pub(crate) async fn run(command: RouteCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        RouteCommand::Test(options) => test(&options, context).await,
    }
}

async fn test(options: &TestOptions, context: &Context) -> Result<Found, Failure> {
    let mut steps = Vec::new();
    let Some(asked) = asked(options, &mut steps)? else {
        let test = RouteTest::misdirected(steps);
        context.say(&test);
        return Ok(Found::Problems);
    };
    let store = context.store().await?;
    let default_cell = match &options.default_cell {
        Some(cell) => cell.clone(),
        None => UNNAMED.parse().map_err(|error: InvalidText| Failure::failed(error.to_string()))?,
    };
    let answer = match find(&asked, &default_cell, &store).await {
        Err(StoreError::Damaged(damage)) if damage.key.starts_with(&format!("CELL#{UNNAMED} ")) => {
            return Err(Failure::usage("the request has the default route, and no default cell is named")
                .hint("Give --default-cell CELL, the router's setting DEFAULT_CELL."));
        }
        answer => answer?,
    };
    view::explain(&asked, &answer, &mut steps);
    let mut test = RouteTest::of(&answer, steps);
    if let Some(router) = &options.against {
        let live = router.ask(&options.question).await?;
        test.compare(router, &live);
    }
    context.say(&test);
    Ok(if test.is_same() { Found::Nothing } else { Found::Problems })
}

/// Whom the request asks for; `None` for a host that the router does not serve.
fn asked(options: &TestOptions, steps: &mut Vec<Step>) -> Result<Option<Asked>, Failure> {
    let Question { host, slug, email } = &options.question;
    if let Some(email) = email {
        return Ok(Some(Asked::email(email)));
    }
    if let Some(slug) = slug {
        return Ok(Some(Asked::code(slug)));
    }
    let host = host.as_deref().unwrap_or_default();
    let parents = host.split_once('.').map_or(host, |(_, parents)| parents);
    let parents = parents.split(':').next().unwrap_or_default();
    let suffix = match &options.host_suffix {
        Some(suffix) => suffix.clone(),
        None => parents.parse().map_err(|_| {
            Failure::usage("the router's host cannot be told from --host").hint("Give --host-suffix HOST.")
        })?,
    };
    Ok(match suffix.read(host) {
        Some(FrontHost::Tenant(slug)) => {
            steps.push(Step::new("host", format!("{host} is the host of the slug `{slug}`")));
            Some(Asked::Slug(slug))
        }
        Some(FrontHost::Shared) => {
            steps.push(Step::new("host", format!("{host} is the host for everybody")));
            Some(Asked::Nobody)
        }
        None => {
            let text = format!("{host} is no host of {}: the router answers 421", suffix.as_str());
            steps.push(Step::new("host", text));
            None
        }
    })
}
