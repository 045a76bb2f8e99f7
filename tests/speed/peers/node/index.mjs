// A pre-token-generation trigger as samples write it: the tenant of the first membership, with the tenant's record cached.
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});
const table = process.env.TENANCY_TABLE;
const tenants = new Map();

async function tenantOf(id) {
  if (!tenants.has(id)) {
    const Key = { pk: { S: `TENANT#${id}` }, sk: { S: 'META' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    tenants.set(id, Item);
  }
  return tenants.get(id);
}

export async function handler(event) {
  const user = `USER#${event.userPoolId}#${event.request.userAttributes.sub}`;
  const { Items } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: user } },
      ConsistentRead: true,
    }),
  );
  const member = Items.find((item) => item.status?.S === 'active');
  if (!member) throw new Error('no membership');
  const tenant = await tenantOf(member.tid.S);
  console.log(JSON.stringify({ message: 'sign-in', tenant: member.tid.S }));
  const claimsToAddOrOverride = {
    tenant_id: member.tid.S,
    tenant_name: tenant.name.S,
    tenant_tier: tenant.tier.S,
    tenant_roles: member.roles.L.map((role) => role.S),
  };
  event.response.claimsAndScopeOverrideDetails = {
    idTokenGeneration: { claimsToAddOrOverride },
    accessTokenGeneration: { claimsToAddOrOverride },
  };
  return event;
}
