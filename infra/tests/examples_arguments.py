"""Arguments of the Terraform resources of the example: `!` is a required one, an indented line is in the
block above it.

From the schema of provider hashicorp/aws 6.25.0, as npm's generated bindings @cdktf/provider-aws 21.22.1 have
it: the provider itself cannot be had where these checks run.

Those of aws_apigatewayv2_* and aws_lb_listener_rule are from the provider's documentation, the latter in part.
"""

PROVIDER = "hashicorp/aws 6.25.0"

ARGUMENTS = """
aws_apigatewayv2_api
  api_key_selection_expression text
  body text
  credentials_arn text
  description text
  disable_execute_api_endpoint flag
  fail_on_warnings flag
  ip_address_type text
  name! text
  protocol_type! text
  region text
  route_key text
  route_selection_expression text
  tags map
  target text
  version text
aws_apigatewayv2_authorizer
  api_id! text
  authorizer_credentials_arn text
  authorizer_payload_format_version text
  authorizer_result_ttl_in_seconds number
  authorizer_type! text
  authorizer_uri text
  enable_simple_responses flag
  identity_sources list
  jwt_configuration block
    audience list
    issuer text
  name! text
  region text
aws_apigatewayv2_integration
  api_id! text
  connection_id text
  connection_type text
  content_handling_strategy text
  credentials_arn text
  description text
  integration_method text
  integration_subtype text
  integration_type! text
  integration_uri text
  passthrough_behavior text
  payload_format_version text
  region text
  request_parameters map
  request_templates map
  template_selection_expression text
  timeout_milliseconds number
aws_apigatewayv2_route
  api_id! text
  api_key_required flag
  authorization_scopes list
  authorization_type text
  authorizer_id text
  model_selection_expression text
  operation_name text
  region text
  request_models map
  route_key! text
  route_response_selection_expression text
  target text
aws_apigatewayv2_stage
  access_log_settings block
    destination_arn! text
    format! text
  api_id! text
  auto_deploy flag
  client_certificate_id text
  deployment_id text
  description text
  name! text
  region text
  stage_variables map
  tags map
aws_cloudformation_stack
  capabilities list
  disable_rollback flag
  iam_role_arn text
  name! text
  notification_arns list
  on_failure text
  parameters map
  policy_body text
  policy_url text
  region text
  tags map
  template_body text
  template_url text
  timeout_in_minutes number
  timeouts block
    create text
    delete text
    update text
aws_cognito_user_pool
  account_recovery_setting block
    recovery_mechanism block
      name! text
      priority! number
  admin_create_user_config block
    allow_admin_create_user_only flag
    invite_message_template block
      email_message text
      email_subject text
      sms_message text
  alias_attributes list
  auto_verified_attributes list
  deletion_protection text
  device_configuration block
    challenge_required_on_new_device flag
    device_only_remembered_on_user_prompt flag
  email_configuration block
    configuration_set text
    email_sending_account text
    from_email_address text
    reply_to_email_address text
    source_arn text
  email_mfa_configuration block
    message text
    subject text
  email_verification_message text
  email_verification_subject text
  lambda_config block
    create_auth_challenge text
    custom_email_sender block
      lambda_arn! text
      lambda_version! text
    custom_message text
    custom_sms_sender block
      lambda_arn! text
      lambda_version! text
    define_auth_challenge text
    kms_key_id text
    post_authentication text
    post_confirmation text
    pre_authentication text
    pre_sign_up text
    pre_token_generation text
    pre_token_generation_config block
      lambda_arn! text
      lambda_version! text
    user_migration text
    verify_auth_challenge_response text
  mfa_configuration text
  name! text
  password_policy block
    minimum_length number
    password_history_size number
    require_lowercase flag
    require_numbers flag
    require_symbols flag
    require_uppercase flag
    temporary_password_validity_days number
  region text
  schema block
    attribute_data_type! text
    developer_only_attribute flag
    mutable flag
    name! text
    number_attribute_constraints block
      max_value text
      min_value text
    required flag
    string_attribute_constraints block
      max_length text
      min_length text
  sign_in_policy block
    allowed_first_auth_factors list
  sms_authentication_message text
  sms_configuration block
    external_id! text
    sns_caller_arn! text
    sns_region text
  sms_verification_message text
  software_token_mfa_configuration block
    enabled! flag
  tags map
  user_attribute_update_settings block
    attributes_require_verification_before_update! list
  user_pool_add_ons block
    advanced_security_additional_flows block
      custom_auth_mode text
    advanced_security_mode! text
  user_pool_tier text
  username_attributes list
  username_configuration block
    case_sensitive flag
  verification_message_template block
    default_email_option text
    email_message text
    email_message_by_link text
    email_subject text
    email_subject_by_link text
    sms_message text
  web_authn_configuration block
    relying_party_id text
    user_verification text
aws_cognito_user_pool_client
  access_token_validity number
  allowed_oauth_flows list
  allowed_oauth_flows_user_pool_client flag
  allowed_oauth_scopes list
  analytics_configuration block
    application_arn text
    application_id text
    external_id text
    role_arn text
    user_data_shared flag
  auth_session_validity number
  callback_urls list
  default_redirect_uri text
  enable_propagate_additional_user_context_data flag
  enable_token_revocation flag
  explicit_auth_flows list
  generate_secret flag
  id_token_validity number
  logout_urls list
  name! text
  prevent_user_existence_errors text
  read_attributes list
  refresh_token_rotation block
    feature! text
    retry_grace_period_seconds number
  refresh_token_validity number
  region text
  supported_identity_providers list
  token_validity_units block
    access_token text
    id_token text
    refresh_token text
  user_pool_id! text
  write_attributes list
aws_lb_listener_rule
  action block
    jwt_validation block
      additional_claim block
        format! text
        name! text
        values! list
      issuer! text
      jwks_endpoint! text
    order number
    target_group_arn text
    type! text
  condition block
    path_pattern block
      regex_values list
      values list
  listener_arn! text
  priority number
  region text
  tags map
aws_s3_object
  acl text
  bucket! text
  bucket_key_enabled flag
  cache_control text
  checksum_algorithm text
  content text
  content_base64 text
  content_disposition text
  content_encoding text
  content_language text
  content_type text
  etag text
  force_destroy flag
  key! text
  kms_key_id text
  metadata map
  object_lock_legal_hold_status text
  object_lock_mode text
  object_lock_retain_until_date text
  override_provider block
    default_tags block
      tags map
  region text
  server_side_encryption text
  source text
  source_hash text
  storage_class text
  tags map
  website_redirect text
data.aws_region
  region text
data.aws_s3_bucket
  bucket! text
  region text
"""


def tree():
    """Resource: {argument: (is required, kind, or the arguments of a block)}."""
    root = {}
    open_blocks = [root]
    for line in ARGUMENTS.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        del open_blocks[depth + 1 :]
        name, _, kind = line.strip().partition(" ")
        inner = {}
        if depth == 0:
            open_blocks[0][name] = inner
        else:
            is_block = kind == "block"
            open_blocks[depth][name.rstrip("!")] = (name.endswith("!"), inner if is_block else kind)
        open_blocks.append(inner)
    return root
