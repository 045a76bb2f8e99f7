//! What administrators do to users: look them up, stamp them, sign them out.

use crate::fixture::{EMAIL, Fixture, refusal};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType, SchemaAttributeType};
use dev_stack::PoolSettings;
use serde_json::{Value, json};

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().unwrap()
}

async fn create(fixture: &Fixture, email: &str) -> String {
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username(email);
    let create = create.message_action(MessageActionType::Suppress);
    create
        .user_attributes(attribute("name", "Somebody"))
        .send()
        .await
        .unwrap()
        .user
        .unwrap()
        .username
        .unwrap()
}

#[tokio::test]
async fn users_are_found_by_what_can_be_searched() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let ana = create(&fixture, "ana@example.com").await;
    create(&fixture, "ann@example.com").await;
    create(&fixture, "bo@example.com").await;
    fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username(&ana).send().await.unwrap();
    let list = |filter: &str| fixture.api.list_users().user_pool_id(&fixture.pool).filter(filter).send();

    let rows = [
        (format!(r#"sub = "{ana}""#), 1),
        (format!(r#"username = "{ana}""#), 1),
        (r#"email ^= "an""#.to_owned(), 2),
        (r#"email = "an""#.to_owned(), 0),
        (r#"status = "Disabled""#.to_owned(), 1),
        (r#"cognito:user_status = "force_change_password""#.to_owned(), 3),
        (String::new(), 3),
    ];
    for (filter, found) in rows {
        assert_eq!(list(&filter).await.unwrap().users().len(), found, "{filter}");
    }
    for filter in [r#"custom:tenantId = "acme""#, "email", "email = ana"] {
        let refused = refusal(list(filter).await.unwrap_err());
        assert_eq!(refused.0, "InvalidParameterException", "{filter}");
    }
}

#[tokio::test]
async fn pages_of_users_neither_repeat_nor_lose_one_when_others_come_and_go() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let mut names = Vec::new();
    for number in 0..5 {
        names.push(create(&fixture, &format!("user{number}@example.com")).await);
    }
    names.sort();
    let list = fixture.api.list_users().user_pool_id(&fixture.pool).limit(2);

    let first = list.clone().send().await.unwrap();
    let read = first.users()[1].username().unwrap();
    fixture.api.admin_delete_user().user_pool_id(&fixture.pool).username(read).send().await.unwrap();
    let second = list.clone().set_pagination_token(first.pagination_token.clone()).send().await.unwrap();
    let third = list.clone().set_pagination_token(second.pagination_token.clone()).send().await.unwrap();

    let pages = [first.users(), second.users(), third.users()];
    assert_eq!(pages.concat().into_iter().filter_map(|user| user.username).collect::<Vec<_>>(), names);
    assert_eq!(third.pagination_token(), None);
    let refused = refusal(list.clone().limit(61).send().await.unwrap_err());
    assert_eq!(refused.0, "InvalidParameterException");
    let refused = refusal(list.pagination_token("?").send().await.unwrap_err());
    assert_eq!(refused.0, "InvalidParameterException");
}

#[tokio::test]
async fn only_the_attributes_that_were_asked_for_are_listed() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    create(&fixture, EMAIL).await;
    let list = fixture.api.list_users().user_pool_id(&fixture.pool);

    let asked = list.clone().attributes_to_get("email").attributes_to_get("sub").send().await.unwrap();
    let unknown = refusal(list.attributes_to_get("custom:nope").send().await.unwrap_err());

    let names: Vec<_> = asked.users()[0].attributes().iter().map(AttributeType::name).collect();
    assert_eq!(names, ["sub", "email"]);
    assert_eq!(unknown.0, "InvalidParameterException");
}

#[tokio::test]
async fn a_global_sign_out_ends_every_refresh_token_of_the_user() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let (phone, laptop) = (fixture.sign_in().await.unwrap(), fixture.sign_in().await.unwrap());
    let token = phone.refresh_token().unwrap();
    fixture.refresh(token).await.unwrap();

    let out = fixture.api.admin_user_global_sign_out().user_pool_id(&fixture.pool).username(EMAIL);
    out.send().await.unwrap();

    for tokens in [&phone, &laptop] {
        let refused = fixture.refresh(tokens.refresh_token().unwrap()).await.unwrap_err();
        assert_eq!(refused.1, "Refresh Token has been revoked");
    }
    let own = fixture.api.get_user().access_token(phone.access_token().unwrap()).send().await.unwrap_err();
    assert_eq!(refusal(own).0, "NotAuthorizedException");
    fixture.sign_in().await.expect("a new sign-in is not forbidden");
}

#[tokio::test]
async fn a_stamp_can_be_taken_away() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    create(&fixture, EMAIL).await;
    let stamp = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
    stamp.user_attributes(attribute("custom:tenantId", "acme")).send().await.unwrap();
    let stamps = || async {
        let user = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username(EMAIL).send().await;
        let user = user.unwrap();
        user.user_attributes().iter().filter(|known| known.name() == "custom:tenantId").count()
    };
    assert_eq!(stamps().await, 1);

    let delete = fixture.api.admin_delete_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
    delete.user_attribute_names("custom:tenantId").send().await.unwrap();

    assert_eq!(stamps().await, 0);
}

#[tokio::test]
async fn stamps_above_the_quota_are_refused_and_all_are_counted() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    create(&fixture, EMAIL).await;
    let cognito = fixture.stack.cognito();
    let stamp = || {
        let stamp = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
        stamp.user_attributes(attribute("custom:tenantId", "acme")).send()
    };

    stamp().await.unwrap();
    cognito.limit_user_updates(Some(0));
    let refused = refusal(stamp().await.unwrap_err());
    cognito.limit_user_updates(None);
    stamp().await.unwrap();

    assert_eq!(refused.0, "TooManyRequestsException");
    assert_eq!(cognito.user_updates().len(), 3, "the refused one too");
    assert!((1..=3).contains(&cognito.user_updates_peak()));
}

#[tokio::test]
async fn an_immutable_attribute_cannot_be_stamped() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let cognito = fixture.stack.cognito();
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username(EMAIL);
    create.send().await.unwrap();
    let stamp = || {
        let stamp = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
        stamp.user_attributes(attribute("custom:tenantId", "acme")).send()
    };

    cognito.patch_attribute(&fixture.pool, "custom:tenantId", json!({ "Mutable": false })).unwrap();
    let immutable = refusal(stamp().await.unwrap_err());
    cognito.patch_attribute(&fixture.pool, "custom:tenantId", Value::Null).unwrap();
    let missing = refusal(stamp().await.unwrap_err());
    let again = SchemaAttributeType::builder().name("tenantId").mutable(true).build();
    let add = fixture.api.add_custom_attributes().user_pool_id(&fixture.pool).custom_attributes(again);
    add.clone().send().await.unwrap();
    stamp().await.unwrap();

    assert!(immutable.1.contains("Attribute cannot be updated"), "{immutable:?}");
    assert!(missing.1.contains("Attribute does not exist in the schema"), "{missing:?}");
    let twice = refusal(add.send().await.unwrap_err());
    assert_eq!(twice.0, "InvalidParameterException");
}
