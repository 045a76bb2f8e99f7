// Writes the samples of docs/app-developers.md and docs/behind-the-token.md to build/samples, where the tests use them.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { SAMPLES, samples } from './page.js';

rmSync(SAMPLES, { recursive: true, force: true });
mkdirSync(SAMPLES, { recursive: true });
for (const [name, text] of samples()) writeFileSync(new URL(name, SAMPLES), text);
