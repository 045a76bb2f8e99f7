// The local stack that `run` has started, and what an operator and a user's mailbox add to it.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What `dev-stack --json` has printed. */
export const facts = JSON.parse(readFileSync(process.env.STACK_FACTS, 'utf8'));

/** The app's own settings. */
export const app = { userPoolId: facts.userPoolId, clientId: facts.clientId, endpoint: facts.cognito };

export const PASSWORD = 'Correct-Horse-9';

/** The environment that points `tenantctl` at the stack. */
export const environment = {
  ...process.env,
  PATH: `${process.env.DEV_STACK_BIN_DIR}:${process.env.PATH}`,
  AWS_ENDPOINT_URL_DYNAMODB: facts.dynamodb,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: facts.cognito,
  AWS_ENDPOINT_URL_STS: facts.sts,
  AWS_REGION: facts.userPoolId.split('_')[0],
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  TENANCY_TABLE: facts.table,
  TENANTCTL_ACTOR: 'tests/apps',
  USER_POOL_ID: facts.userPoolId,
};

/** Runs `tenantctl`; gives its JSON document. */
export async function tenantctl(...args) {
  const program = join(process.env.DEV_STACK_BIN_DIR, 'tenantctl');
  const { stdout } = await promisify(execFile)(program, ['--output', 'json', ...args], { env: environment });
  return JSON.parse(stdout);
}

const unique = () => randomBytes(4).toString('hex');

/** An address that no other test has. */
export const address = (name) => `${name}-${unique()}@example.com`;

/** Makes a tenant with the role admin; gives its id, which no other test has. */
export async function tenant(name) {
  const id = `${name}-${unique()}`;
  await tenantctl('tenant', 'create', id, '--name', `${name} Inc.`, '--tier', 'pro');
  await tenantctl('tenant', 'roles', 'set', id, 'admin', '--group', `${name}-admins`);
  return id;
}

/** Makes an invite for one use; gives its document, with `code` and `link`. */
export const invite = (tenantId, ...options) =>
  tenantctl('invite', 'create', '--tenant', tenantId, '--role', 'admin', ...options);

/** The confirmation code that was last mailed to an address. */
export async function mailedCode(email) {
  const mail = `[mail] to ${email}: `;
  for (let tries = 0; tries < 1_200; tries += 1) {
    // The last line may not be whole yet.
    const lines = readFileSync(process.env.STACK_LOG, 'utf8').split('\n').slice(0, -1);
    const last = lines.filter((line) => line.startsWith(mail)).pop();
    if (last) return /(\d{6})\s*$/.exec(last)[1];
    await sleep(50);
  }
  throw new Error(`no mail to ${email} came in a minute`);
}

/** One call of the user pools API, as it is on the wire. */
export async function cognito(operation, input) {
  const response = await fetch(facts.cognito, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.message), { name: answer.__type });
}

/** Signs a user up without a library, so that a test begins with a member. */
export async function member(name, tenantId) {
  const email = address(name);
  const { code } = await invite(tenantId);
  const user = { ClientId: facts.clientId, Username: email };
  await cognito('SignUp', { ...user, Password: PASSWORD });
  const ConfirmationCode = await mailedCode(email);
  await cognito('ConfirmSignUp', { ...user, ConfirmationCode, ClientMetadata: { inviteCode: code } });
  return email;
}

/** The claims of a token, not verified. */
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
