"""A pre-token-generation trigger as samples write it: the tenant of the first membership, with the tenant's record cached."""

import json
import os

import boto3

client = boto3.client("dynamodb")
TABLE = os.environ["TENANCY_TABLE"]
tenants = {}


def tenant_of(tenant_id):
    if tenant_id not in tenants:
        key = {"pk": {"S": f"TENANT#{tenant_id}"}, "sk": {"S": "META"}}
        tenants[tenant_id] = client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    return tenants[tenant_id]


def handler(event, context):
    user = f"USER#{event['userPoolId']}#{event['request']['userAttributes']['sub']}"
    found = client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": user}},
        ConsistentRead=True,
    )
    member = next(item for item in found["Items"] if item["status"]["S"] == "active")
    tenant = tenant_of(member["tid"]["S"])
    print(json.dumps({"message": "sign-in", "tenant": member["tid"]["S"]}))
    claims = {
        "tenant_id": member["tid"]["S"],
        "tenant_name": tenant["name"]["S"],
        "tenant_tier": tenant["tier"]["S"],
        "tenant_roles": [role["S"] for role in member["roles"]["L"]],
    }
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "idTokenGeneration": {"claimsToAddOrOverride": claims},
        "accessTokenGeneration": {"claimsToAddOrOverride": claims},
    }
    return event
