/** What no file of the repository may hold, and what its lists must agree on. */
import type { Finding } from './source.js';

interface Text {
  readonly path: string;
  readonly text: string;
}

/** Spelt in pieces, so that this file passes its own check. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a path of one machine', /(?:^|[\s"'`(=:,])\/(?:home|Users|root|work)\//m],
  ['a path of one machine', /\b[A-Z]:\\Users\\/],
  ['the host of a package registry', /\bregistry\.[a-z0-9-]+\.[a-z]/],
  ['a resolved address in the lock file', /^\s*"resolved": "https?:/m],
  // Inside the clone npx installs the clone first, and builds under whatever runs from it.
  ['a command through npx, in place of ./quorate', /\bnpx +quorate\b/],
];

export function checkText({ path, text }: Text): Finding[] {
  return FORBIDDEN.flatMap(([what, pattern]) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    return [`${path}:${text.slice(0, found.index).split('\n').length} holds ${what}`];
  });
}

const REMOVES = /\brm(?:Sync)?\b|\brimraf\b|--clean\b/;

/** A cluster may run from `dist/` while a script runs: none of them empties it. */
export function checkScripts(scripts: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(scripts)
    .filter(([, script]) => REMOVES.test(script))
    .map(([name]) => `package.json: the script ${name} removes files that may be in use`);
}

const VARIABLE = /^#?(QUORATE_[A-Z0-9_]+)=/;
const LITERAL = /(['"`])(QUORATE_[A-Z0-9_]+)\1/g;

/**
 * Variables of commands: each that the sources of bin/ name is in .env.example, and each that is
 * there is a setting or is named in bin/.
 */
export function checkVariables(
  example: string,
  settings: readonly string[],
  bin: readonly Text[],
): Finding[] {
  const listed = example.split('\n').flatMap((line) => VARIABLE.exec(line)?.[1] ?? []);
  const used = bin.flatMap(({ path, text }) =>
    [...text.matchAll(LITERAL)].map((found) => ({ path, variable: found[2] ?? '' })),
  );
  const known = new Set([...settings, ...used.map(({ variable }) => variable)]);
  return [
    ...settings.filter((one) => !listed.includes(one)).map((one) => `.env.example lacks ${one}`),
    ...used
      .filter(({ variable }) => !listed.includes(variable))
      .map(({ path, variable }) => `.env.example lacks ${variable} of ${path}`),
    ...listed
      .filter((one, index) => listed.indexOf(one) !== index)
      .map((one) => `.env.example has ${one} twice`),
    ...listed.filter((one) => !known.has(one)).map((one) => `.env.example has ${one}, unknown`),
  ];
}
