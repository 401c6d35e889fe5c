/** `quorate namespace` against a node; `--namespace` on commands of keys. */
import t, { type Test } from 'tap';
import { rulesAfter } from '../../../bin/rules-text.js';
import { serve } from '../api/served.js';
import { runWords } from './fake-terminal.js';

async function served(t: Test) {
  const { node, port } = await serve(t);
  const run = (...words: string[]) => {
    return runWords([...words, '--endpoint', `http://127.0.0.1:${port}`]);
  };
  return { node, run };
}

t.test('list and show', async (t) => {
  const { run } = await served(t);
  const listed = await run('namespace', 'list');
  t.match(listed.out, /^NAMESPACE +RULES\ndefault +-\nshop +default_level=one .*=one,quorum\n$/);
  t.equal((await run('namespace', '-o', 'value')).out, 'default\nshop\n');
  const shown = await run('namespace', 'show', 'shop');
  t.match(shown.out, /default_level +one +the namespace\n/);
  t.match(shown.out, /durability +sync +the cluster\n/);
  t.equal((await run('namespace', 'show', 'none')).status, 1);
});

t.test('create: only what is not there', async (t) => {
  const { node, run } = await served(t);
  const rules = ['default_ttl_s=60', 'durability=os', 'allowed_levels=one,2'];
  const made = await run('namespace', 'create', 'archive', ...rules, '--dry-run');
  t.equal(made.status, 0);
  t.match(made.out, 'archive');
  const expected = { default_ttl_s: 60, durability: 'os', allowed_levels: ['one', '2'] };
  t.match(made.out, /RULES WOULD BE\n.*\n\ndry run: nothing was changed\n$/);
  t.match(node.namespaces.puts, [['archive', expected, { ifAbsent: true, dryRun: true }]]);
  t.equal((await run('namespace', 'create', 'archive', 'durability=')).status, 2);
  t.equal((await run('namespace', 'create', 'archive', 'durability')).status, 2);
  t.equal((await run('namespace', 'create', 'Archive')).status, 2);
});

t.test('change: of what is there, on the version that was read', async (t) => {
  const { node, run } = await served(t);
  const words = ['namespace', 'change', 'shop', 'default_level=', 'versions_kept=3'];
  t.equal((await run(...words)).status, 0);
  const after = {
    ...{ default_write_level: 'one', allowed_levels: ['one', 'quorum'], versions_kept: 3 },
  };
  t.strictSame(node.namespaces.puts.at(-1)?.[1], after);
  t.match(node.namespaces.puts.at(-1)?.[2], { ifMatch: 'v1', ifAbsent: false });
  node.namespaces.lateChanges = 2;
  t.equal((await run(...words)).status, 0, 'read again where somebody was faster');
  node.namespaces.lateChanges = 1;
  t.equal((await run(...words, '--if-match', 'v0')).status, 4, 'not where a version is named');
  t.equal((await run('namespace', 'change', 'none', 'durability=os')).status, 1);
  t.strictSame(rulesAfter({ a: 1, b: 2 }, ['a=', 'c=x']), { b: 2, c: 'x' });
});

t.test('delete, with keys or without; history', async (t) => {
  const { node, run } = await served(t);
  const words = ['namespace', 'delete', 'shop'];
  t.equal((await run(...words)).status, 2, 'it is to be confirmed');
  t.equal((await run(...words, '--confirm', 'shpo')).status, 2);
  node.keyList = { ...node.keyList, items: [{ key: 'k', found: undefined }] };
  t.equal((await run(...words, '--confirm', 'shop')).status, 4, 'it holds keys');
  const gone = await run(...words, '--confirm', 'shop', '--with-keys');
  t.match(gone.out, /shop +deleted/);
  t.match(node.namespaces.deletes.at(-1), ['shop', { withKeys: true, dryRun: false }]);
  const reported = await run('namespace', 'history', 'shop');
  t.match(reported.out, /n1 +127\.0\.0\.1 +null +\{"default_level":"one"/);
});

t.test('keys of a namespace', async (t) => {
  const { node, run } = await served(t);
  await run('put', 'k', 'v', '--namespace', 'shop');
  t.match(node.puts.at(-1), { namespace: 'shop', key: 'k' });
  await run('list', '--namespace', 'shop');
  t.match(node.keyListsAsked.at(-1), { namespace: 'shop' });
  await run('conflicts', '--namespace', 'shop');
  t.match(node.lists.at(-1), { namespace: 'shop' });
  t.match((await run('conflicts')).out, /^NAMESPACE +KEY +SINCE\ndefault +k\/1/);
  t.match(JSON.parse((await run('locate', 'k', '--namespace', 'shop', '-o', 'json')).out), {
    namespace: 'shop',
  });
  t.match(JSON.parse((await run('copies', 'k', '--namespace', 'shop', '-o', 'json')).out), {
    namespace: 'shop',
  });
  t.equal((await run('locate', 'k', '--namespace', 'none')).status, 1);
});
