// The samples of docs/app-developers.md for amazon-cognito-identity-js, in Node.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import {
  PASSWORD, address, app, claims, cognito, facts, invite, mailedCode, member, tenant, tenantctl,
} from '../src/stack.js';
import { refusal } from '../build/samples/errors.js';
import { TenantUser, confirm, signInTo, switchTenant } from '../build/samples/identity-js.js';
import { localVerifier } from '../build/samples/verify-local.js';
import { tenantOf } from '../build/samples/verify.js';

/** `absent` is what the storage gives for a missing key: the library's own `undefined`, a browser's `null`. */
const userPool = (absent = undefined) => {
  const items = new Map();
  const Storage = {
    setItem: (key, value) => items.set(key, value),
    getItem: (key) => items.get(key) ?? absent,
    removeItem: (key) => items.delete(key),
    clear: () => items.clear(),
  };
  return new CognitoUserPool({
    UserPoolId: app.userPoolId,
    ClientId: app.clientId,
    endpoint: app.endpoint,
    Storage,
    AdvancedSecurityDataCollectionFlag: false,
  });
};

const userOf = (Kind, Username, Pool = userPool()) => new Kind({ Username, Pool, Storage: Pool.storage });

const tenantIn = (session) => claims(session.getIdToken().getJwtToken()).tenant_id;

/** Calls a method that takes a callback of (error, answer). */
const called = (object, method, ...args) =>
  new Promise((resolve, reject) => {
    object[method](...args, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

/** A refresh as the library makes its own: with metadata only if there is some. */
const refreshed = (user, clientMetadata) =>
  new Promise((resolve, reject) => {
    const done = (error, session) => (error ? reject(error) : resolve(session));
    user.refreshSession(user.getSignInUserSession().getRefreshToken(), done, clientMetadata);
  });

async function memberOfTwo() {
  const [first, second] = [await tenant('first'), await tenant('second')];
  const email = await member('ana', first);
  await tenantctl('member', 'add', email, '--tenant', second, '--role', 'viewer');
  return { email, first, second };
}

const refusedWith = (code) => (error) => {
  assert.equal(refusal(error), code, error.message);
  return true;
};

test('a user signs up with a code, and the back end accepts the token', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  const pool = userPool();
  const { code } = await invite(acme);
  await called(pool, 'signUp', email, PASSWORD, [], []);
  const user = userOf(TenantUser, email, pool);

  await confirm(user, await mailedCode(email), { inviteCode: code });
  const session = await signInTo(user, PASSWORD);

  assert.equal(tenantIn(session), acme);
  const token = session.getAccessToken().getJwtToken();
  assert.equal(await tenantOf(token, await localVerifier(facts)), acme);
});

test('after a mistyped code the user joins by the code at the sign-in', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  const { code } = await invite(acme);
  await cognito('SignUp', { ClientId: app.clientId, Username: email, Password: PASSWORD });
  const user = userOf(TenantUser, email);

  const mistyped = { inviteCode: `${code}0` };
  await assert.rejects(confirm(user, await mailedCode(email), mistyped), refusedWith('INVITE_REQUIRED'));
  await assert.rejects(signInTo(userOf(TenantUser, email), PASSWORD), refusedWith('NO_TENANT'));
  const session = await signInTo(userOf(TenantUser, email), PASSWORD, { inviteCode: code });

  assert.equal(tenantIn(session), acme);
});

test('a member of two tenants switches, and the refreshes that follow keep the tenant', async () => {
  const { email, first, second } = await memberOfTwo();
  const user = userOf(TenantUser, email);
  assert.equal(tenantIn(await signInTo(user, PASSWORD)), first);

  assert.equal(tenantIn(await switchTenant(user, second)), second);

  assert.equal(tenantIn(await refreshed(user)), second);
});

test('after a reload a session that has expired is refreshed for its tenant', async () => {
  const { email, second } = await memberOfTwo();
  const pool = userPool();
  await signInTo(userOf(TenantUser, email, pool), PASSWORD, { tenantId: second });
  const user = userOf(TenantUser, pool.getCurrentUser().getUsername(), pool);
  // Far ahead of the server: the tokens in the storage have expired.
  pool.storage.setItem(`${user.keyPrefix}.${user.username}.clockDrift`, String(-2 * 60 * 60));
  const before = pool.storage.getItem(`${user.keyPrefix}.${user.username}.idToken`);

  const session = await called(user, 'getSession');

  assert.notEqual(session.getIdToken().getJwtToken(), before);
  assert.equal(tenantIn(session), second);
});

test('metadata of the library\'s own refresh does not arrive', async () => {
  const { email, first, second } = await memberOfTwo();
  const user = userOf(CognitoUser, email);
  assert.equal(tenantIn(await signInTo(user, PASSWORD, { tenantId: second })), second);

  assert.equal(tenantIn(await refreshed(user, { tenantId: second })), first);
});

test('the library\'s own refresh works with a storage that gives null', async () => {
  const acme = await tenant('acme');
  const user = userOf(CognitoUser, await member('ana', acme), userPool(null));
  await signInTo(user, PASSWORD);

  assert.equal(tenantIn(await refreshed(user)), acme);
});

test('validation data takes the place of metadata', async () => {
  const { email, first, second } = await memberOfTwo();
  const user = userOf(CognitoUser, email);
  const details = new AuthenticationDetails({
    Username: email,
    Password: PASSWORD,
    ValidationData: { from: 'test' },
    ClientMetadata: { tenantId: second },
  });

  const session = await new Promise((onSuccess, onFailure) => {
    user.authenticateUser(details, { onSuccess, onFailure });
  });

  assert.equal(tenantIn(session), first);
});

test('a session that has lost its default tenant is not moved by REFRESH_TOKEN_AUTH', async () => {
  const { email, first } = await memberOfTwo();
  await tenantctl('member', 'add', email, '--tenant', await tenant('third'), '--role', 'viewer');
  const user = userOf(CognitoUser, email);
  await signInTo(user, PASSWORD);
  await tenantctl('member', 'remove', email, '--tenant', first, '--yes');
  const begin = Date.now();

  await assert.rejects(refreshed(user), refusedWith('CHOOSE_TENANT'));

  const seconds = (Date.now() - begin) / 1000;
  assert.ok(seconds > 5, `the library repeated the refresh for ${seconds} s`);
});

test('a refresh for a tenant that the user has left is refused', async () => {
  const { email, second } = await memberOfTwo();
  const user = userOf(TenantUser, email);
  await signInTo(user, PASSWORD, { tenantId: second });
  await tenantctl('member', 'remove', email, '--tenant', second, '--yes');

  await assert.rejects(refreshed(user), refusedWith('WRONG_TENANT'));
});
