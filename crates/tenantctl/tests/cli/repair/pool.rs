//! A pool and a table that can be put out of step.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType};
use dev_stack::{Seed, Trigger, Triggers};
use tenancy::{MembershipStatus, Role, Stamp, Timestamp, UserKey, Username};
use tenancy_aws::operator::{Change, Operator, UserRecord};
use tenancy_aws::table;

use crate::cell::fixtures::add_function;
use crate::support::{Desk, REGION};

pub(crate) type Cognito = aws_sdk_cognitoidentityprovider::Client;

pub(crate) const NOW: Timestamp = Timestamp::from_epoch_seconds(1_800_000_000);

/// The local stack with the table, the tenants `acme` and `globex`, and both sides' clients.
pub(crate) struct Scene {
    pub(crate) desk: Desk,
    pub(crate) cognito: Cognito,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) operator: Operator,
    pub(crate) seed: Seed,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let desk = Desk::without_table().await;
        let sdk = aws_types::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(REGION))
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
                aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "test"),
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let endpoints = desk.stack.endpoints();
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(
            aws_sdk_dynamodb::config::Builder::from(&sdk).endpoint_url(&endpoints.dynamodb).build(),
        );
        let cognito = Cognito::from_conf(
            aws_sdk_cognitoidentityprovider::config::Builder::from(&sdk)
                .endpoint_url(&endpoints.cognito)
                .build(),
        );
        table::create(&dynamodb, "tenancy").await.unwrap();
        let operator = Operator::new(dynamodb.clone(), "tenancy".into(), "test".into());
        let seed = Seed::new(&desk.stack, REGION, "tenancy").unwrap();
        let scene = Self { desk, cognito, dynamodb, operator, seed };
        for (id, name) in [("acme", "Acme Corporation"), ("globex", "Globex Inc.")] {
            scene.seed.tenant(id, name, "pro").await.unwrap();
        }
        scene
    }

    /// A user who has signed in before, with a stamp or without.
    pub(crate) async fn user(&self, email: &str, stamp: Option<&str>) -> UserKey {
        self.user_in(&self.desk.pool, email, stamp).await
    }

    pub(crate) async fn user_in(&self, pool: &str, email: &str, stamp: Option<&str>) -> UserKey {
        let attribute =
            |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
        let stamp = stamp.map(|stamp| attribute("custom:tenantId", stamp));
        let made = self
            .cognito
            .admin_create_user()
            .user_pool_id(pool)
            .username(email)
            .message_action(MessageActionType::Suppress)
            .user_attributes(attribute("email", email))
            .set_user_attributes(Some(std::iter::once(attribute("email", email)).chain(stamp).collect()))
            .send()
            .await
            .unwrap();
        self.cognito
            .admin_set_user_password()
            .user_pool_id(pool)
            .username(email)
            .password("Correct-Horse-9")
            .permanent(true)
            .send()
            .await
            .unwrap();
        let user = made.user.unwrap();
        let sub = user.attributes().iter().find(|a| a.name() == "sub").unwrap().value().unwrap();
        UserKey { pool: pool.parse().unwrap(), sub: sub.parse().unwrap() }
    }

    /// Gives the pool to one tenant: attaches a function with `POOL_TENANT`.
    pub(crate) fn give_pool_to(&self, tenant: &str) {
        let settings = [("USER_POOL_IDS", self.desk.pool.as_str()), ("POOL_TENANT", tenant)];
        add_function(&self.desk, "tokens", &settings);
        let triggers = Triggers::default().with(Trigger::PreTokenGeneration, "tokens");
        self.desk.stack.cognito().set_triggers(&self.desk.pool, &triggers).unwrap();
    }

    /// Makes a user a member, whose stamp is pending then.
    pub(crate) async fn join(&self, user: &UserKey, tenant: &str) {
        self.join_as(user, tenant, user.sub.as_str()).await;
    }

    /// The same, with the name that the user had in the pool by then.
    pub(crate) async fn join_as(&self, user: &UserKey, tenant: &str, username: &str) {
        let tenant = self.operator.tenant(&tenant.parse().unwrap()).await.unwrap();
        let role: Role = "admin".parse().unwrap();
        let (record, name) = (self.record(user).await, Username::new(username).unwrap());
        let change = self.operator.add_member(&tenant, &record, &[role], Some(&name), NOW).unwrap();
        self.apply(change).await;
    }

    /// A member of acme whose stamp is pending.
    pub(crate) async fn pending(&self, email: &str) -> UserKey {
        let user = self.user(email, None).await;
        self.join(&user, "acme").await;
        user
    }

    /// A member of `tenant`, stamped as they should be.
    pub(crate) async fn settled(&self, email: &str, tenant: &str) -> UserKey {
        let user = self.user(email, Some(tenant)).await;
        self.join(&user, tenant).await;
        self.mark(&user, tenant).await;
        user
    }

    /// The table says that the attribute was written.
    pub(crate) async fn mark(&self, user: &UserKey, tenant: &str) {
        use tenancy::ports::Stamps;
        self.operator.store().mark_stamped(user, &tenant.parse().unwrap()).await.unwrap();
    }

    pub(crate) async fn set_status(&self, user: &UserKey, tenant: &str, status: MembershipStatus) {
        let record = self.record(user).await;
        let change = self.operator.set_member_status(&record, &tenant.parse().unwrap(), status, NOW).unwrap();
        self.apply(change).await;
    }

    pub(crate) async fn record(&self, user: &UserKey) -> UserRecord {
        self.operator.user(user).await.unwrap()
    }

    async fn apply(&self, change: Change) {
        self.operator.apply(change, "the test's set-up").await.unwrap();
    }

    /// Whether the table still says that the attribute of `tenant` is to be written.
    pub(crate) async fn is_pending(&self, user: &UserKey, tenant: &str) -> bool {
        let record = self.record(user).await;
        record.in_tenant(&tenant.parse().unwrap()).unwrap().membership.stamp == Stamp::Pending
    }

    /// The attribute in the pool.
    pub(crate) async fn stamp(&self, user: &UserKey) -> Option<String> {
        let found = self
            .cognito
            .admin_get_user()
            .user_pool_id(user.pool.as_str())
            .username(user.sub.as_str())
            .send()
            .await
            .unwrap();
        let stamp = found.user_attributes().iter().find(|a| a.name() == "custom:tenantId");
        stamp.and_then(|a| a.value()).map(str::to_owned)
    }

    pub(crate) async fn delete_user(&self, user: &UserKey) {
        let call = self.cognito.admin_delete_user().user_pool_id(user.pool.as_str());
        call.username(user.sub.as_str()).send().await.unwrap();
    }

    /// Puts an item as it is, by its published layout.
    pub(crate) async fn put(&self, item: &[(&str, aws_sdk_dynamodb::types::AttributeValue)]) {
        let item = item.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.dynamodb.put_item().table_name("tenancy").set_item(Some(item)).send().await.unwrap();
    }

    /// Sets back when a user joined.
    pub(crate) async fn joined_long_ago(&self, user: &UserKey, tenant: &str) {
        use aws_sdk_dynamodb::types::AttributeValue;
        self.dynamodb
            .update_item()
            .table_name("tenancy")
            .key("pk", AttributeValue::S(format!("USER#{}#{}", user.pool, user.sub)))
            .key("sk", AttributeValue::S(format!("TENANT#{tenant}")))
            .update_expression("SET joinedAt = :then")
            .expression_attribute_values(":then", AttributeValue::N("1700000000".to_owned()))
            .send()
            .await
            .unwrap();
    }

    /// The calls that change users, so far.
    pub(crate) fn updates(&self) -> usize {
        self.desk.stack.cognito().user_updates().len()
    }
}

/// Waits until `reached`, at least a minute.
pub(crate) async fn until(mut reached: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never happened");
}
