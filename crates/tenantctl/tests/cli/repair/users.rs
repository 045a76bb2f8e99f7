//! How users of a pool are looked up.

use tenancy::PoolId;
use user_pool::users::{Unfound, UserPages, find_by_sub, find_user};

use super::pool::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_sub_by_username_and_by_address_in_any_case() {
    let scene = Scene::new().await;
    let user = scene.user("ana@example.com", Some("acme")).await;

    for who in [user.sub.as_str(), &user.sub.as_str().to_uppercase(), "ana@example.com", " Ana@Example.COM "]
    {
        let found = find_user(&scene.cognito, &user.pool, who).await.unwrap();
        assert_eq!(found.sub, user.sub, "{who}");
        assert_eq!(found.attribute("email"), Some("ana@example.com"));
        assert_eq!((found.status.as_str(), found.enabled), ("CONFIRMED", true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_is_unknown_and_no_quote_finds_somebody() {
    let scene = Scene::new().await;
    let user = scene.user("ana@example.com", None).await;

    for who in
        ["ben@example.com", "5a1b0000-1111-4222-8333-abcdefabcdef", r#"x" or email = "ana@example.com"#, ""]
    {
        let unfound = find_user(&scene.cognito, &user.pool, who).await.unwrap_err();
        assert!(matches!(unfound, Unfound::Unknown), "{who}: {unfound:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_users_of_one_address_are_told_apart_by_their_subs() {
    let scene = Scene::new().await;
    let settings = dev_stack::PoolSettings { email_usernames: false, ..dev_stack::PoolSettings::default() };
    let pool: PoolId = scene.desk.stack.cognito().create_pool(settings).parse().unwrap();
    let mut subs = Vec::new();
    for name in ["ana", "ana2"] {
        let attribute = aws_sdk_cognitoidentityprovider::types::AttributeType::builder();
        let made = scene.cognito.admin_create_user().user_pool_id(pool.as_str()).username(name);
        let made = made.user_attributes(attribute.name("email").value("ana@example.com").build().unwrap());
        let made = made.send().await.unwrap().user.unwrap();
        subs.push(made.attributes().iter().find(|a| a.name() == "sub").unwrap().value().unwrap().to_owned());
    }

    let unfound = find_user(&scene.cognito, &pool, "ana@example.com").await.unwrap_err();
    let by_name = find_user(&scene.cognito, &pool, "ana2").await.unwrap();

    assert_eq!(by_name.sub.as_str(), subs[1]);
    let Unfound::Ambiguous(found) = unfound else { panic!("{unfound:?}") };
    let mut found: Vec<&str> = found.iter().map(tenancy::Sub::as_str).collect();
    found.sort_unstable();
    subs.sort_unstable();
    assert_eq!(found, subs);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_bring_every_user_once_with_the_attributes_that_were_asked_for() {
    let scene = Scene::new().await;
    let mut wanted = Vec::new();
    for number in 0..65 {
        wanted.push(scene.user(&format!("user{number}@example.com"), Some("acme")).await.sub.to_string());
    }

    let pool: PoolId = scene.desk.pool.parse().unwrap();
    let mut pages = UserPages::new(scene.cognito.clone(), pool.clone(), &["custom:tenantId"]);
    let mut found = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert!(page.len() <= 60);
        for user in page {
            assert_eq!(user.attributes.keys().collect::<Vec<_>>(), ["custom:tenantId"]);
            found.push(user.sub.to_string());
        }
    }

    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
    let nobody = find_by_sub(&scene.cognito, &pool, &"nobody".parse().unwrap(), &[]).await.unwrap();
    assert_eq!(nobody, None);
}
