/** Which built files have no source any more: an old test among them would go on running. */

/** What the compiler makes of `lib/node.ts`: `lib/node.js`, its map, and its types. */
const ENDINGS = ['.js', '.js.map', '.d.ts'];

/** What vite makes of the admin page; it removes what it does not make any more. */
const BUILT_PAGE = 'lib/admin-page/public/';

/** Paths as from the root of the clone, and as from `dist/`. */
export function staleOutputs(sources: readonly string[], outputs: readonly string[]): string[] {
  const wanted = new Set(
    sources.flatMap((source) => ENDINGS.map((ending) => source.replace(/\.tsx?$/, ending))),
  );
  return outputs.filter((output) => !wanted.has(output) && !output.startsWith(BUILT_PAGE));
}
