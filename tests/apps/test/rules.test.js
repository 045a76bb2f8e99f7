// What docs/app-developers.md says of the rules: which invite is redeemed, and which tenant a token is for.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import { fetchAuthSession, signOut } from 'aws-amplify/auth';
import { PASSWORD, address, app, claims, cognito, invite, mailedCode, member, tenant, tenantctl } from '../src/stack.js';
import { configure } from '../build/samples/configure.js';
import { refusal } from '../build/samples/errors.js';
import { signInTo as signInByIdentityJs } from '../build/samples/identity-js.js';
import { signInTo } from '../build/samples/sign-in.js';
import { confirm, register } from '../build/samples/sign-up.js';
import { currentTenant, switchTenant } from '../build/samples/tenant.js';

before(() => configure(app));

afterEach(() => signOut());

const refusedWith = (code) => (error) => {
  assert.equal(refusal(error), code, error.message);
  return true;
};

/** A member of some tenants, of whom the first is the default. */
async function memberOf(...names) {
  const tenants = [];
  for (const name of names) tenants.push(await tenant(name));
  const email = await member('ana', tenants[0]);
  for (const id of tenants.slice(1)) await tenantctl('member', 'add', email, '--tenant', id, '--role', 'viewer');
  return { email, tenants };
}

/** Signs in, and loses the default tenant. */
async function signedInWithoutDefault(...names) {
  const { email, tenants } = await memberOf(...names);
  const pool = new CognitoUserPool({
    UserPoolId: app.userPoolId,
    ClientId: app.clientId,
    endpoint: app.endpoint,
    AdvancedSecurityDataCollectionFlag: false,
  });
  const session = await signInByIdentityJs(new CognitoUser({ Username: email, Pool: pool }), PASSWORD);
  await tenantctl('member', 'remove', email, '--tenant', tenants[0], '--yes');
  return { email, tenants, token: session.getRefreshToken().getToken() };
}

const byFlow = (token) =>
  cognito('InitiateAuth', {
    ClientId: app.clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: token },
  });

const tenantIn = (answer) => claims(answer.AuthenticationResult.IdToken).tenant_id;

test('REFRESH_TOKEN_AUTH does not move a session that has lost its default tenant', async () => {
  const { token } = await signedInWithoutDefault('a-first', 'b-second');

  await assert.rejects(byFlow(token), refusedWith('CHOOSE_TENANT'));
});

test('the sign-in that follows gives the membership joined first, and refreshes agree', async () => {
  const { email, tenants, token } = await signedInWithoutDefault('a-first', 'b-second', 'c-third');

  await signInTo(email, PASSWORD);

  assert.equal(await currentTenant(), tenants[1]);
  assert.equal(tenantIn(await byFlow(token)), tenants[1]);
});

test('GetTokensFromRefreshToken without a tenant moves such a session', async () => {
  const { tenants, token } = await signedInWithoutDefault('a-first', 'b-second', 'c-third');

  const answer = await cognito('GetTokensFromRefreshToken', { ClientId: app.clientId, RefreshToken: token });

  assert.equal(tenantIn(answer), tenants[1]);
});

test('GetTokensFromRefreshToken with the tenant that was lost does not', async () => {
  const { tenants, token } = await signedInWithoutDefault('a-first', 'b-second');
  const input = { ClientId: app.clientId, RefreshToken: token, ClientMetadata: { tenantId: tenants[0] } };

  await assert.rejects(cognito('GetTokensFromRefreshToken', input), refusedWith('WRONG_TENANT'));
});

test('blank values count as none', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  await invite(acme, '--email', email);
  const blank = { inviteCode: '', tenantId: ' ' };

  await register(email, PASSWORD);
  await confirm(email, await mailedCode(email), blank);
  await signInTo(email, PASSWORD, blank);

  assert.equal(await currentTenant(), acme);
});

test('of several invites of an address the oldest is redeemed, and the others by their tenant id', async () => {
  const [older, newer] = [await tenant('z-older'), await tenant('a-newer')];
  const email = address('ana');
  await invite(older, '--email', email);
  await sleep(1_100);
  await invite(newer, '--email', email);

  await register(email, PASSWORD);
  await confirm(email, await mailedCode(email), {});
  await signInTo(email, PASSWORD);
  assert.equal(await currentTenant(), older);
  const memberships = async () =>
    (await tenantctl('member', 'show', email)).memberships.map(({ tenant: id }) => id).sort();
  assert.deepEqual(await memberships(), [older]);

  await switchTenant(newer);

  assert.equal(await currentTenant(), newer);
  assert.deepEqual(await memberships(), [newer, older].sort());
  await fetchAuthSession({ forceRefresh: true });
  assert.equal(await currentTenant(), older);
});
