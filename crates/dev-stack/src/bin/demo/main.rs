//! Shows what the functions do: a sign-up by invite, the tokens without and with the triggers, and an API behind the
//! authorizer. Everything is real but AWS itself: the function binaries, the AWS SDK, a DynamoDB engine, the orders service.

mod api;
mod app;
mod story;

use std::process::ExitCode;

use story::{Story, play};

const USAGE: &str = "\
Signs users up by invite on a local stack, shows the tokens without and with the triggers, and calls an API with them.

Usage: demo [options]

  --json      print one JSON object instead of the story
  --release   run the functions as they are deployed, built with the release profile
  -h, --help  this text";

#[tokio::main]
async fn main() -> ExitCode {
    let (mut as_json, mut release) = (false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => as_json = true,
            "--release" => release = true,
            "-h" | "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            _ => {
                eprintln!("demo: unknown argument `{argument}`; try --help");
                return ExitCode::from(2);
            }
        }
    }
    match play(release).await {
        Ok(story) => {
            print(&story, as_json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(story: &Story, as_json: bool) {
    if as_json {
        println!("{}", story.json());
    } else {
        print!("{story}");
    }
}
