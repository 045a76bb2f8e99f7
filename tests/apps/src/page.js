// Reads docs/app-developers.md. Each ```js block is a file: its first line is a comment with the file's name.

import { readFileSync } from 'node:fs';

const PAGE = new URL('../../../docs/app-developers.md', import.meta.url);
const ERRORS = new URL('../../../docs/errors.md', import.meta.url);

/** Where the samples are written to. */
export const SAMPLES = new URL('../build/samples/', import.meta.url);

/** The fenced blocks of the page in a language, in their order. */
export function blocks(language) {
  const page = readFileSync(PAGE, 'utf8');
  return [...page.matchAll(/^```(\S+)[^\n]*\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text);
}

/** The page's ```js blocks: name to text. */
export function samples() {
  const found = new Map();
  for (const text of blocks('js')) {
    const name = /^\/\/ (\S+\.js)\n/.exec(text)?.[1];
    if (!name) throw new Error(`a js block does not begin with "// name.js":\n${text}`);
    if (found.has(name)) throw new Error(`two js blocks are called ${name}`);
    found.set(name, text);
  }
  return found;
}

/** The texts for users, as a page publishes them: code to text. */
export function publishedTexts(page = ERRORS) {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `([A-Z_]+)` \| ([A-Z][^|]*?) \|/gm);
  return new Map([...rows].map(([, code, text]) => [code, text]));
}
