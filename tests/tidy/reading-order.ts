/** Reading order is import order: lib/README.md against the sources. See design law 1 there. */
import { importsOf, packageOf, resolveImport } from './imports.js';
import type { Finding, Source } from './source.js';
import { finding } from './source.js';

/** One row of the table of contents. */
export interface Row {
  readonly order: number;
  /** `errors.ts`, or a folder without its slash. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly promise: string;
  /** By package: the names that may be imported, or undefined for all. `any`: no limit at all. */
  readonly packages: ReadonlyMap<string, readonly string[] | undefined> | 'any';
}

const CELLS = 5;

/** The rows of every table in the text whose first cell is a number. */
export function readRows(markdown: string): Row[] {
  return markdown
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => /^\d+$/.test(cells[0] ?? ''))
    .map((cells) => {
      const [order = '', folder = '', , promise = '', packages = ''] = cells;
      if (cells.length !== CELLS) throw new Error(`lib/README.md: row ${order} is malformed`);
      const name = /^`([^`]+)`$/.exec(folder)?.[1] ?? '';
      return {
        order: Number(order),
        name: name.replace(/\/$/, ''),
        isFolder: name.endsWith('/'),
        promise,
        packages: packages === 'any' ? 'any' : readPackages(packages),
      };
    });
}

function readPackages(cell: string): Map<string, readonly string[] | undefined> {
  const found = [...cell.matchAll(/`([^`(]+)(?:\(([^)]*)\))?`/g)];
  return new Map(found.map(([, name = '', names]) => [name, names?.split(' ')]));
}

/** Every row has its folder or file, each of those its row, and they are numbered in order. */
export function checkContents(rows: readonly Row[], sources: readonly Source[]): Finding[] {
  const present = new Set(sources.map(rowNameOf).filter((name) => name !== undefined));
  const listed = new Set(rows.map(({ name }) => name));
  return [
    ...[...present].filter((name) => !listed.has(name)).map((name) => `lib/${name} has no row`),
    ...[...listed].filter((name) => !present.has(name)).map((name) => `row ${name} has no file`),
    ...rows
      .filter(({ order }, index) => order !== index + 1)
      .map(({ name }) => `row ${name} is numbered out of order`),
    ...rows.filter(({ promise }) => promise === '').map(({ name }) => `row ${name} has no promise`),
  ];
}

/** A file of lib/ imports only from its own row and those above, and only packages of its row. */
export function checkImports(rows: readonly Row[], source: Source): Finding[] {
  const row = rows.find(({ name }) => name === rowNameOf(source));
  if (row === undefined) return [];
  return importsOf(source).flatMap((one) => {
    const target = resolveImport(source, one.specifier);
    if (target !== undefined) {
      const wrong = wrongTarget(rows, row, target);
      return wrong === undefined ? [] : [finding(source, one.node, wrong)];
    }
    if (one.typeOnly || row.packages === 'any') return [];
    const allowed = row.packages.get(packageOf(one.specifier));
    if (!row.packages.has(packageOf(one.specifier))) {
      return [finding(source, one.node, `${row.name} may not import ${one.specifier}`)];
    }
    const extra =
      allowed === undefined ? [] : (one.names ?? ['*']).filter((n) => !allowed.includes(n));
    return extra.map((name) =>
      finding(source, one.node, `may not import ${name} of ${one.specifier}`),
    );
  });
}

/** config/ stands alone: it may use the errors of lib/, and nothing else of it. */
export function checkConfigImports(source: Source): Finding[] {
  if (!source.path.startsWith('config/')) return [];
  return importsOf(source).flatMap(({ node, specifier }) => {
    const target = resolveImport(source, specifier) ?? 'config/';
    const allowed = target.startsWith('config/') || target === 'lib/errors.ts';
    return allowed ? [] : [finding(source, node, `config/ may not import ${target}`)];
  });
}

function isPlatform(path: string): boolean {
  return path.startsWith('lib/platform/');
}

function wrongTarget(rows: readonly Row[], row: Row, target: string): string | undefined {
  if (!target.startsWith('lib/')) return `lib/ may not import ${target}`;
  if (isPlatform(target) && row.name !== 'platform') return `only bin/ and tests import ${target}`;
  const name = rowNameOf({ path: target });
  const other = rows.find((candidate) => candidate.name === name);
  if (other === undefined) return `imports ${target}, which no row lists`;
  return other.order <= row.order
    ? undefined
    : `${row.name} may not import ${target}, further down`;
}

/** Cycles between files, each named once: `a.ts -> b.ts -> a.ts`. */
export function checkCycles(sources: readonly Source[]): Finding[] {
  // An import of `x.js` may mean `x.tsx`, which is named `x.ts` here.
  const targets = new Map(
    sources.map((source) => [
      source.path.replace(/\.tsx$/, '.ts'),
      importsOf(source)
        .map(({ specifier }) => resolveImport(source, specifier))
        .filter((path) => path !== undefined),
    ]),
  );
  const done = new Set<string>();
  const cycles: Finding[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(`cycle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

function rowNameOf(source: Pick<Source, 'path'>): string | undefined {
  const [top, name] = source.path.split('/');
  return top === 'lib' ? name : undefined;
}
