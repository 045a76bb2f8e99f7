// The samples of docs/app-developers.md in a headless browser, on another origin than the user pool.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { PASSWORD, address, app, invite, mailedCode, tenant, tenantctl } from '../src/stack.js';

const file = (path) => fileURLToPath(new URL(`../browser/${path}`, import.meta.url));

let browser;
let server;
let origin;

before(async () => {
  const bundle = await build({
    entryPoints: [file('app.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'warning',
  });
  const answers = {
    '/app.js': ['text/javascript', bundle.outputFiles[0].text],
    '/settings.json': ['application/json', JSON.stringify(app)],
  };
  const page = ['text/html', readFileSync(file('index.html'), 'utf8')];
  server = createServer((request, response) => {
    const [type, body] = answers[request.url] ?? page;
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Opens a page of the app, and waits for it. */
async function open(context, url, troubles) {
  const page = await context.newPage();
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('requestfailed', (request) => {
    if (request.url().startsWith(app.endpoint)) troubles.push(request.failure().errorText);
  });
  await page.goto(url);
  await page.waitForFunction(() => window.app);
  return page;
}

const call = (page, name, ...args) =>
  page.evaluate(([method, values]) => window.app[method](...values), [name, args]);

test('a user follows an invite link, signs up, signs in, and switches tenants in two tabs', async () => {
  const [acme, globex] = [await tenant('acme'), await tenant('globex')];
  const email = address('ana');
  const { link } = await invite(acme, '--link-base', `${origin}/join?tenant=${acme}`);
  const context = await browser.newContext();
  const troubles = [];
  const page = await open(context, link, troubles);

  const offer = await page.evaluate(() => window.app.offer);
  assert.equal(offer.tenantId, acme);
  assert.ok(!page.url().includes('inv_'), page.url());
  assert.equal(await call(page, 'register', email, PASSWORD), null);
  assert.equal(await call(page, 'confirm', email, await mailedCode(email), offer), null);
  assert.equal(await call(page, 'signInTo', email, PASSWORD, offer), null);
  assert.equal(await page.textContent('#tenant'), acme);

  await tenantctl('member', 'add', email, '--tenant', globex, '--role', 'viewer');
  const other = await open(context, origin, troubles);
  assert.equal(await other.textContent('#tenant'), acme);
  // Both tabs reload themselves, so nobody waits for the answer.
  await page.evaluate((id) => void window.app.switchTenant(id), globex);
  for (const tab of [page, other]) {
    await tab.waitForFunction((id) => window.app && document.querySelector('#tenant').textContent === id, globex);
  }

  assert.equal(await call(page, 'refresh'), null);
  assert.equal(await call(other, 'refresh'), null);
  assert.equal(await call(page, 'currentTenant'), globex);
  await tenantctl('member', 'remove', email, '--tenant', globex, '--yes');
  assert.equal(await call(page, 'refresh'), 'WRONG_TENANT');
  assert.deepEqual(troubles, []);
  await context.close();
});
