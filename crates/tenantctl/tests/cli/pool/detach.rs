//! Detaching.

use dev_stack::{FunctionProgram, FunctionSpec};
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

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_only_functions_of_this_product_are_taken_off() {
    let desk = desk().await;
    let echo = FunctionProgram::in_process(|event| async { Ok(event) });
    desk.stack.lambda().add_function(FunctionSpec::new("other", echo));
    for (held, why) in
        [(OTHER, "it has no TENANCY_TABLE"), (&*OTHER.replace("other", "gone"), "there is no such function")]
    {
        let config = json!({ "LambdaArn": PRE, "LambdaVersion": "V2_0" });
        let both = json!({ "PostConfirmation": held, "PreTokenGenerationConfig": config });
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "LambdaConfig": both })).unwrap();
        let before = described(&desk).await;

        let refused = desk.run("pool detach --apply --yes").fails(3);
        assert_eq!(described(&desk).await, before);
        desk.run(&format!("pool detach --post-confirmation {held} --apply --yes --backup n.json")).ok();
        let named = described(&desk).await;
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "LambdaConfig": both })).unwrap();
        desk.run("pool detach --replace --apply --yes --backup r.json").ok();

        assert!(refused.contains(why) && refused.contains(held), "{refused}");
        assert!(refused.contains("--replace"), "{refused}");
        assert_eq!(lambdas(&named), (json!(null), config));
        assert_eq!(lambdas(&described(&desk).await), (json!(null), json!(null)));
        for name in ["n.json", "r.json"] {
            std::fs::remove_file(desk.folder.path().join(name)).unwrap();
        }
    }
}
