# The stack of ../../template.yaml, and its two triggers on a user pool that this code owns. For a pool that
# it does not own: the first part alone, then `tenantctl pool attach`. How to use it, and what it does not do:
# ../../README.md.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "user_pool_id" {
  type        = string
  description = "Id of the user pool, as text: a reference to the pool below would close a circle."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+_[A-Za-z0-9]+$", var.user_pool_id))
    error_message = "Must be the id of a user pool, such as eu-west-1_AbCdEf123."
  }
}

variable "packaged_template" {
  type        = string
  default     = "packaged.yaml"
  description = "What `sam package` made of template.yaml: the same, with the zips in S3."
}

variable "bucket" {
  type        = string
  description = "S3 bucket of the packaged template, in the region of the user pool."
}

variable "mode" {
  type        = string
  default     = "observe"
  description = "observe: refuse nobody, log who would be; enforce, once the dashboard shows none."
}

variable "uninvited" {
  type        = string
  default     = "admit"
  description = "admit: who signs up without an invite is let in, as nobody's; refuse, together with enforce."
}

variable "pool_groups" {
  type        = string
  default     = "keep"
  description = "keep: members keep the groups of the pool; drop: the tenant's replace them, in observe mode too."
}

variable "group_format" {
  type        = string
  default     = "{tenant_id}:{role}"
  description = "Groups of roles for which the tenant lists none; {role} only where no group of the pool has the name of a role."
}

variable "detached_alarm" {
  type        = string
  default     = "no"
  description = "yes, an hour after the triggers are attached."
}

variable "alarm_topic_arn" {
  type        = string
  default     = ""
  description = "SNS topic that is told of alarms; blank, none."
}

variable "callback_urls" {
  type        = list(string)
  default     = ["https://app.example.com/callback"]
  description = "Where the app takes the authorization code."
}

# -- The stack: table, functions, roles, alarms, dashboard ---------------------------------------------------

data "aws_s3_bucket" "templates" {
  bucket = var.bucket
}

# By URL, since the template is larger than the 51,200 bytes that `template_body` may have. A new template has
# a new name, and so the stack is updated.
resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.templates.id
  key    = "cognito-tenancy/${filemd5(var.packaged_template)}.yaml"
  source = var.packaged_template
}

locals {
  domain = data.aws_s3_bucket.templates.bucket_regional_domain_name
}

resource "aws_cloudformation_stack" "tenancy" {
  name         = "tenancy"
  template_url = "https://${local.domain}/${aws_s3_object.template.key}"

  # Roles, and the SAM transform.
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = {
    UserPoolId    = var.user_pool_id
    Mode          = var.mode
    Uninvited     = var.uninvited
    PoolGroups    = var.pool_groups
    GroupFormat   = var.group_format
    DetachedAlarm = var.detached_alarm
    AlarmTopicArn = var.alarm_topic_arn
  }

  # A function that is gone while it is a trigger locks everybody out: the triggers come off first.
  lifecycle {
    prevent_destroy = true
  }
}

# -- The user pool: what to add to yours ---------------------------------------------------------------------

resource "aws_cognito_user_pool" "main" {
  name                     = "main"
  user_pool_tier           = "ESSENTIALS" # V2_0 and V3_0 need it, or PLUS
  deletion_protection      = "ACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  # Invites are redeemed by verified addresses: a new one counts once it is verified, and not before.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  # Mutable, since it is stamped after the user was made. It cannot be changed later; without the block of
  # constraints Terraform would want to.
  schema {
    name                = "tenantId"
    attribute_data_type = "String"
    mutable             = true

    string_attribute_constraints {
      min_length = "3"
      max_length = "63"
    }
  }

  # Keep your other triggers here. No aws_lambda_permission: the stack has one for this pool and account, on
  # the alias.
  lambda_config {
    post_confirmation = aws_cloudformation_stack.tenancy.outputs["PostConfirmationArn"]

    # Taken out of the code, this one stays on the pool (provider issues 38617 and 45529).
    pre_token_generation_config {
      lambda_arn     = aws_cloudformation_stack.tenancy.outputs["PreTokenGenerationArn"]
      lambda_version = "V2_0"
    }
  }

  # So that `tenantctl pool attach` and `detach` know whose it is, and do not change it unasked.
  tags = {
    ManagedBy = "Terraform"
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = "app"
  user_pool_id = aws_cognito_user_pool.main.id

  # Both lists in full, and custom:tenantId only to be read: AWS documents both ways what a client without
  # them may write.
  read_attributes  = ["email", "email_verified", "name", "custom:tenantId"]
  write_attributes = ["email", "name"]

  # What a removed member's token is worth, and for how long: until it ends.
  access_token_validity  = 15
  id_token_validity      = 15
  refresh_token_validity = 30

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }

  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 30
  }

  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  # The code flow alone; as in user-pool.yaml, ALLOW_CUSTOM_AUTH stands for no sign-in through the API.
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email", "profile"]
  explicit_auth_flows                  = ["ALLOW_CUSTOM_AUTH"]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = var.callback_urls
}

check "pool_by_id" {
  assert {
    condition     = aws_cognito_user_pool.main.id == var.user_pool_id
    error_message = "var.user_pool_id is another pool: Cognito may not call the functions for this one."
  }
}

output "table_name" {
  value       = aws_cloudformation_stack.tenancy.outputs["TableName"]
  description = "For `tenantctl --table`."
}

output "triggers" {
  value = {
    post_confirmation    = aws_cloudformation_stack.tenancy.outputs["PostConfirmationArn"]
    pre_token_generation = aws_cloudformation_stack.tenancy.outputs["PreTokenGenerationArn"]
  }
  description = "For `tenantctl pool attach`, where the pool is not this code's."
}

output "user_pool_id" {
  value       = aws_cognito_user_pool.main.id
  description = "What var.user_pool_id must be."
}
