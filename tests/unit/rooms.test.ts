/** The rooms of a folder, as lib/README.md lists them, held against the sources. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { checkRoomImports, checkRooms, readRooms, readRows } from '../tidy/reading-order.js';
import { readSources, sourceOf } from '../tidy/source.js';

const contents = readFileSync('lib/README.md', 'utf8');
const rooms = readRooms(contents, readRows(contents));
const sources = readSources(process.cwd());

const inFolder = (file: string): string => `lib/encoding/${file}`;
const TEXT = inFolder('text/x.ts');
const JSON_FILE = inFolder('json/x.ts');
const OUTSIDE = inFolder('x.ts');
const few = readRooms(
  '| 1.1 | `text/` | words | | |\n| 1.2 | `json/` | trees | | |',
  readRows('| 1 | `encoding/` | | bytes | |'),
);

t.test('each room has its row, in order', async (t) => {
  t.ok(rooms.length > 5);
  t.same(checkRooms(rooms, sources), []);
  const present = [TEXT, JSON_FILE, OUTSIDE].map((path) => sourceOf(path, ''));
  t.same(checkRooms(few, present), []);
  t.same(checkRooms(few, present.slice(1)), ['encoding/text has no folder']);
  t.same(checkRooms(few.slice(0, 1), present), ['encoding/json has no row']);
  t.same(checkRooms([...few].reverse(), present).length, 2, 'numbers start at 1');
});

t.test('a room imports only from itself and from rooms above it', async (t) => {
  t.same(
    sources.flatMap((source) => checkRoomImports(rooms, source)),
    [],
  );
  const found = (path: string, text: string): number =>
    checkRoomImports(few, sourceOf(path, text)).length;
  t.equal(found(TEXT, "import { x } from '../json/x.js';"), 1);
  t.equal(found(TEXT, "import type { x } from '../x.js';"), 1, 'what lies outside comes last');
  t.equal(found(JSON_FILE, "import { x } from '../text/x.js';\nimport './y.js';"), 0);
  t.equal(found(JSON_FILE, "import { x } from '../../errors.js';"), 0);
  t.equal(found(OUTSIDE, "import { x } from './json/x.js';"), 0);
});
