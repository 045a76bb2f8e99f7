// Reads the pages with samples. Each js or python block is a file: its first line is a comment with the file's name.

import { readFileSync } from 'node:fs';

const page = (name) => new URL(`../../../docs/${name}`, import.meta.url);
const APPS = page('app-developers.md');
const BACK_ENDS = page('behind-the-token.md');
const ERRORS = page('errors.md');

/** Where the samples are written to. */
export const SAMPLES = new URL('../build/samples/', import.meta.url);

/** The fenced blocks of a page in a language, in their order. */
export function blocks(language, page = APPS) {
  return [...readFileSync(page, 'utf8').matchAll(/^```(\S+)[^\n]*\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text);
}

/** The samples of the pages that a test runs: name to text. */
export function samples() {
  const found = new Map();
  const texts = [...blocks('js'), ...blocks('js', BACK_ENDS), ...blocks('python', BACK_ENDS)];
  for (const text of texts) {
    const name = /^(?:\/\/|#) (\S+\.(?:js|py))\n/.exec(text)?.[1];
    if (!name) throw new Error(`a sample does not begin with a comment that has the name of its file:\n${text}`);
    if (found.has(name)) throw new Error(`two samples are called ${name}`);
    found.set(name, text);
  }
  return found;
}

/** The texts for users, as a page publishes them: code to text. */
export function publishedTexts(page = ERRORS) {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `([A-Z_]+)` \| ([A-Z][^|]*?) \|/gm);
  return new Map([...rows].map(([, code, text]) => [code, text]));
}
