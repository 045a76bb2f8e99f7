// The picture of README: start page, login page, app, side by side. Written to the file of PICTURE, by docs/images/record.

import { test } from 'node:test';
import { facts, logIn, person, shown, start, visit } from './src/door.js';

const SIZE = { width: 400, height: 600 };

test('picture', async () => {
  const { email, password } = person('ana');
  const shots = [];
  await visit(async (page) => {
    const shoot = async () => shots.push((await page.screenshot()).toString('base64'));
    await page.goto(facts.startPage);
    await page.getByRole('textbox').fill(email);
    await shoot();
    await start(page, email);
    await page.getByLabel('Password').fill(password);
    await shoot();
    await logIn(page, email, password);
    await shown(page);
    await page.mouse.move(0, 0);
    await shoot();
  }, { viewport: SIZE, colorScheme: 'light', deviceScaleFactor: 1.5 });
  await visit(async (page) => {
    const titles = ['1. One start page', "2. The tenant's user pool", '3. The app, with the tenant in the token'];
    const parts = shots.map((shot, place) => `<figure><figcaption>${titles[place]}</figcaption>
      <img src="data:image/png;base64,${shot}" width="${SIZE.width}" height="${SIZE.height}"></figure>`);
    await page.setContent(`<style>
      body { margin: 0 } main { padding: 24px; display: inline-flex; gap: 24px; background: #fff; font: 600 18px system-ui, sans-serif }
      figure { margin: 0 } figcaption { margin-bottom: 12px; color: #16202b }
      img { display: block; border: 1px solid #c9d1da; border-radius: 8px }</style><main>${parts.join('')}</main>`);
    await page.locator('main').screenshot({ path: process.env.PICTURE });
  }, { viewport: { width: 1600, height: 800 } });
});
