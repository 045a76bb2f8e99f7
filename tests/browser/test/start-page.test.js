// The start page: looks, accessibility, keyboard, headers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, app, facts, loginHost, person, shoot, start, visit } from '../src/door.js';

const WIDTHS = [320, 768, 1280];
const SCHEMES = ['light', 'dark'];
const LABEL = 'E-mail address or organization code';

/** Fails if anything has to be scrolled to from side to side. */
async function fits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${content} px of content in ${window} px`);
}

for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    test(`it is accessible and fits at ${width} px, ${colorScheme}`, async () => {
      const options = { viewport: { width, height: 800 }, colorScheme };
      await visit(async (page, requests) => {
        await page.goto(facts.startPage);
        assert.deepEqual(requests, [facts.startPage], 'one request');
        await accessible(page);
        await fits(page);
        await shoot(page, `start-${width}-${colorScheme}`);
        const color = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const [red] = color.match(/\d+/);
        assert.equal(red < 128, colorScheme === 'dark', `the background is ${color}`);

        await page.getByLabel(LABEL).fill('not an address');
        await page.getByRole('button').click();
        const alert = page.getByRole('alert');
        assert.equal(await alert.textContent(), 'Enter an e-mail address or an organization code.');
        const input = page.getByLabel(LABEL);
        assert.equal(await input.getAttribute('aria-describedby'), await alert.getAttribute('id'));
        assert.equal(await input.inputValue(), 'not an address', 'it can be corrected');
        await accessible(page);
        await fits(page);
        await shoot(page, `start-error-${width}-${colorScheme}`);
      }, options);
    });
  }
}

test('it works with the keyboard alone, and without script', async () => {
  await visit(async (page) => {
    await page.goto(facts.startPage);
    for (let tabs = 0; tabs < 5; tabs += 1) {
      await page.keyboard.press('Tab');
      if (await page.getByLabel(LABEL).evaluate((input) => input === document.activeElement)) break;
    }
    const outline = await page.getByLabel(LABEL).evaluate((input) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(input);
      return outlineStyle !== 'none' ? outlineWidth : boxShadow;
    });
    assert.ok(!['none', '0px'].includes(outline), `the focus is seen: ${outline}`);
    await page.keyboard.type('acme');
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement.tagName);
    assert.equal(focused, 'BUTTON');
    await page.keyboard.press('Space');
    await page.waitForURL(`${app('/login', 'acme')}**`);
  }, { javaScriptEnabled: false });
});

test('an address and a code lead to the same pool, and the address is in no URL of ours', async () => {
  for (const entry of [person('ana').email, ' ACME ']) {
    await visit(async (page, requests) => {
      await start(page, entry);
      await page.waitForURL(`http://${loginHost('acme')}/login?**`);
      const ours = requests.filter((url) => new URL(url).hostname.endsWith('app.localhost'));
      const withAddress = ours.filter((url) => /@|%40/i.test(url.split('#')[0]));
      assert.deepEqual(withAddress, []);
    });
  }
});

test('the list leads to the login of each tenant', async () => {
  await visit(async (page) => {
    await page.goto(facts.startPage);
    const links = page.getByRole('list').getByRole('link');
    assert.deepEqual(await links.allTextContents(), ['Acme Corporation', 'Globex', 'Umbrella']);
    await links.filter({ hasText: 'Umbrella' }).click();
    await page.waitForURL(`http://${loginHost('shared-1')}/login?**`);
  });
});

test("a tenant's host leads to the tenant's login", async () => {
  await visit(async (page) => {
    await page.goto(app('/', 'acme'));
    await page.waitForURL(`http://${loginHost('acme')}/login?**`);
  });
});

test('every page forbids scripts of others, frames and guessed types', async () => {
  const pages = [facts.startPage, app('/start'), app('/nothing'), app('/login', 'acme'), app('/callback', 'acme')];
  for (const url of pages) {
    await visit(async (page) => {
      const headers = (await page.goto(url)).headers();
      const policy = headers['content-security-policy'];
      assert.match(policy, /default-src 'none'/, url);
      assert.match(policy, /frame-ancestors 'none'/, url);
      assert.match(policy, /base-uri 'none'/, url);
      assert.doesNotMatch(policy, /unsafe|script-src(?! 'self';)/, url);
      assert.equal(headers['x-content-type-options'], 'nosniff', url);
      assert.equal(headers['referrer-policy'], 'no-referrer', url);
    });
  }
});
