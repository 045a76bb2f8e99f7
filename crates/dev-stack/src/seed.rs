//! The table, and a first tenant with an invite: what an operator would make.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use tenancy::invite::DEFAULT_LIFE_SECONDS;
use tenancy::{
    EmailAddress, InviteCode, Role, RoleGrant, Tenant, TenantId, TenantStatus, TenantTier, Timestamp,
};
use tenancy_aws::operator::{CellRecord, NewInvite, Operator, TenantEdit};
use tenancy_aws::{AwsClients, AwsSettings, table};

use crate::{DevStack, DevStackError, clock, random};

/// Who the audit items say it was.
const ACTOR: &str = "dev-stack";

/// Writes to the stack's table as an operator.
#[derive(Clone, Debug)]
pub struct Seed {
    pub(crate) client: Client,
    cognito: aws_sdk_cognitoidentityprovider::Client,
    pub(crate) operator: Operator,
    pub(crate) table: String,
}

impl Seed {
    /// For the table called `table`.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`] when no client can be made.
    pub fn new(stack: &DevStack, region: &str, table: &str) -> Result<Self, DevStackError> {
        let endpoints = stack.endpoints().environment();
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            other => endpoints.get(other).cloned(),
        };
        let settings = AwsSettings::read(lookup).map_err(|faults| DevStackError::Seed(faults.join("; ")))?;
        let clients = AwsClients::new(settings);
        let (client, cognito) = (clients.dynamodb(), clients.cognito());
        let operator = Operator::new(client.clone(), table.to_owned(), ACTOR.to_owned());
        Ok(Self { client, cognito, operator, table: table.to_owned() })
    }

    /// Creates the table, if it is not there from an earlier run; `true` if it was not.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`].
    pub async fn create_table(&self) -> Result<bool, DevStackError> {
        let is_missing = |error: &SdkError<DescribeTableError>| {
            error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception)
        };
        match self.client.describe_table().table_name(&self.table).send().await {
            Ok(_) => return Ok(false),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failed(error)),
        }
        table::create(&self.client, &self.table).await.map_err(failed)?;
        Ok(true)
    }

    /// Makes an active tenant whose role `admin` has the group `<id>-admins`; other roles are their own groups.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`], also when a text cannot be what it is meant to be.
    pub async fn tenant(&self, id: &str, name: &str, tier: &str) -> Result<TenantId, DevStackError> {
        self.tenant_in(None, id, name, tier).await
    }

    /// As [`Seed::tenant`], in a cell.
    pub(crate) async fn tenant_in(
        &self,
        cell: Option<&CellRecord>,
        id: &str,
        name: &str,
        tier: &str,
    ) -> Result<TenantId, DevStackError> {
        let admins =
            RoleGrant { groups: vec![format!("{id}-admins").parse().map_err(failed)?], iam_role: None };
        let tenant = Tenant {
            id: id.parse().map_err(failed)?,
            name: name.parse().map_err(failed)?,
            tier: tier.parse().map_err(failed)?,
            status: TenantStatus::Active,
            roles: BTreeMap::from([("admin".parse().map_err(failed)?, admins)]),
            pools: Vec::new(),
        };
        let slug = id.parse().map_err(failed)?;
        let change = self.operator.create_tenant(&tenant, &slug, cell, now()).await.map_err(failed)?;
        self.operator.apply(change, "the tenant").await.map_err(failed)?;
        Ok(tenant.id)
    }

    /// Changes what a tenant has bought.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`].
    pub async fn set_tier(&self, tenant: &TenantId, tier: &str) -> Result<(), DevStackError> {
        let tier: TenantTier = tier.parse().map_err(failed)?;
        let record = self.operator.tenant(tenant).await.map_err(failed)?;
        let edit = TenantEdit { tier: Some(tier), ..TenantEdit::default() };
        let change =
            self.operator.edit_tenant(&record, edit, "tenant.set-tier", now()).await.map_err(failed)?;
        self.operator.apply(change, "the tenant").await.map_err(failed)
    }

    /// Makes a confirmed user with a verified address in a user pool, and gives the `sub`.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`].
    pub async fn user(&self, pool: &str, email: &str, password: &str) -> Result<String, DevStackError> {
        let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build();
        let call = self.cognito.admin_create_user().user_pool_id(pool).username(email);
        let call = call.user_attributes(attribute("email", email).map_err(failed)?);
        let call = call.user_attributes(attribute("email_verified", "true").map_err(failed)?);
        let made = call.send().await.map_err(failed)?;
        let call = self.cognito.admin_set_user_password().user_pool_id(pool).username(email);
        call.password(password).permanent(true).send().await.map_err(failed)?;
        let attributes = made.user.and_then(|user| user.attributes).unwrap_or_default();
        let sub =
            attributes.into_iter().find(|attribute| attribute.name == "sub").and_then(|found| found.value);
        sub.ok_or_else(|| DevStackError::Seed("the new user has no sub".to_owned()))
    }

    /// Makes an invite for one use, bound to `email` if there is one, and gives its code.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Seed`].
    pub async fn invite(
        &self,
        tenant: &TenantId,
        roles: &[&str],
        email: Option<&str>,
    ) -> Result<InviteCode, DevStackError> {
        let roles: Vec<Role> =
            roles.iter().map(|role| role.parse()).collect::<Result<_, _>>().map_err(failed)?;
        let email: Option<EmailAddress> = email.map(str::parse).transpose().map_err(failed)?;
        let code = InviteCode::from_random(random::bytes());
        let invite = NewInvite {
            tenant: tenant.clone(),
            email,
            roles,
            max_uses: 1,
            expires_at: now().plus_seconds(DEFAULT_LIFE_SECONDS),
        };
        let record = self.operator.tenant(tenant).await.map_err(failed)?;
        let change = self.operator.create_invite(&record, &invite, &code, now()).await.map_err(failed)?;
        self.operator.apply(change, "the invite").await.map_err(failed)?;
        Ok(code)
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from(clock::now())
}

pub(crate) fn failed(error: impl std::error::Error) -> DevStackError {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
    DevStackError::Seed(std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": "))
}
