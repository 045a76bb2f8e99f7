//! Detaching.

use serde_json::json;

use super::fixtures::{BOTH, OTHER, POST, PRE, described, desk, lambdas, rest, rich};
use crate::assert_page;

#[tokio::test(flavor = "multi_thread")]
async fn detaching_empties_both_and_names_what_they_held() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    let before = described(&desk).await;

    let run = desk.run("pool detach --apply --yes --backup d.json");

    let after = described(&desk).await;
    assert_eq!(lambdas(&after), (json!(null), json!(null)));
    assert_eq!(rest(after), rest(before));
    assert_page!(run);
    assert_page!(desk.run("pool detach"));
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_one_leaves_the_other_and_takes_only_the_function_that_was_named() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let other = desk.run(&format!("pool detach --post-confirmation {OTHER} --apply --yes")).fails(3);
    desk.run(&format!("pool detach --post-confirmation {POST} --apply --yes --backup d.json")).ok();

    let (post, pre) = lambdas(&described(&desk).await);
    assert!(other.contains(POST), "{other}");
    assert_eq!((post, &pre["LambdaArn"]), (json!(null), &json!(PRE)));
}
