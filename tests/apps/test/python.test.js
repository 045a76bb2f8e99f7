// The Python sample of docs/behind-the-token.md, in a Python of its own with PyJWT.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PASSWORD, address, cognito, facts, member, tenant } from '../src/stack.js';

const build = (path) => fileURLToPath(new URL(`../build/${path}`, import.meta.url));

/** What the sample says of a token: the tenant, or why there is none. */
async function verdict(token, { issuer, clientId }) {
  const script = `
import runpy, sys
sample = runpy.run_path(sys.argv[1])
try:
    print(sample["Verifier"](sys.argv[2], sys.argv[3]).tenant_of(sys.argv[4]))
except sample["jwt"].InvalidTokenError as error:
    print("refused:", error)
`;
  const args = ['-c', script, build('samples/verify.py'), issuer, clientId, token];
  const { stdout } = await promisify(execFile)(build('python/bin/python'), args);
  return stdout.trim();
}

async function signIn(email, clientId) {
  const AuthParameters = { USERNAME: email, PASSWORD };
  const answer = await cognito('InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters });
  return answer.AuthenticationResult;
}

test('the sample gives the tenant of an access token, and refuses everything else', async () => {
  const acme = await tenant('acme');
  const tokens = await signIn(await member('ana', acme), facts.clientId);

  assert.equal(await verdict(tokens.AccessToken, facts), acme);

  assert.equal(await verdict(tokens.AccessToken, { ...facts, clientId: 'another' }), 'refused: not an access token of this app client');
  assert.match(await verdict(tokens.IdToken, facts), /^refused: Token is missing the "client_id" claim/);
  const [header, payload, signature] = tokens.AccessToken.split('.');
  const forged = Buffer.from(payload, 'base64url').toString().replace(acme, 'globex');
  const forgery = [header, Buffer.from(forged).toString('base64url'), signature].join('.');
  assert.equal(await verdict(forgery, facts), 'refused: Signature verification failed');
  const unknown = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'unknown' })).toString('base64url');
  assert.equal(await verdict([unknown, payload, signature].join('.'), facts), 'refused: the issuer has no such key');
});

test('the sample refuses a token of a pool without the trigger', async () => {
  const { UserPool } = await cognito('CreateUserPool', { PoolName: 'bare', UsernameAttributes: ['email'] });
  const created = await cognito('CreateUserPoolClient', {
    UserPoolId: UserPool.Id, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  });
  const clientId = created.UserPoolClient.ClientId;
  const email = address('ana');
  await cognito('SignUp', { ClientId: clientId, Username: email, Password: PASSWORD });
  await cognito('AdminConfirmSignUp', { UserPoolId: UserPool.Id, Username: email });

  const tokens = await signIn(email, clientId);

  const issuer = facts.issuer.replace(facts.userPoolId, UserPool.Id);
  assert.equal(await verdict(tokens.AccessToken, { issuer, clientId }), 'refused: the token has no tenant_id');
});
