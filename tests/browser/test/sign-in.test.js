// The whole way: from the start page over the login page of a user pool to the app.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, app, facts, logIn, loginHost, mailedCode, person, shoot, shown, start, visit } from '../src/door.js';

/** What a login page shows of a text of pre-token-generation. */
const refusal = (text) => `PreTokenGenerationV2_0 failed with error ${text}`;

/** Signs somebody in from the start page. */
async function signIn(page, { email, password }) {
  await start(page, email);
  await logIn(page, email, password);
  return shown(page);
}

test("Ana signs in at acme's own pool and sees her tenant", async () => {
  await visit(async (page) => {
    await start(page, person('ana').email);
    await page.waitForURL(`http://${loginHost('acme')}/login?**`);
    assert.equal(await page.getByLabel('Email address').inputValue(), person('ana').email, 'it came along');
    await accessible(page);
    await shoot(page, 'login');
    await logIn(page, person('ana').email, person('ana').password);

    const token = await shown(page);

    assert.deepEqual(token, {
      Tenant: 'acme',
      Tier: 'enterprise',
      Groups: 'acme-admins',
      'Signed in as': 'ana@acme.com',
      'User pool': `${facts.cognito}/${facts.userPools.acme}`,
    });
    assert.equal(await page.getByRole('heading').textContent(), 'Acme Corporation');
    assert.equal(page.url(), app('/app', 'acme'), 'neither code nor address is left in the URL');
    const stored = await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]));
    assert.doesNotMatch(stored, /eyJ|ana@/, 'neither tokens nor the address are stored');
    await accessible(page);
    await shoot(page, 'app');
  });
});

test('Bob of globex comes to the shared pool', async () => {
  await visit(async (page) => {
    const token = await signIn(page, person('bob'));

    assert.deepEqual([token.Tenant, token.Tier], ['globex', 'pro']);
    assert.equal(token['User pool'], `${facts.cognito}/${facts.userPools['shared-1']}`);
  });
});

test('an unknown address comes to the default login', async () => {
  await visit(async (page) => {
    await start(page, person('zoe').email);
    await page.waitForURL(`http://${loginHost('shared-1')}/login?**`);

    assert.equal(await page.getByLabel('Email address').inputValue(), person('zoe').email);
    const redirect = new URL(page.url()).searchParams.get('redirect_uri');
    assert.equal(redirect, app('/callback'), 'of no tenant');
  });
});

test("a suspended tenant's user is told so at the login page", async () => {
  await visit(async (page) => {
    await start(page, person('pat').email);
    await logIn(page, person('pat').email, person('pat').password);

    const text = await page.getByRole('alert').textContent();

    assert.equal(text, refusal('Access to this organization is suspended. Contact your administrator.'));
    await accessible(page);
    await shoot(page, 'login-suspended');
  });
});

test('a wrong password is refused, and the next one counts', async () => {
  await visit(async (page) => {
    const { email, password } = person('ana');
    await start(page, email);
    await logIn(page, email, 'Wrong-Horse-9');
    assert.equal(await page.getByRole('alert').textContent(), 'Incorrect username or password.');

    await logIn(page, email, password);

    assert.equal((await shown(page)).Tenant, 'acme');
  });
});

test('the session of a pool opens its other clients, except those of another tenant', async () => {
  await visit(async (page) => {
    await signIn(page, person('uma'));
    await page.goto(app('/login'));
    const token = await shown(page);
    assert.equal(token.Tenant, 'umbrella', 'at the shared client, without a password');
    assert.equal(page.url(), app('/app'));
  });
  await visit(async (page) => {
    await signIn(page, person('bob'));
    await page.goto(app('/login', 'umbrella'));
    const text = await page.getByRole('alert').textContent();
    assert.equal(text, refusal('Your account cannot sign in to this organization.'));
    assert.equal(new URL(page.url()).host, loginHost('shared-1'));
    await page.goto(app('/login', 'acme'));
    await page.waitForURL(`http://${loginHost('acme')}/login?**`);
    assert.equal(await page.getByRole('alert').count(), 0, 'another pool does not know Bob');
  });
});

test("Gil is sent to hooli's identity provider, without a page between", async () => {
  await visit(async (page) => {
    await start(page, person('gil').email);
    await page.waitForURL(`http://${loginHost('shared-1')}/provider?**`);
    await accessible(page);
    await page.getByRole('button').click();

    const token = await shown(page);

    assert.deepEqual([token.Tenant, token['Signed in as']], ['hooli', person('gil').email]);
  });
});

test('Eva signs up at the login page, and joins by the invite to her address', async () => {
  await visit(async (page) => {
    const { email } = person('eva');
    await start(page, email);
    await page.getByRole('link', { name: 'Create an account' }).click();
    await accessible(page);
    await page.getByLabel('Password').fill('Correct-Horse-9');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByLabel('Confirmation code').waitFor();
    await accessible(page);
    await page.getByLabel('Confirmation code').fill(await mailedCode(email));
    await page.getByRole('button', { name: 'Confirm account' }).click();

    const token = await shown(page);

    assert.deepEqual([token.Tenant, token.Groups], ['globex', 'globex-admins']);
  });
});

test('a sign-out ends the session of the pool, and a reload does not', async () => {
  await visit(async (page) => {
    await signIn(page, person('ana'));
    await page.reload();
    assert.equal((await shown(page)).Tenant, 'acme', 'by the session, without a password');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    assert.equal(page.url(), app('/signed-out', 'acme'));
    await accessible(page);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByLabel('Password').waitFor();
  });
});

/** Opens the login page of acme's pool, lets `tamper` change something, and signs Ana in. Gives what the app says. */
async function refusedAfter(tamper, before = () => {}) {
  let text;
  await visit(async (page) => {
    await before(page);
    await start(page, person('ana').email);
    await page.getByLabel('Password').waitFor();
    await tamper(page);
    await logIn(page, person('ana').email, person('ana').password);
    await page.getByRole('alert').waitFor();
    text = await page.getByRole('alert').textContent();
    assert.equal(new URL(page.url()).pathname, '/callback', 'the app has refused it');
    assert.equal(await page.getByText('acme-admins').count(), 0, 'nothing of the token is shown');
    await accessible(page);
  });
  return text;
}

/** Goes to the same login page with another parameter. */
async function withParameter(page, name, value) {
  const url = new URL(page.url());
  url.searchParams.set(name, value);
  await page.goto(url.href);
}

test('an answer with another state is refused', async () => {
  const text = await refusedAfter((page) => withParameter(page, 'state', 'of-an-attacker'));
  assert.equal(text, 'This sign-in was not started in this tab.');
});

test('a token with another nonce is refused', async () => {
  const text = await refusedAfter((page) => withParameter(page, 'nonce', 'of-an-attacker'));
  assert.equal(text, 'The token is not for this sign-in: wrong nonce.');
});

test('a code for another challenge is refused', async () => {
  const text = await refusedAfter((page) => withParameter(page, 'code_challenge', 'x'.repeat(43)));
  assert.equal(text, 'invalid_grant');
});

for (const claim of ['iss', 'aud', 'token_use']) {
  test(`a token with another ${claim} than the route's is refused`, async () => {
    // The token endpoint answers with the token of another pool, client or use.
    const before = (page) =>
      page.addInitScript((changed) => {
        const { fetch } = window;
        window.fetch = async (url, options) => {
          const response = await fetch(url, options);
          if (!`${url}`.endsWith('/oauth2/token')) return response;
          const tokens = await response.json();
          const [header, claims, signature] = tokens.id_token.split('.');
          const text = JSON.stringify({ ...JSON.parse(atob(claims)), [changed]: 'another' });
          return Response.json({ ...tokens, id_token: [header, btoa(text), signature].join('.') });
        };
      }, claim);
    const text = await refusedAfter(() => {}, before);
    assert.equal(text, `The token is not for this sign-in: wrong ${claim}.`);
  });
}

test('an answer is taken once', async () => {
  await visit(async (page) => {
    let answer;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/callback') answer = request.url();
    });
    await signIn(page, person('ana'));

    await page.goto(answer);

    assert.equal(await page.getByRole('alert').textContent(), 'This sign-in was not started in this tab.');
  });
});

test('while the router is down, the app goes on with its last route', async () => {
  await visit(async (page) => {
    await signIn(page, person('ana'));
    await page.route('**/v1/route', (route) => route.fulfill({ status: 503, body: '{}' }));

    await page.reload();

    assert.equal((await shown(page)).Tenant, 'acme');
  });
});

test('the app says when no route can be had', async () => {
  await visit(async (page) => {
    await page.route('**/v1/route', (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.goto(app('/login', 'acme'));
    await page.getByRole('alert').waitFor();
    assert.match(await page.getByRole('alert').textContent(), /not available right now/);
    await accessible(page);
  });
});

for (const colorScheme of ['light', 'dark']) {
  test(`the login pages are accessible and fit at 320 px, ${colorScheme}`, async () => {
    const options = { viewport: { width: 320, height: 700 }, colorScheme };
    await visit(async (page) => {
      await start(page, person('bob').email);
      await logIn(page, person('bob').email, 'Wrong-Horse-9');
      await page.getByRole('alert').waitFor();
      const content = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(content <= 320, `${content} px of content`);
      await accessible(page);
      await shoot(page, `login-320-${colorScheme}`);
    }, options);
  });
}
