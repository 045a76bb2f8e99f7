// The token vectors of crates/tenant-token, judged by AWS's own library. It was written by others, from the same documents:
// where it agrees, the vector is right. Every difference stands in the file, with its reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { JwtBaseError } from 'aws-jwt-verify/error';

const file = new URL('../../../crates/tenant-token/tests/vectors/vectors.json', import.meta.url);
const { defaults, differences, keys, vectors } = JSON.parse(readFileSync(file, 'utf8'));

const clock = Date.now;
afterEach(() => {
  Date.now = clock;
});

function verdict({ token, rules: named, now }) {
  const rules = { ...defaults, ...named };
  const properties = {
    tokenUse: rules.tokenUse === 'either' ? null : rules.tokenUse,
    clientId: rules.clients === 'any' ? null : rules.clients,
    scope: rules.scopes.length ? rules.scopes : undefined,
    graceSeconds: rules.leewaySeconds,
  };
  const verifier = CognitoJwtVerifier.create(rules.pools.map((userPoolId) => ({ userPoolId, ...properties })));
  for (const pool of rules.pools) if (keys[pool]) verifier.cacheJwks(keys[pool], pool);
  Date.now = () => now * 1_000;
  try {
    verifier.verifySync(token);
    return 'accepted';
  } catch (error) {
    // Anything else is a fault of this script.
    if (!(error instanceof JwtBaseError)) throw error;
    return 'refused';
  }
}

test('aws-jwt-verify agrees on every token vector, or the file says why not', () => {
  const wrong = vectors.flatMap((vector) => {
    const { name, expected, awsJwtVerify, difference } = vector;
    const [ours, theirs] = ['refused' in expected ? 'refused' : 'accepted', verdict(vector)];
    if (theirs !== awsJwtVerify) return `${name}: ${theirs}, and the file says ${awsJwtVerify}`;
    if (ours !== theirs && !(difference in differences)) return `${name}: a difference without a reason`;
    if (ours === theirs && difference) return `${name}: a reason, and no difference`;
    return [];
  });

  assert.deepEqual(wrong, []);
  assert.ok(vectors.length > 200, `${vectors.length} vectors`);
});
