//! Addresses: verified by codes, and of one user each.

use aws_sdk_cognitoidentityprovider::types::{AliasAttributeType, AttributeType, VerifiedAttributeType};
use dev_stack::{ClientSettings, DevStack, PoolSettings, StackOptions};
use serde_json::json;

use crate::fixture::{EMAIL, Fixture, PASSWORD, api, refusal};

const NEW: &str = "ana@example.org";

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().unwrap()
}

fn names_taken() -> (String, String) {
    ("AliasExistsException".to_owned(), "An account with the email already exists.".to_owned())
}

async fn emails(fixture: &Fixture, name: &str) -> Vec<String> {
    let user = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username(name).send().await.unwrap();
    let value = |name: &str| {
        let found = user.user_attributes().iter().find(|attribute| attribute.name() == name);
        found.and_then(|attribute| attribute.value()).unwrap_or_default().to_owned()
    };
    vec![value("email"), value("email_verified")]
}

#[tokio::test]
async fn a_new_address_counts_when_its_code_has_come_back() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();
    let token = tokens.access_token().unwrap();
    let mut mail = fixture.stack.cognito().mail();

    let update = fixture.api.update_user_attributes().access_token(token);
    let update = update.user_attributes(attribute("email", NEW)).user_attributes(attribute("name", "Ana"));
    let answer = update.send().await.unwrap();

    assert_eq!(answer.code_delivery_details_list()[0].destination(), Some("a***@e***"));
    assert_eq!(emails(&fixture, EMAIL).await, [EMAIL, "true"], "the old one stays until then");
    let sent = mail.recv().await.unwrap();
    assert_eq!((sent.to.as_deref(), sent.subject), (Some(NEW), "verification code"));
    let verify = fixture.api.verify_user_attribute().access_token(token).attribute_name("email");
    let wrong = refusal(verify.clone().code("000000x").send().await.unwrap_err());
    assert_eq!(wrong.0, "CodeMismatchException");
    let again = fixture.api.get_user_attribute_verification_code().access_token(token);
    again.attribute_name("email").send().await.unwrap();
    let sent = mail.recv().await.unwrap();
    assert_eq!(sent.to.as_deref(), Some(NEW), "to the address that waits");
    verify.code(sent.secret).send().await.unwrap();
    assert_eq!(emails(&fixture, NEW).await, [NEW, "true"]);
    fixture.start_auth(NEW, PASSWORD).await.unwrap();
    assert_eq!(fixture.start_auth(EMAIL, PASSWORD).await.unwrap_err().0, "NotAuthorizedException");
}

#[tokio::test]
async fn without_that_setting_it_counts_at_once_and_is_unverified() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let patch = json!({ "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": [] } });
    fixture.stack.cognito().patch_pool(&fixture.pool, patch).unwrap();
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();
    let token = tokens.access_token().unwrap();

    let update = fixture.api.update_user_attributes().access_token(token);
    update.user_attributes(attribute("email", NEW)).send().await.unwrap();

    assert_eq!(emails(&fixture, NEW).await, [NEW, "false"]);
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, NEW).unwrap();
    let verify = fixture.api.verify_user_attribute().access_token(token).attribute_name("email");
    verify.code(code).send().await.unwrap();
    assert_eq!(emails(&fixture, NEW).await, [NEW, "true"]);
}

#[tokio::test]
async fn an_administrator_may_say_that_the_address_is_verified() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let update = || {
        let call = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
        call.user_attributes(attribute("email", NEW))
    };

    update().send().await.unwrap();
    assert_eq!(emails(&fixture, EMAIL).await, [EMAIL, "true"]);
    update().user_attributes(attribute("email_verified", "true")).send().await.unwrap();
    assert_eq!(emails(&fixture, NEW).await, [NEW, "true"]);
}

#[tokio::test]
async fn an_address_that_is_the_username_is_of_one_user() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username("ben@example.com");
    create.send().await.unwrap();

    let update = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool);
    let update = update.username("ben@example.com").user_attributes(attribute("email", EMAIL));
    let update = update.user_attributes(attribute("email_verified", "true"));

    assert_eq!(refusal(update.send().await.unwrap_err()), names_taken());
}

/// A pool whose users have a username, and may sign in by a verified e-mail.
async fn alias_pool() -> Fixture {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let api = api(&stack.endpoints().cognito);
    let create = api.create_user_pool().pool_name("aliases").alias_attributes(AliasAttributeType::Email);
    let create = create.auto_verified_attributes(VerifiedAttributeType::Email);
    let pool = create.send().await.unwrap().user_pool.unwrap().id.unwrap();
    let client_id = stack.cognito().create_client(&pool, ClientSettings::default()).unwrap();
    Fixture { stack, pool, client_id, api }
}

async fn sign_up(fixture: &Fixture, name: &str) -> String {
    let call = fixture.api.sign_up().client_id(&fixture.client_id).username(name).password(PASSWORD);
    call.user_attributes(attribute("email", EMAIL)).send().await.unwrap();
    fixture.stack.cognito().delivered_code(&fixture.pool, name).unwrap()
}

#[tokio::test]
async fn a_verified_alias_is_refused_to_a_second_user_unless_it_is_forced() {
    let fixture = alias_pool().await;
    let odd = fixture.api.sign_up().client_id(&fixture.client_id).username(EMAIL).password(PASSWORD);
    let odd = refusal(odd.send().await.unwrap_err());
    assert_eq!(odd.1, "Username cannot be of email format, since user pool is configured for email alias.");
    let confirm = |name: &str, code: String| {
        let call = fixture.api.confirm_sign_up().client_id(&fixture.client_id).username(name);
        call.confirmation_code(code)
    };
    let code = sign_up(&fixture, "ana").await;
    assert_eq!(
        fixture.start_auth(EMAIL, PASSWORD).await.unwrap_err().0,
        "NotAuthorizedException",
        "not verified"
    );
    confirm("ana", code).send().await.unwrap();
    fixture.start_auth(EMAIL, PASSWORD).await.expect("by the alias");

    let code = sign_up(&fixture, "other").await;

    assert_eq!(refusal(confirm("other", code.clone()).send().await.unwrap_err()), names_taken());
    assert_eq!(fixture.start_auth("other", PASSWORD).await.unwrap_err().0, "UserNotConfirmedException");
    let update = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username("other");
    let update = update.user_attributes(attribute("email_verified", "true"));
    assert_eq!(refusal(update.send().await.unwrap_err()), names_taken());
    let create = || {
        let call = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username("third");
        let call = call.user_attributes(attribute("email", EMAIL));
        call.user_attributes(attribute("email_verified", "true"))
    };
    assert_eq!(refusal(create().send().await.unwrap_err()), names_taken());
    confirm("other", code).force_alias_creation(true).send().await.unwrap();
    assert_eq!(emails(&fixture, "ana").await, [EMAIL, "false"], "it has moved");
    assert_eq!(emails(&fixture, EMAIL).await, [EMAIL, "true"]);
    create().force_alias_creation(true).send().await.unwrap();
    assert_eq!(emails(&fixture, "other").await, [EMAIL, "false"], "and again");
}

#[tokio::test]
async fn nobody_signs_in_by_a_sub_that_is_no_username() {
    let fixture = alias_pool().await;
    let code = sign_up(&fixture, "ana").await;
    let confirm = fixture.api.confirm_sign_up().client_id(&fixture.client_id).username("ana");
    confirm.confirmation_code(code).send().await.unwrap();
    let user = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username("ana").send().await.unwrap();
    let sub = user.user_attributes().iter().find(|attribute| attribute.name() == "sub").unwrap();

    let refused = fixture.start_auth(sub.value().unwrap(), PASSWORD).await.unwrap_err();

    assert_eq!(refused.1, "Incorrect username or password.");
    let by_sub = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username(sub.value().unwrap());
    by_sub.send().await.expect("administrators find them by it");
}
