// An app client with refresh token rotation: what docs/app-developers.md says of it, by both libraries.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CognitoUserPool } from 'amazon-cognito-identity-js';
import { fetchAuthSession } from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { PASSWORD, app, claims, cognito, member, tenant, tenantctl } from '../src/stack.js';
import { configure } from '../build/samples/configure.js';
import { TenantUser, signInTo as signInByIdentityJs, switchTenant as switchByIdentityJs } from '../build/samples/identity-js.js';
import { signInTo } from '../build/samples/sign-in.js';
import { currentTenant, keepTenant, switchTenant } from '../build/samples/tenant.js';

let clientId;

before(async () => {
  const { UserPoolClient } = await cognito('CreateUserPoolClient', {
    UserPoolId: app.userPoolId,
    ClientName: 'rotating',
    ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
  });
  clientId = UserPoolClient.ClientId;
});

/** A member of two tenants, of whom the first is the default. */
async function memberOfTwo() {
  const [first, second] = [await tenant('first'), await tenant('second')];
  const email = await member('ana', first);
  await tenantctl('member', 'add', email, '--tenant', second, '--role', 'viewer');
  return { email, first, second };
}

function newUser(Username) {
  const Pool = new CognitoUserPool({
    UserPoolId: app.userPoolId,
    ClientId: clientId,
    endpoint: app.endpoint,
    AdvancedSecurityDataCollectionFlag: false,
  });
  return new TenantUser({ Username, Pool });
}

test('Amplify follows the rotation, and keeps the tenant', async () => {
  const { email, first, second } = await memberOfTwo();
  const refreshToken = async () => (await cognitoUserPoolsTokenProvider.authTokenStore.loadTokens()).refreshToken;
  configure({ ...app, clientId });
  keepTenant();
  await signInTo(email, PASSWORD);
  assert.equal(await currentTenant(), first);
  const used = await refreshToken();

  await switchTenant(second);
  await fetchAuthSession({ forceRefresh: true });

  assert.equal(await currentTenant(), second);
  assert.notEqual(await refreshToken(), used);
});

test('the sample for amazon-cognito-identity-js follows the rotation, and keeps the tenant', async () => {
  const { email, second } = await memberOfTwo();
  const user = newUser(email);
  const used = (await signInByIdentityJs(user, PASSWORD)).getRefreshToken();

  await switchByIdentityJs(user, second);
  const session = await new Promise((resolve, reject) => {
    const done = (error, refreshed) => (error ? reject(error) : resolve(refreshed));
    user.refreshSession(user.getSignInUserSession().getRefreshToken(), done);
  });

  assert.equal(claims(session.getIdToken().getJwtToken()).tenant_id, second);
  assert.notEqual(session.getRefreshToken().getToken(), used.getToken());
});

test('REFRESH_TOKEN_AUTH is refused, and GetTokensFromRefreshToken with the same token is not', async () => {
  const session = await signInByIdentityJs(newUser(await member('ana', await tenant('acme'))), PASSWORD);
  const token = session.getRefreshToken().getToken();
  const byFlow = { ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } };

  await assert.rejects(cognito('InitiateAuth', byFlow));

  await cognito('GetTokensFromRefreshToken', { ClientId: clientId, RefreshToken: token });
});
