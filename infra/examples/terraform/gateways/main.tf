# Three gateways that let in only access tokens with a tenant, without code of yours: take the one that you have. What they
# demand, and why, is in the templates beside it: ../../http-api.yaml, ../../rest-api.yaml, ../../alb.yaml.

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
  description = "The user pool whose tokens count."
}

variable "app_client_id" {
  type        = string
  description = "The app client whose tokens count."
}

variable "marker_scope" {
  type        = string
  default     = "tenancy/member"
  description = "MARKER_SCOPE of pre-token-generation."
}

variable "backend_url" {
  type        = string
  description = "Where the APIs send the requests that they let in; https."
}

variable "listener_arn" {
  type        = string
  description = "An HTTPS listener of an Application Load Balancer, whose default action does not lead to the service."
}

variable "target_group_arn" {
  type        = string
  description = "The target group of the service."
}

data "aws_region" "current" {}

locals {
  issuer = "https://cognito-idp.${data.aws_region.current.region}.amazonaws.com/${var.user_pool_id}"
}

# -- HTTP API ------------------------------------------------------------------------------------------------

resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_authorizer" "tenant_tokens" {
  api_id           = aws_apigatewayv2_api.orders.id
  name             = "tenant-tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.issuer
    audience = [var.app_client_id]
  }
}

resource "aws_apigatewayv2_integration" "orders" {
  api_id                 = aws_apigatewayv2_api.orders.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "GET"
  integration_uri        = "${var.backend_url}/orders"
  payload_format_version = "1.0"

  # A backend that others can reach must not believe this header: use a private integration, or verify the token again.
  # From the token and from nowhere else: what the caller sends under this name is overwritten.
  request_parameters = {
    "overwrite:header.x-tenant-id" = "$context.authorizer.claims.tenant_id"
  }
}

resource "aws_apigatewayv2_route" "orders" {
  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = "GET /orders"
  target             = "integrations/${aws_apigatewayv2_integration.orders.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.tenant_tokens.id

  # The marker alone: one scope of the list is enough, so another one beside it would let tokens without a tenant in.
  authorization_scopes = [var.marker_scope]
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
}

# -- REST API ------------------------------------------------------------------------------------------------

# The template as it is: aws_api_gateway_authorizer of provider 6.25.0 has no JWT authorizers.
resource "aws_cloudformation_stack" "rest_api" {
  name          = "orders-rest-api"
  template_body = file("${path.module}/../../rest-api.yaml")

  parameters = {
    UserPoolId   = var.user_pool_id
    AppClientIds = var.app_client_id
    MarkerScope  = var.marker_scope
    BackendUrl   = var.backend_url
  }
}

# -- Application Load Balancer -------------------------------------------------------------------------------

resource "aws_lb_listener_rule" "orders" {
  listener_arn = var.listener_arn
  priority     = 10

  condition {
    path_pattern {
      values = ["/orders", "/orders/*"]
    }
  }

  action {
    type  = "jwt-validation"
    order = 1

    jwt_validation {
      issuer        = local.issuer
      jwks_endpoint = "${local.issuer}/.well-known/jwks.json"

      additional_claim {
        name   = "scope"
        format = "space-separated-values"
        values = [var.marker_scope]
      }

      additional_claim {
        name   = "token_use"
        format = "single-string"
        values = ["access"]
      }

      additional_claim {
        name   = "client_id"
        format = "single-string"
        values = [var.app_client_id]
      }
    }
  }

  action {
    type             = "forward"
    order            = 2
    target_group_arn = var.target_group_arn
  }
}

output "urls" {
  value       = [aws_apigatewayv2_api.orders.api_endpoint, aws_cloudformation_stack.rest_api.outputs["Url"]]
  description = "The two APIs."
}
