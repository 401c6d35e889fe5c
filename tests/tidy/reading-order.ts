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

/** A room: a folder inside a folder of the book. */
export interface Room {
  /** `15.2`, as numbers. */
  readonly order: readonly [row: number, room: number];
  /** `coordination/engine`. */
  readonly path: string;
}

/** The rooms of every table in the text whose first cell is the number of a row, and its own. */
export function readRooms(markdown: string, rows: readonly Row[]): Room[] {
  return [...markdown.matchAll(/^\| (\d+)\.(\d+) \| `([^`]+)\/` \|/gm)].map(
    ([, row = '', room = '', name = '']) => ({
      order: [Number(row), Number(room)] as const,
      path: `${rows[Number(row) - 1]?.name}/${name}`,
    }),
  );
}

/** Of a folder with rooms: each room has its row, each row its room, and they are in order. */
export function checkRooms(rooms: readonly Room[], sources: readonly Source[]): Finding[] {
  const divided = new Set(rooms.map(({ path }) => path.split('/')[0]));
  const present = new Set(
    sources.map(roomOf).filter((room) => room !== undefined && divided.has(room.split('/')[0])),
  );
  const listed = new Set(rooms.map(({ path }) => path));
  return [
    ...[...present].filter((path) => !listed.has(path ?? '')).map((path) => `${path} has no row`),
    ...[...listed].filter((path) => !present.has(path)).map((path) => `${path} has no folder`),
    ...rooms
      .filter(({ order: [row, room] }, at) => {
        const before = rooms[at - 1]?.order;
        return room !== (before?.[0] === row ? before[1] + 1 : 1);
      })
      .map(({ path }) => `${path} is numbered out of order`),
  ];
}

/** A file in a room imports, of the same folder, only from its own room and those above. */
export function checkRoomImports(rooms: readonly Room[], source: Source): Finding[] {
  const at = rooms.findIndex(({ path }) => path === roomOf(source));
  const own = rooms[at];
  if (own === undefined) return [];
  const folder = `lib/${own.path.split('/')[0]}/`;
  return importsOf(source).flatMap(({ node, specifier }) => {
    const target = resolveImport(source, specifier);
    if (target === undefined || !target.startsWith(folder)) return [];
    const other = rooms.findIndex(({ path }) => path === roomOf({ path: target }));
    return other >= 0 && other <= at
      ? []
      : [finding(source, node, `${own.path} may not import ${target}, further down`)];
  });
}

/** `coordination/engine` of `lib/coordination/engine/engine.ts`; undefined outside of rooms. */
function roomOf({ path }: Pick<Source, 'path'>): string | undefined {
  const [top, folder, room, file] = path.split('/');
  return top === 'lib' && file !== undefined ? `${folder}/${room}` : undefined;
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
