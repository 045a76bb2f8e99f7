//! A table with something in it, events, and replays that are watched.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use dev_stack::Seed;
use serde_json::{Value, json};
use tenancy::{
    ClientBindingMode, InviteCode, MembershipStatus, RoleGrant, TenantId, TenantStatus, Timestamp, UserKey,
};
use tenancy_aws::operator::{Change, NewInvite, Operator, ProviderTerms, TenantEdit};

use crate::support::{Desk, REGION, Run};

/// Ana.
pub(super) const SUB: &str = "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10";

/// Her address.
pub(super) const EMAIL: &str = "ana@example.com";

/// The code of an invite.
pub(super) const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

/// The table's name on the desk.
const TABLE: &str = "tenancy";

/// The desk, with the active tenants `acme` and `globex`.
pub(super) struct World {
    pub(super) desk: Desk,
    operator: Operator,
}

impl World {
    pub(super) async fn new() -> Self {
        let desk = Desk::without_table().await;
        let seed = Seed::new(&desk.stack, REGION, TABLE).unwrap();
        seed.create_table().await.unwrap();
        seed.tenant("acme", "Acme Corporation", "pro").await.unwrap();
        seed.tenant("globex", "Globex Inc.", "free").await.unwrap();
        let operator = Operator::new(desk.dynamodb(), TABLE.to_owned(), "test".to_owned());
        Self { desk, operator }
    }

    /// With Ana as a member of `acme`.
    pub(super) async fn with_ana() -> Self {
        let world = Self::new().await;
        world.join("acme", &["admin", "viewer"]).await;
        world
    }

    pub(super) async fn join(&self, tenant: &str, roles: &[&str]) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let user = self.operator.user(&self.ana()).await.unwrap();
        let roles: Vec<_> = roles.iter().map(|role| role.parse().unwrap()).collect();
        self.write(self.operator.add_member(&record, &user, &roles, None, now()).unwrap()).await;
    }

    pub(super) async fn set_member(&self, tenant: &str, status: MembershipStatus) {
        let user = self.operator.user(&self.ana()).await.unwrap();
        self.write(self.operator.set_member_status(&user, &id(tenant), status, now()).unwrap()).await;
    }

    pub(super) async fn set_tenant(&self, tenant: &str, status: TenantStatus) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let edit = TenantEdit { status: Some(status), ..TenantEdit::default() };
        self.write(self.operator.edit_tenant(&record, edit, "tenant.test", now()).await.unwrap()).await;
    }

    /// Gives the tenant's role `admin` an IAM role.
    pub(super) async fn set_iam_role(&self, tenant: &str, arn: &str) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let grant = RoleGrant { groups: Vec::new(), iam_role: Some(arn.to_owned()) };
        let roles = Some([("admin".parse().unwrap(), grant)].into());
        let edit = TenantEdit { roles, ..TenantEdit::default() };
        self.write(self.operator.edit_tenant(&record, edit, "tenant.test", now()).await.unwrap()).await;
    }

    pub(super) async fn bind(&self, tenant: &str, mode: ClientBindingMode) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let (pool, client) = (self.desk.pool.parse().unwrap(), self.desk.client.parse().unwrap());
        self.write(self.operator.bind_client(&record, &pool, &client, mode, now()).await.unwrap()).await;
    }

    /// An invite with [`CODE`], for a week.
    pub(super) async fn invite(&self, tenant: &str, email: Option<&str>) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let invite = NewInvite {
            tenant: id(tenant),
            email: email.map(|email| email.parse().unwrap()),
            roles: vec!["guest".parse().unwrap()],
            max_uses: 1,
            expires_at: now().plus_seconds(7 * 24 * 60 * 60),
        };
        let code: InviteCode = CODE.parse().unwrap();
        self.write(self.operator.create_invite(&record, &invite, &code, now()).await.unwrap()).await;
    }

    /// Another invite, of an address.
    pub(super) async fn invite_by_address(&self, tenant: &str) {
        let seed = Seed::new(&self.desk.stack, REGION, TABLE).unwrap();
        seed.invite(&id(tenant), &["guest"], Some(EMAIL)).await.unwrap();
    }

    /// Binds the identity provider `Corp`, whose users join by signing in.
    pub(super) async fn bind_provider(&self, tenant: &str) {
        let record = self.operator.tenant(&id(tenant)).await.unwrap();
        let terms = ProviderTerms {
            joins: true,
            default_roles: vec!["viewer".parse().unwrap()],
            is_email_trusted: false,
        };
        let (pool, provider) = (self.desk.pool.parse().unwrap(), "Corp".parse().unwrap());
        self.write(self.operator.bind_provider(&record, &pool, &provider, &terms, now()).await.unwrap())
            .await;
    }

    async fn write(&self, change: Change) {
        assert!(!change.is_empty(), "something is to be written");
        self.operator.apply(change, "the test's").await.unwrap();
    }

    /// Takes Ana's default tenant away.
    pub(super) async fn forget_default(&self) {
        let key = |text: String| AttributeValue::S(text);
        self.desk
            .dynamodb()
            .delete_item()
            .table_name(TABLE)
            .key("pk", key(format!("USER#{}#{SUB}", self.desk.pool)))
            .key("sk", key("PROFILE".to_owned()))
            .send()
            .await
            .unwrap();
    }

    pub(super) fn ana(&self) -> UserKey {
        UserKey { pool: self.desk.pool.parse().unwrap(), sub: SUB.parse().unwrap() }
    }

    /// Ana's sign-in.
    pub(super) fn sign_in(&self) -> Value {
        json!({
            "version": "2",
            "triggerSource": "TokenGeneration_Authentication",
            "region": REGION,
            "userPoolId": self.desk.pool,
            "userName": SUB,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": self.desk.client },
            "request": {
                "userAttributes": {
                    "sub": SUB, "email": EMAIL, "email_verified": "true", "cognito:user_status": "CONFIRMED",
                },
                "groupConfiguration": {
                    "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null,
                },
                "scopes": ["openid"],
            },
            "response": { "claimsAndScopeOverrideDetails": null },
        })
    }

    /// Ana's confirmation, with a code.
    pub(super) fn confirmation(&self) -> Value {
        json!({
            "version": "1",
            "region": REGION,
            "userPoolId": self.desk.pool,
            "userName": SUB,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": self.desk.client },
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "request": {
                "userAttributes": { "sub": SUB, "email": EMAIL, "email_verified": "true" },
                "clientMetadata": { "inviteCode": CODE },
            },
            "response": {},
        })
    }

    /// Plays an event, and proves that nothing was written.
    pub(super) async fn replay(&self, event: &Value, options: &str) -> Run {
        let before = self.items().await;
        let run = self.desk.run_with(&format!("replay - {options}"), &[], &event.to_string());
        assert_eq!(self.items().await, before, "nothing is written");
        run
    }

    /// The same as JSON, with its exit code.
    pub(super) async fn document(&self, event: &Value, options: &str) -> (i32, Value) {
        let run = self.replay(event, &format!("{options} --output json")).await;
        let document = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
        (run.code, document)
    }

    /// All items by their keys, as values: the order within a map means nothing.
    async fn items(&self) -> BTreeMap<String, HashMap<String, AttributeValue>> {
        let scan = self.desk.dynamodb().scan().table_name(TABLE).consistent_read(true).send().await.unwrap();
        assert_eq!(scan.last_evaluated_key, None, "all of them");
        let keyed = scan.items.unwrap_or_default().into_iter();
        keyed.map(|item| (format!("{:?} {:?}", item["pk"], item["sk"]), item)).collect()
    }
}

/// The event with `value` at a JSON pointer.
pub(super) fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

/// Compares a page with a stored snapshot, how long it took replaced.
#[macro_export]
macro_rules! assert_replay {
    ($run:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"in \d+\.\d ms", "in <time>");
        settings.bind(|| $crate::assert_page!($run));
    }};
}

fn id(tenant: &str) -> TenantId {
    tenant.parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "invites are made in the present")]
fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}
