// The front door that `run` has opened, and a browser in front of it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What `dev-stack --front-door --json` has printed. */
export const facts = JSON.parse(readFileSync(process.env.DOOR_FACTS, 'utf8'));

/** Somebody to be, by the name in front of the address. */
export const person = (name) => facts.people.find(({ email }) => email.startsWith(`${name}@`));

/** An address of the app of a tenant; without a slug, of the app that is no tenant's. */
export function app(path, slug) {
  const url = new URL(path, facts.startPage);
  if (slug) url.hostname = `${slug}.${url.hostname}`;
  return url.href;
}

/** The host of a pool's login pages, by the cell's name. */
export const loginHost = (cell) => `${cell}.auth.localhost:${new URL(facts.cognito).port}`;

let launched;

function launch() {
  launched ??= chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  return launched;
}

after(async () => (await launched)?.close());

/**
 * Runs `use` with a page of a browser without cookies. Fails if the page asked for anything outside the local stack, or if
 * the browser had anything to complain about.
 */
export async function visit(use, options = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const requests = [];
  const complaints = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(`${error}`));
  page.on('console', (message) => {
    // Chromium notes every answer of 400 or more.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  try {
    await use(page, requests, context);
    const foreign = requests.filter((url) => !/^(http:\/\/[a-z0-9.-]+\.localhost:\d+\/|data:,$)/.test(url));
    assert.deepEqual(foreign, [], 'requests to others');
    assert.deepEqual(complaints, [], 'what the browser complains about');
  } finally {
    await context.close();
  }
}

/** Fails if axe-core finds anything. It is evaluated by the debugger, so that the page's policy can stay as it is. */
export async function accessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(found, [], `axe-core at ${page.url()}`);
}

/** A screenshot in target/browser. */
export const shoot = (page, name) =>
  page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });

/** Types an address at the start page and sends it. */
export async function start(page, email) {
  await page.goto(facts.startPage);
  await page.getByLabel('E-mail address or organization code').fill(email);
  await page.getByRole('button').click();
}

/** Fills in the login page of a user pool. */
export async function logIn(page, email, password) {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What the app shows of the token: term to text. */
export async function shown(page) {
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  const terms = await page.locator('dt').allTextContents();
  const texts = await page.locator('dd').allTextContents();
  return Object.fromEntries(terms.map((term, place) => [term, texts[place]]));
}

/** The confirmation code that was last mailed to an address. */
export async function mailedCode(email) {
  const mail = `[mail] to ${email}: `;
  for (let tries = 0; tries < 1_200; tries += 1) {
    // The last line may not be whole yet.
    const lines = readFileSync(process.env.DOOR_LOG, 'utf8').split('\n').slice(0, -1);
    const last = lines.filter((line) => line.startsWith(mail)).pop();
    if (last) return /(\d{6})\s*$/.exec(last)[1];
    await sleep(50);
  }
  throw new Error(`no mail to ${email} came in a minute`);
}
