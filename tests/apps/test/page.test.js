// The pages themselves: every sample is run, every command works, every published text is known.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { blocks, publishedTexts, samples } from '../src/page.js';
import { environment } from '../src/stack.js';
import { refusal } from '../build/samples/errors.js';
import { readInviteLink } from '../build/samples/invite-link.js';

test('every sample of the pages is used by a test', () => {
  const sources = ['test', 'browser'].flatMap((folder) => {
    const url = new URL(`../${folder}/`, import.meta.url);
    return readdirSync(url).map((name) => readFileSync(new URL(name, url), 'utf8'));
  });

  const unused = [...samples().keys()].filter((name) => !sources.some((text) => text.includes(`samples/${name}'`)));

  assert.deepEqual(unused, []);
});

test('the commands of the page run, and the link that they print is read by the sample', async () => {
  const script = blocks('sh').join('\n');

  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env: environment });

  const link = /https:\S+/.exec(stdout)[0];
  const choice = readInviteLink(link);
  assert.equal(choice.tenantId, 'globex');
  assert.match(choice.inviteCode, /^inv_[0-9A-Z]{26}$/);
});

test('a link without a tenant offers the code alone', () => {
  assert.deepEqual(readInviteLink('https://app.example.com/join#inv_X'), { inviteCode: 'inv_X' });
});

test('the sample knows every text that the functions may send, and no other', () => {
  const published = publishedTexts();
  assert.equal(published.size, 6);

  for (const [code, text] of published) {
    for (const trigger of ['PreTokenGeneration', 'PreTokenGenerationV2_0', 'PostConfirmation']) {
      const error = { name: 'UserLambdaValidationException', message: `${trigger} failed with error ${text}.` };
      assert.equal(refusal(error), code);
    }
  }
  assert.equal(refusal({ name: 'UserLambdaValidationException', message: 'PreSignUp failed with error No.' }), undefined);
  assert.equal(refusal({ name: 'NotAuthorizedException', message: 'Incorrect username or password.' }), undefined);
});
