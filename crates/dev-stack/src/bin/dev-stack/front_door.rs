//! `--front-door`: serves it, and says whom to be.

use dev_stack::{DevStack, DevStackError, FrontDoor, FrontDoorOptions, FunctionBinaries, Seed};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{log::Printing, options::Options};

/// Ports of the other services before it.
const PLACE: u16 = 5;

pub(crate) async fn serve(
    stack: DevStack,
    seed: &Seed,
    binaries: &FunctionBinaries,
    options: &Options,
    stopped: JoinHandle<()>,
) -> Result<(), DevStackError> {
    let door_options = FrontDoorOptions {
        table: options.table.clone(),
        port: options.port.map(|first| first.saturating_add(PLACE)),
        settings: options.settings(),
        echo_logs: options.verbose,
    };
    let door = FrontDoor::open(&stack, seed, binaries, door_options).await?;
    // From here on: nobody needs the mail of the people that it has made.
    let readers = (stack.cognito().mail(), stack.lambda().log_lines());
    if options.json {
        println!("{}", facts(&stack, &door, options));
    } else {
        print(&stack, &door, options);
    }
    let printing = Printing::begin(stack.cognito(), readers, options.verbose);
    // A task that was cancelled has nothing to wait for any more.
    let _ = stopped.await;
    printing.end();
    door.close().await;
    stack.stop().await;
    Ok(())
}

fn facts(stack: &DevStack, door: &FrontDoor, options: &Options) -> serde_json::Value {
    let people = door
        .people
        .iter()
        .map(|person| json!({ "email": person.email, "password": person.password, "about": person.about }));
    let endpoints = stack.endpoints();
    json!({
        "startPage": door.url,
        "people": people.collect::<Vec<_>>(),
        "userPools": door.pools,
        "table": options.table,
        "dynamodb": endpoints.dynamodb,
        "cognito": endpoints.cognito,
        "sts": endpoints.sts,
    })
}

fn print(stack: &DevStack, door: &FrontDoor, options: &Options) {
    println!("Start page  {}", door.url);
    for (cell, pool) in &door.pools {
        println!("Cell        {cell}, user pool {pool}");
    }
    println!();
    println!("Enter one of these addresses at the start page:");
    for person in &door.people {
        let password = person.password.map(|password| format!("  password {password}")).unwrap_or_default();
        println!("  {:<17} {}{password}", person.email, person.about);
    }
    println!();
    for (name, value) in stack.endpoints().environment() {
        println!("export {name}={value}");
    }
    println!("export AWS_REGION={} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local", options.region());
    println!("export TENANCY_TABLE={}", options.table);
    println!();
    println!("Mail is printed below. Stop with ctrl-c.");
}
