//! Servers that do not do as they are told, played by a fake.

use serde_json::{Value, json};

use super::fake::{Fake, World};
use super::fixtures::{BOTH, POST, UNKNOWN, attach_fake, mfa, rest, rich_fake, run_fake, with_unknown};
use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_fake_pool_gets_every_setting_back_byte_for_byte() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |_, _, _| Ok(())).await;

    let run = attach_fake(&desk, &fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
    let mut wanted = rest(rich_fake());
    // Refused beside the new days, so no request may have it.
    wanted["AdminCreateUserConfig"].as_object_mut().unwrap().remove("UnusedAccountValidityDays");
    assert_eq!(rest(fake.pool()), wanted);
    let asked = ["DescribeUserPool", "GetUserPoolMfaConfig"];
    // The description is the last thing that is read before the write.
    let again = ["GetUserPoolMfaConfig", "DescribeUserPool"];
    let order = [&asked[..], &again, &["UpdateUserPool"], &asked].concat();
    assert_eq!(fake.called(), order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loses_a_setting_is_found_out() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before >= 2 {
            world.pool["LambdaConfig"].as_object_mut().unwrap().remove("PreSignUp");
            world.pool["DeletionProtection"] = json!("INACTIVE");
        }
        Ok(())
    })
    .await;

    let run = attach_fake(&desk, &fake, "--apply --yes --backup b.json");

    assert_eq!(run.code, 1);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_set_the_triggers_is_found_out() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before >= 2 {
            world.pool = rich_fake();
        }
        Ok(())
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes --backup b.json").fails(1);

    assert!(said.contains("LambdaConfig.PostConfirmation"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_shows_the_update_only_later_is_waited_for() {
    let desk = Desk::without_table().await;
    let mut updated = Value::Null;
    let fake = Fake::start(rich_fake(), mfa(), move |operation, before, world| {
        match (operation, before) {
            ("DescribeUserPool", 2) => {
                updated = world.pool.clone();
                world.pool = rich_fake();
            }
            ("DescribeUserPool", 4) => world.pool = updated.clone(),
            _ => {}
        }
        Ok(())
    })
    .await;

    let run = attach_fake(&desk, &fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_somebody_changes_after_the_plan_is_not_written() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before == 1 {
            world.pool["Policies"]["PasswordPolicy"]["MinimumLength"] = json!(20);
        }
        Ok(())
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes").fails(3);

    assert!(said.contains("Policies.PasswordPolicy.MinimumLength: 14 -> 20"), "{said}");
    assert!(!fake.called().contains(&"UpdateUserPool".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mfa_configuration_that_the_update_changes_is_put_back() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.mfa = json!({ "MfaConfiguration": "OFF" });
        }
        Ok(())
    })
    .await;

    let run = attach_fake(&desk, &fake, "--apply --yes --backup b.json");

    assert_eq!(fake.mfa(), mfa());
    assert_eq!(fake.sent("SetUserPoolMfaConfig")["UserPoolId"], json!("eu-west-1_AbCdEf123"));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mfa_configuration_that_cannot_be_put_back_is_told() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.mfa = json!({ "MfaConfiguration": "OFF" });
        }
        let refused = Err(("InvalidParameterException".to_owned(), "no SMS role".to_owned()));
        if operation == "SetUserPoolMfaConfig" { refused } else { Ok(()) }
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes").fails(1);

    assert!(said.contains("GetUserPoolMfaConfig.MfaConfiguration: OPTIONAL -> OFF"), "{said}");
    assert!(said.contains("no SMS role") && said.contains("tenantctl pool restore"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_mfa_that_cannot_be_read_is_not_written() {
    let desk = Desk::without_table().await;
    let denied = |operation: &str, _: usize, _: &mut World| {
        let refused = Err(("AccessDeniedException".to_owned(), "not allowed".to_owned()));
        if operation == "GetUserPoolMfaConfig" { refused } else { Ok(()) }
    };
    let on = Fake::start(rich_fake(), mfa(), denied).await;
    let mut without = rich_fake();
    without["MfaConfiguration"] = json!("OFF");
    let off = Fake::start(without, json!({}), denied).await;

    let refused = attach_fake(&desk, &on, "--apply --yes").fails(3);
    let done = attach_fake(&desk, &off, "--apply --yes");

    assert!(refused.contains("cognito-idp:GetUserPoolMfaConfig"), "{refused}");
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains("will not be compared"), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_cognito_refuses_changes_nothing_and_says_so() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, _| {
        let refused = Err(("InvalidParameterException".to_owned(), "The SES identity is gone.".to_owned()));
        if operation == "UpdateUserPool" { refused } else { Ok(()) }
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes").fails(1);

    assert!(said.contains("The SES identity is gone") && said.contains("Nothing is changed"), "{said}");
    assert_eq!(fake.pool(), rich_fake());
}

fn error(code: &str) -> Result<(), (String, String)> {
    Err((code.to_owned(), "no".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_sent_once_so_that_its_answer_is_that_of_all_there_was() {
    for code in ["TooManyRequestsException", "ConcurrentModificationException", "500 InternalErrorException"]
    {
        let desk = Desk::without_table().await;
        let fake =
            Fake::start(
                rich_fake(),
                mfa(),
                move |operation, _, _| {
                    if operation == "UpdateUserPool" { error(code) } else { Ok(()) }
                },
            )
            .await;

        attach_fake(&desk, &fake, "--apply --yes").fails(1);

        let sent = fake.called().iter().filter(|called| *called == "UpdateUserPool").count();
        assert_eq!(sent, 1, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_done_though_the_server_says_otherwise_is_found_and_verified() {
    for code in
        ["500 InternalErrorException", "500 InternalServerError", "503 ServiceUnavailableException", "502 ?"]
    {
        let desk = Desk::without_table().await;
        let mut updated = Value::Null;
        let fake = Fake::start(rich_fake(), mfa(), move |operation, before, world| {
            match (operation, before) {
                ("UpdateUserPool", _) => {
                    world.update();
                    return error(code);
                }
                // The first look still shows the old pool.
                ("DescribeUserPool", 2) => updated = std::mem::replace(&mut world.pool, rich_fake()),
                ("DescribeUserPool", 3) => world.pool = updated.clone(),
                _ => {}
            }
            Ok(())
        })
        .await;

        let run = attach_fake(&desk, &fake, "--apply --yes --backup b.json");

        assert_eq!(run.code, 0, "{code}: {run}");
        assert!(run.stderr.contains("Cognito may have made the change anyway"), "{code}: {run}");
        assert!(run.stdout.contains("has the planned changes"), "{code}: {run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_which_nobody_knows_is_never_called_no_change_and_names_the_backup() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, _| {
        if operation == "UpdateUserPool" { error("500 InternalErrorException") } else { Ok(()) }
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes --backup b.json --region eu-west-1").fails(1);

    assert!(
        said.contains("the update may still take effect") && !said.contains("Nothing is changed"),
        "{said}"
    );
    assert!(said.contains("tenantctl pool restore b.json"), "{said}");
    assert!(said.contains("--user-pool-id eu-west-1_AbCdEf123 --region eu-west-1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mfa_configuration_that_cannot_be_read_after_the_update_is_read_again_and_never_written() {
    for answer_again in [true, false] {
        let desk = Desk::without_table().await;
        let fake = Fake::start(rich_fake(), mfa(), move |operation, before, _| {
            let fails = operation == "GetUserPoolMfaConfig" && before >= 2 && !(answer_again && before > 2);
            if fails { error("AccessDeniedException") } else { Ok(()) }
        })
        .await;

        let run = attach_fake(&desk, &fake, "--apply --yes");

        assert!(!fake.called().contains(&"SetUserPoolMfaConfig".to_owned()), "{run}");
        assert_eq!(run.code, i32::from(!answer_again), "{run}");
        assert!(!run.to_string().contains("put back as it was"), "{run}");
        if !answer_again {
            assert!(run.stderr.contains("GetUserPoolMfaConfig") && run.stderr.contains("not known"), "{run}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mfa_that_somebody_makes_stronger_meanwhile_stays_and_is_told() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        // Directly after the update.
        if operation == "DescribeUserPool" && before == 2 {
            world.pool["MfaConfiguration"] = json!("ON");
            world.mfa["MfaConfiguration"] = json!("ON");
        }
        Ok(())
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes --backup b.json").fails(1);

    assert_eq!(fake.mfa()["MfaConfiguration"], json!("ON"));
    assert!(!fake.called().contains(&"SetUserPoolMfaConfig".to_owned()));
    assert!(said.contains("GetUserPoolMfaConfig.MfaConfiguration: OPTIONAL -> ON"), "{said}");
    assert!(said.contains("The differences may include changes by others"), "{said}");
    assert!(said.contains("tenantctl pool restore b.json"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn success_says_how_to_go_back_and_what_was_not_read() {
    let desk = Desk::without_table().await;
    let mut pool = rich_fake();
    pool["MfaConfiguration"] = json!("OFF");
    let fake = Fake::start(pool, json!({}), |operation, _, _| {
        if operation == "GetUserPoolMfaConfig" { error("AccessDeniedException") } else { Ok(()) }
    })
    .await;

    let run = attach_fake(&desk, &fake, "--apply --yes --backup b.json");

    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("except the MFA configuration"), "{run}");
    assert!(run.stdout.contains("tenantctl pool restore b.json"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_this_version_does_not_know_is_sent_back_byte_for_byte_and_named() {
    let desk = Desk::without_table().await;
    let mut attached = rich_fake();
    attached["LambdaConfig"]["PostConfirmation"] = json!(POST);
    // Scripts may still have the option that once was needed.
    for (pool, line) in [
        (rich_fake(), format!("attach {BOTH} --skip-function-check")),
        (rich_fake(), format!("attach {BOTH} --skip-function-check --send-unknown")),
        (attached.clone(), "detach --replace".to_owned()),
        (attached.clone(), "detach --replace --send-unknown".to_owned()),
    ] {
        let text = with_unknown(&pool);
        let described: Value = serde_json::from_str(&text).unwrap();
        let fake = Fake::start(described.clone(), mfa(), |_, _, _| Ok(())).await;
        fake.change(|world| world.pool_text = Some(text));
        let _ = std::fs::remove_file(desk.folder.path().join("b.json"));

        let run = run_fake(&desk, &fake, &format!("{line} --apply --yes --backup b.json"));

        assert_eq!(run.code, 0, "{line}: {run}");
        assert!(run.stdout.contains("sends them unchanged"), "{line}: {run}");
        let sent = fake.sent_texts("UpdateUserPool");
        for (name, text) in UNKNOWN {
            assert_eq!(sent[name], text, "{line}: {name}");
            assert_eq!(fake.pool()[name], described[name], "{line}: {name}");
            assert!(run.stdout.contains(name), "{line}: {name}: {run}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_look_like_none_are_compared_like_all_others() {
    for (said, place, name, left) in [
        ("DcrConfiguration.OpenDcrGrantTypes: [] -> (none)", "/DcrConfiguration", "OpenDcrGrantTypes", None),
        ("NewSetting.Map: {} -> (none)", "/NewSetting", "Map", None),
        ("NewSetting.Text:  -> (none)", "/NewSetting", "Text", None),
        ("NewSetting.None: null -> (none)", "/NewSetting", "None", None),
        ("NewList: [] -> null", "", "NewList", Some(Value::Null)),
        ("SmsAuthenticationMessage:  -> (none)", "", "SmsAuthenticationMessage", None),
    ] {
        let desk = Desk::without_table().await;
        let mut pool: Value = serde_json::from_str(&with_unknown(&rich_fake())).unwrap();
        pool["SmsAuthenticationMessage"] = json!("");
        let fake = Fake::start(pool, mfa(), move |operation, before, world| {
            if operation == "DescribeUserPool" && before >= 2 {
                let members = world.pool.pointer_mut(place).unwrap().as_object_mut().unwrap();
                members.remove(name);
                members.extend(left.clone().map(|left| (name.to_owned(), left)));
            }
            Ok(())
        })
        .await;

        let told = attach_fake(&desk, &fake, "--apply --yes").fails(1);

        assert!(told.contains(said), "{said}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_setting_that_this_version_does_not_know_names_it() {
    let desk = Desk::without_table().await;
    let mut pool = rich_fake();
    pool["NewSetting"] = json!({ "Mode": [] });
    let fake = Fake::start(pool, mfa(), |operation, _, _| {
        if operation == "UpdateUserPool" { error("SerializationException") } else { Ok(()) }
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes --backup b.json").fails(1);

    assert!(said.contains("Nothing is changed") && said.contains("NewSetting"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cognito_finds_fault_with_is_told_and_no_failure() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.pool["SmsConfigurationFailure"] = json!("SNSSandbox");
        }
        Ok(())
    })
    .await;

    let run = attach_fake(&desk, &fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
    assert!(run.to_string().contains("SmsConfigurationFailure: SNSSandbox"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loses_what_no_update_can_set_is_found_out_and_named() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.pool.as_object_mut().unwrap().remove("UsernameAttributes");
        }
        Ok(())
    })
    .await;

    let said = attach_fake(&desk, &fake, "--apply --yes").fails(1);

    assert!(said.contains("UpdateUserPool cannot set UsernameAttributes"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_days_of_a_temporary_password_go_along_where_the_new_ones_are_not_set() {
    let desk = Desk::without_table().await;
    let mut pool = rich_fake();
    pool["Policies"]["PasswordPolicy"].as_object_mut().unwrap().remove("TemporaryPasswordValidityDays");
    let fake = Fake::start(pool, mfa(), |_, _, _| Ok(())).await;

    let run = attach_fake(&desk, &fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
    assert_eq!(fake.sent("UpdateUserPool")["AdminCreateUserConfig"]["UnusedAccountValidityDays"], json!(3));
}
