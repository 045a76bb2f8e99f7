//! What holds for every command.

use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_followed_ends_with_2() {
    let desk = Desk::without_table().await;

    let run = desk.run("frobnicate");

    assert!(run.fails(2).contains("unrecognized subcommand"));
}
