/** The built page is small, and whole: nothing in it is fetched from elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';

const BUILT = 'dist/lib/admin-page/public';
const GZIP_BYTES_MAX = 120 * 1024;

const paths = readdirSync(BUILT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

t.test('the page is under 120 KiB, packed', async (t) => {
  const bytes = paths.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  t.ok(paths.length >= 3);
  t.ok(bytes < GZIP_BYTES_MAX, `${bytes} bytes`);
  t.comment(`${bytes} bytes in ${paths.length} files`);
});

t.test('it names no other host, and has no inline script or style', async (t) => {
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    // Names of XML dialects, and addresses in messages of libraries, are fetched by nobody.
    const loads = /(?:src|href)="(?:https?:)?\/\/|url\(["']?(?:https?:)?\/\/|@import/;
    t.notMatch(text, loads, path);
  }
  const html = readFileSync(join(BUILT, 'index.html'), 'utf8');
  t.notMatch(html, /<style|\bstyle=|<script(?![^>]*\bsrc=)|\bon\w+=/);
});
