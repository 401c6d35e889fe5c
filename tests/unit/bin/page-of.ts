/** The server of the admin page, with a few files, before nodes that a test provides. */
import type { Test } from 'tap';
import { serveAdminPage } from '../../../bin/admin/admin-page.js';
import { CountingObserver } from '../fakes.js';

/** @returns its address, with a slash at its end */
export async function pageOf(
  t: Test,
  nodes: readonly { readonly id: string; readonly address: string }[],
): Promise<string> {
  const folder = t.testdir({
    'index.html': '<!doctype html>',
    assets: { 'a-1.js': 'export {}' },
    'secret.txt': 'not served',
  });
  const page = await serveAdminPage({
    ...{ listen: '127.0.0.1:0', hostNames: [], nodes, version: '1.2.3', folder },
    program: './quorate',
    observer: new CountingObserver(),
  });
  t.teardown(() => page.close());
  return page.url;
}
