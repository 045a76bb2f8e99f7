//! A snapshot in which all is well.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, AttributeDataType, DeletionProtectionType, ExplicitAuthFlowsType,
    IdentityProviderType, IdentityProviderTypeType, LambdaConfigType, OAuthFlowType,
    PreTokenGenerationLambdaVersionType, PreTokenGenerationVersionConfigType, PreventUserExistenceErrorTypes,
    SchemaAttributeType, StringAttributeConstraintsType, UserAttributeUpdateSettingsType, UserPoolClientType,
    UserPoolTierType, UserPoolType, UsernameConfigurationType, VerifiedAttributeType,
};
use aws_sdk_lambda::types::{EnvironmentResponse, State};
use serde_json::json;
use tenancy::{ClientBindingMode, TenantStatus};
use tenancy_aws::table::{IndexState, TableState};

use pool_audit::Expected;
use pool_audit::functions::Function;
use pool_audit::snapshot::{Bindings, BoundClient, BoundProvider, KnownTenant, Listed, Snapshot};
use pool_audit::unread::{No, Unread};
use user_pool::function::Configuration;

pub(super) const POOL: &str = "eu-west-1_AbCdEf123";
pub(super) const POOL_ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123";

pub(super) fn snapshot() -> Snapshot {
    Snapshot {
        expected: Expected {
            tenant_attribute: "custom:tenantId".to_owned(),
            protected: Vec::new(),
            is_invite_only: true,
            is_installed: true,
            post_confirmation: None,
            pre_token_generation: None,
            table: Some("tenancy".to_owned()),
        },
        pool_id: POOL.to_owned(),
        pool: pool(),
        described: json!({}),
        clients: Ok(vec![client("web"), client("machine")].into_iter().map(machine_second).collect()),
        unlisted_clients: None,
        unread_secrets: BTreeMap::new(),
        providers: Ok(vec![provider("acme-sso")]),
        unlisted_providers: None,
        replicas: Ok(Vec::new()),
        functions: vec![function("PostConfirmation", "join"), function("PreTokenGeneration", "tokens")],
        marker_server: Ok(Vec::new()),
        table: Ok(Some(table())),
        bindings: Ok(Bindings {
            tenants: vec![
                tenant("acme", TenantStatus::Active),
                tenant("globex", TenantStatus::Suspended),
                tenant("gone", TenantStatus::Offboarded),
            ],
            clients: vec![
                bound_client("web", "acme", ClientBindingMode::Required),
                bound_client("machine", "acme", ClientBindingMode::Machine),
            ],
            providers: vec![bound_provider("acme-sso", "acme")],
            has_members: Ok(false),
            damaged: Vec::new(),
        }),
    }
}

fn tenant(id: &str, status: TenantStatus) -> KnownTenant {
    KnownTenant { id: id.to_owned(), status, pools: Vec::new() }
}

fn pool() -> UserPoolType {
    UserPoolType::builder()
        .id(POOL)
        .arn(POOL_ARN)
        .name("demo")
        .user_pool_tier(UserPoolTierType::Essentials)
        .deletion_protection(DeletionProtectionType::Active)
        .schema_attributes(SchemaAttributeType::builder().name("email").required(true).mutable(true).build())
        .schema_attributes(attribute("custom:tenantId").build())
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .user_attribute_update_settings(
            UserAttributeUpdateSettingsType::builder()
                .attributes_require_verification_before_update(VerifiedAttributeType::Email)
                .build(),
        )
        .username_configuration(UsernameConfigurationType::builder().case_sensitive(false).build().unwrap())
        .admin_create_user_config(
            AdminCreateUserConfigType::builder().allow_admin_create_user_only(true).build(),
        )
        .lambda_config(triggers(PreTokenGenerationLambdaVersionType::V30))
        .build()
}

pub(super) fn triggers(version: PreTokenGenerationLambdaVersionType) -> LambdaConfigType {
    LambdaConfigType::builder()
        .post_confirmation(arn("join"))
        .pre_token_generation(arn("tokens"))
        .pre_token_generation_config(
            PreTokenGenerationVersionConfigType::builder()
                .lambda_arn(arn("tokens"))
                .lambda_version(version)
                .build()
                .unwrap(),
        )
        .build()
}

pub(super) fn attribute(
    name: &str,
) -> aws_sdk_cognitoidentityprovider::types::builders::SchemaAttributeTypeBuilder {
    SchemaAttributeType::builder()
        .name(name)
        .attribute_data_type(AttributeDataType::String)
        .mutable(true)
        .required(false)
        .developer_only_attribute(false)
        .string_attribute_constraints(
            StringAttributeConstraintsType::builder().min_length("1").max_length("63").build(),
        )
}

/// Both functions have this pool alone, for one tenant.
pub(super) fn of_one_tenant(snapshot: &mut Snapshot, tenant: &str) {
    for function in &mut snapshot.functions {
        let known = function.configuration.as_mut().unwrap().environment.as_mut().unwrap();
        let known = known.variables.as_mut().unwrap();
        known.insert("POOL_TENANT".to_owned(), tenant.to_owned());
        known.insert("USER_POOL_IDS".to_owned(), "eu-west-1_AbCdEf123".to_owned());
    }
}

/// An app client for a web application, with a secret.
pub(super) fn client(id: &str) -> Listed<UserPoolClientType> {
    let described = UserPoolClientType::builder()
        .client_id(id)
        .client_secret("(kept)")
        .write_attributes("email")
        .write_attributes("name")
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .enable_token_revocation(true)
        .allowed_o_auth_flows_user_pool_client(true)
        .allowed_o_auth_flows(OAuthFlowType::Code)
        .supported_identity_providers("COGNITO")
        .supported_identity_providers("acme-sso")
        .build();
    Listed { id: id.to_owned(), name: format!("{id}-app"), described: Ok(described) }
}

/// The second of the sample's clients gives tokens to machines.
fn machine_second(mut client: Listed<UserPoolClientType>) -> Listed<UserPoolClientType> {
    if let (Ok(settings), "machine") = (&mut client.described, client.id.as_str()) {
        settings.allowed_o_auth_flows = Some(vec![OAuthFlowType::ClientCredentials]);
        settings.explicit_auth_flows = Some(vec![ExplicitAuthFlowsType::AllowRefreshTokenAuth]);
        settings.supported_identity_providers = None;
        settings.prevent_user_existence_errors = None;
        settings.enable_token_revocation = None;
    }
    client
}

/// A customer's own provider.
pub(super) fn provider(name: &str) -> Listed<IdentityProviderType> {
    let described = IdentityProviderType::builder()
        .provider_name(name)
        .provider_type(IdentityProviderTypeType::Oidc)
        .provider_details("oidc_issuer", "https://login.acme.example")
        .attribute_mapping("email", "email")
        .attribute_mapping("username", "sub")
        .build();
    Listed { id: name.to_owned(), name: String::new(), described: Ok(described) }
}

pub(super) fn unread(kind: No) -> Unread {
    Unread { kind, reason: "no".to_owned(), action: "lambda:GetFunctionConfiguration" }
}

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}:live")
}

pub(super) fn function(trigger: &'static str, name: &str) -> Function {
    let statement = json!({
        "Sid": "pool", "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" },
        "Action": "lambda:InvokeFunction", "Resource": arn(name),
        "Condition": {
            "ArnLike": { "AWS:SourceArn": POOL_ARN }, "StringEquals": { "AWS:SourceAccount": "123456789012" },
        },
    });
    Function {
        trigger,
        arn: arn(name),
        name: arn(name).parse().unwrap(),
        configuration: Ok(configuration(&[("TENANCY_TABLE", "tenancy"), ("USER_POOL_IDS", POOL)])),
        alias: None,
        policy: Ok(Some(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())),
        reserved_concurrency: Ok(None),
    }
}

pub(super) fn configuration(variables: &[(&str, &str)]) -> Configuration {
    let variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Configuration::builder()
        .timeout(5)
        .state(State::Active)
        .environment(EnvironmentResponse::builder().set_variables(Some(variables)).build())
        .build()
}

pub(super) fn table() -> TableState {
    TableState {
        is_active: true,
        has_keys: true,
        index: Some(IndexState { is_active: true, has_keys: true, holds_all: true }),
        is_deletion_protected: true,
        is_on_demand: true,
        item_count: None,
        expires: Ok(true),
        is_recoverable: Ok(true),
    }
}

pub(super) fn bound_client(client: &str, tenant: &str, mode: ClientBindingMode) -> BoundClient {
    BoundClient { client: client.to_owned(), tenant: tenant.to_owned(), mode }
}

pub(super) fn bound_provider(provider: &str, tenant: &str) -> BoundProvider {
    BoundProvider {
        provider: provider.to_owned(),
        tenant: tenant.to_owned(),
        joins: true,
        is_email_trusted: true,
    }
}

/// The settings of the sample's first app client.
pub(super) fn web(snapshot: &mut Snapshot) -> &mut UserPoolClientType {
    snapshot.clients.as_mut().unwrap()[0].described.as_mut().unwrap()
}

/// Those of its second, which gives tokens to machines.
pub(super) fn machine(snapshot: &mut Snapshot) -> &mut UserPoolClientType {
    snapshot.clients.as_mut().unwrap()[1].described.as_mut().unwrap()
}

/// The settings of its identity provider.
pub(super) fn sso(snapshot: &mut Snapshot) -> &mut IdentityProviderType {
    snapshot.providers.as_mut().unwrap()[0].described.as_mut().unwrap()
}

/// The attribute `custom:tenantId` of its pool.
pub(super) fn tenant_attribute(snapshot: &mut Snapshot) -> &mut SchemaAttributeType {
    &mut snapshot.pool.schema_attributes.as_mut().unwrap()[1]
}
