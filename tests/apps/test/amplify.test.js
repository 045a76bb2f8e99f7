// The samples of docs/app-developers.md for Amplify, in Node.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { autoSignIn, fetchAuthSession, signIn, signOut, signUp } from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { PASSWORD, address, app, cognito, facts, invite, mailedCode, member, tenant, tenantctl } from '../src/stack.js';
import { configure } from '../build/samples/configure.js';
import { refusal } from '../build/samples/errors.js';
import { readInviteLink } from '../build/samples/invite-link.js';
import { answerChallenge, signInTo } from '../build/samples/sign-in.js';
import { confirm, register } from '../build/samples/sign-up.js';
import { currentTenant, keepTenant, switchTenant } from '../build/samples/tenant.js';
import { localVerifier } from '../build/samples/verify-local.js';
import { tenantOf, verifierFor } from '../build/samples/verify.js';
import { watchTenant } from '../build/samples/watch.js';

/** What a browser's storage or a server's cookies hold. */
const items = new Map();

const storage = {
  setItem: async (key, value) => void items.set(key, value),
  getItem: async (key) => items.get(key) ?? null,
  removeItem: async (key) => void items.delete(key),
  clear: async () => items.clear(),
};

before(() => {
  configure(app);
  cognitoUserPoolsTokenProvider.setKeyValueStorage(storage);
});

afterEach(async () => {
  cognitoUserPoolsTokenProvider.setClientMetadataProvider(async () => ({}));
  await signOut();
});

const refusedWith = (code) => (error) => {
  assert.equal(refusal(error), code, error.message);
  return true;
};

/** Forces a refresh as Amplify's own are; gives the tenant of the new tokens. */
const refreshed = async () => {
  await fetchAuthSession({ forceRefresh: true });
  return currentTenant();
};

/** A member of two tenants, of whom the first is the default. */
async function memberOfTwo() {
  const [first, second] = [await tenant('first'), await tenant('second')];
  const email = await member('ana', first);
  await tenantctl('member', 'add', email, '--tenant', second, '--role', 'viewer');
  return { email, first, second };
}

test('a user signs up with a code, and both tokens carry the tenant', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  const { code } = await invite(acme);

  await register(email, PASSWORD);
  await confirm(email, await mailedCode(email), { inviteCode: code, tenantId: acme });
  const { isSignedIn } = await signInTo(email, PASSWORD);

  assert.ok(isSignedIn);
  const { tokens } = await fetchAuthSession();
  for (const { payload } of [tokens.idToken, tokens.accessToken]) {
    assert.equal(payload.tenant_id, acme);
    assert.equal(payload.tenant_name, 'acme Inc.');
    assert.equal(payload.tenant_tier, 'pro');
    assert.deepEqual(payload.tenant_roles, ['admin']);
    assert.deepEqual(payload['cognito:groups'], ['acme-admins']);
  }
  assert.equal(tokens.idToken.payload['custom:tenantId'], acme);
});

test('the back end accepts the token, and that of another issuer not', async () => {
  const acme = await tenant('acme');
  await signInTo(await member('ana', acme), PASSWORD);
  const token = (await fetchAuthSession()).tokens.accessToken.toString();

  assert.equal(await tenantOf(token, await localVerifier(facts)), acme);

  await assert.rejects(tenantOf(token, verifierFor(app)), /^Error: issuer not configured/);
  const otherClient = await localVerifier({ ...facts, clientId: 'another' });
  await assert.rejects(tenantOf(token, otherClient), /^Error: Client ID not allowed/);
  const idToken = (await fetchAuthSession()).tokens.idToken.toString();
  await assert.rejects(tenantOf(idToken, await localVerifier(facts)), /^Error: Token use not allowed/);
});

test('a code that came with SignUp alone is not redeemed', async () => {
  const email = address('ana');
  const { code } = await invite(await tenant('acme'));
  await signUp({ username: email, password: PASSWORD, options: { clientMetadata: { inviteCode: code } } });

  await assert.rejects(confirm(email, await mailedCode(email), {}), refusedWith('INVITE_REQUIRED'));
});

test('after a mistyped code the user is confirmed, and joins by the code at the sign-in', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  const { code } = await invite(acme);
  const mistyped = code.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  await register(email, PASSWORD);
  const confirmationCode = await mailedCode(email);

  await assert.rejects(confirm(email, confirmationCode, { inviteCode: mistyped }), refusedWith('INVITE_REQUIRED'));
  await assert.rejects(confirm(email, confirmationCode, { inviteCode: code }), {
    name: 'NotAuthorizedException',
    message: 'User cannot be confirmed. Current status is CONFIRMED',
  });
  await assert.rejects(signInTo(email, PASSWORD), refusedWith('NO_TENANT'));
  await assert.rejects(signInTo(email, PASSWORD, { inviteCode: mistyped }), refusedWith('INVITE_REQUIRED'));
  await signInTo(email, PASSWORD, { inviteCode: code });

  assert.equal(await currentTenant(), acme);
});

test('a user with an invited address needs no code', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  await invite(acme, '--email', email);
  await register(email, PASSWORD);

  await confirm(email, await mailedCode(email), {});
  await signInTo(email, PASSWORD);

  assert.equal(await currentTenant(), acme);
});

test('a user that an administrator created joins by the answer to the challenge', async () => {
  const acme = await tenant('acme');
  const email = address('ana');
  const { code } = await invite(acme);
  await cognito('AdminCreateUser', {
    UserPoolId: facts.userPoolId,
    Username: email,
    TemporaryPassword: 'Temporary-Horse-9',
    MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: email }],
  });

  const { nextStep } = await signInTo(email, 'Temporary-Horse-9');
  const { isSignedIn } = await answerChallenge(PASSWORD, { inviteCode: code });

  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
  assert.ok(isSignedIn);
  assert.equal(await currentTenant(), acme);
});

test('what was sent with signIn is not repeated with the answer to a challenge', async () => {
  const email = address('ana');
  const { code } = await invite(await tenant('acme'));
  await cognito('AdminCreateUser', {
    UserPoolId: facts.userPoolId,
    Username: email,
    TemporaryPassword: 'Temporary-Horse-9',
    MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: email }],
  });
  await signInTo(email, 'Temporary-Horse-9', { inviteCode: code });

  await assert.rejects(answerChallenge(PASSWORD), refusedWith('NO_TENANT'));
});

test('a member accepts the invite link of a second tenant, and stays in it', async () => {
  const [acme, globex] = [await tenant('acme'), await tenant('globex')];
  await signInTo(await member('ana', acme), PASSWORD);
  const base = `https://app.example.com/join?tenant=${globex}`;
  const { tenantId, inviteCode } = readInviteLink((await invite(globex, '--link-base', base)).link);
  keepTenant();

  await switchTenant(tenantId, inviteCode);

  assert.equal(await currentTenant(), globex);
  assert.equal(await refreshed(), globex);
  await switchTenant(acme);
  assert.equal(await refreshed(), acme);
});

test('a refresh without the tenant goes back to the default one', async () => {
  const { email, first, second } = await memberOfTwo();
  await signInTo(email, PASSWORD, { tenantId: second });
  assert.equal(await currentTenant(), second);

  assert.equal(await refreshed(), first);
});

test('with keepTenant a choice at the sign-in lasts', async () => {
  const { email, second } = await memberOfTwo();
  keepTenant();

  await signInTo(email, PASSWORD, { tenantId: second });

  assert.equal(await refreshed(), second);
  assert.equal(await refreshed(), second);
});

test('with keepTenant an expired session is refreshed for its tenant', async () => {
  const { email, second } = await memberOfTwo();
  keepTenant();
  await signInTo(email, PASSWORD, { tenantId: second });
  const before = (await fetchAuthSession()).tokens.idToken.toString();
  // The clock is two hours ahead, so that the tokens have expired.
  const clockDrift = [...items.keys()].find((key) => key.endsWith('.clockDrift'));
  items.set(clockDrift, String(2 * 60 * 60 * 1000));

  const { tokens } = await fetchAuthSession();

  assert.notEqual(tokens.idToken.toString(), before);
  assert.equal(tokens.idToken.payload.tenant_id, second);
});

test('a switch that another refresh has answered is reported', async () => {
  const { email, first, second } = await memberOfTwo();
  await signInTo(email, PASSWORD);
  const running = fetchAuthSession({ forceRefresh: true, clientMetadata: { tenantId: first } });

  await assert.rejects(switchTenant(second), { message: 'The tenant has not changed. Try again.' });

  await running;
  assert.equal(await currentTenant(), first);
  await switchTenant(second);
  assert.equal(await currentTenant(), second);
});

test('the page is told when the tokens are for another tenant', async () => {
  const { email, first, second } = await memberOfTwo();
  keepTenant();
  await signInTo(email, PASSWORD);
  assert.equal(await currentTenant(), first);
  const told = new Promise((resolve) => watchTenant(resolve));
  await refreshed();

  await switchTenant(second);

  assert.equal(await told, second);
});

test('metadata of USER_PASSWORD_AUTH does not arrive', async () => {
  const { email, first, second } = await memberOfTwo();
  const options = { authFlowType: 'USER_PASSWORD_AUTH', clientMetadata: { tenantId: second } };

  await signIn({ username: email, password: PASSWORD, options });

  assert.equal(await currentTenant(), first);
});

test('autoSignIn uses its own metadata, and not that of signUp', async (t) => {
  const [acme, globex] = [await tenant('acme'), await tenant('globex')];
  // Amplify waits for the confirmation with a timer of minutes, and does not clear it.
  const { setTimeout: timer } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (...args) => timer(...args).unref());
  const signedUp = async (options) => {
    const email = address('ana');
    const { code } = await invite(acme);
    await signUp({ username: email, password: PASSWORD, options });
    await confirm(email, await mailedCode(email), { inviteCode: code });
    return autoSignIn();
  };
  const clientMetadata = { tenantId: globex };

  await signedUp({ autoSignIn: true, clientMetadata });
  assert.equal(await currentTenant(), acme);

  await signOut();
  await assert.rejects(signedUp({ autoSignIn: { clientMetadata } }), refusedWith('WRONG_TENANT'));
});

test('metadata of fetchAuthSession is ignored without forceRefresh, and by the server adapter', async () => {
  const { Amplify } = await import('aws-amplify');
  const { createUserPoolsTokenProvider } = await import('aws-amplify/adapter-core');
  const { email, first, second } = await memberOfTwo();
  await signInTo(email, PASSWORD);
  const clientMetadata = { tenantId: second };

  await fetchAuthSession({ clientMetadata });
  assert.equal(await currentTenant(), first);

  const server = createUserPoolsTokenProvider(Amplify.getConfig().Auth, storage);
  const tokens = await server.getTokens({ forceRefresh: true, clientMetadata });
  assert.equal(tokens.idToken.payload.tenant_id, first);
});

test('a tenant of which the user is no member is refused at the sign-in', async () => {
  const [acme, globex] = [await tenant('acme'), await tenant('globex')];
  const email = await member('ana', acme);

  await assert.rejects(signInTo(email, PASSWORD, { tenantId: globex }), refusedWith('WRONG_TENANT'));
});

test('a refresh for a tenant that the user has left is refused, and Amplify keeps the old tokens', async () => {
  const { email, second } = await memberOfTwo();
  keepTenant();
  await signInTo(email, PASSWORD, { tenantId: second });
  await tenantctl('member', 'remove', email, '--tenant', second, '--yes');

  await assert.rejects(refreshed(), refusedWith('WRONG_TENANT'));

  assert.equal(await currentTenant(), second);
});

test('a suspended tenant is refused at sign-in and refresh, and another one is not', async () => {
  const { email, first, second } = await memberOfTwo();
  keepTenant();
  await signInTo(email, PASSWORD);
  await tenantctl('tenant', 'suspend', first, '--yes');

  await assert.rejects(refreshed(), refusedWith('SUSPENDED'));
  await switchTenant(second);
  assert.equal(await refreshed(), second);
  await signOut();
  await assert.rejects(signInTo(email, PASSWORD, { tenantId: first }), refusedWith('SUSPENDED'));
});
