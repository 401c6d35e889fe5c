/** Trees of JSON: every text as it was written, and one canonical text for what means the same. */
import fc from 'fast-check';
import t from 'tap';
import { canonicalText, type JsonTree, jsonTree } from '../../../lib/encoding/json-tree.js';

const tree = (text: string): JsonTree => {
  const found = jsonTree(Buffer.from(text));
  if (found === undefined) throw new Error(`no tree of ${text.slice(0, 50)}`);
  return found;
};

/** What the tree says, as JSON.parse would. */
function plain(node: JsonTree): unknown {
  if (node.kind === 'array') return node.elements.map(plain);
  if (node.kind !== 'object') return JSON.parse(node.text);
  const made: Record<string, unknown> = Object.create(null);
  for (const [name, member] of node.members) made[name] = plain(member);
  return made;
}

const anyJson = fc.jsonValue({ maxDepth: 4 });
/** The same value in other words: blanks, other order of members, another spelling of numbers. */
function respelled(value: unknown): string {
  if (Array.isArray(value)) return ` [ ${value.map(respelled).join(' ,\n')} ]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).reverse();
    return `{${members.map(([k, v]) => `\t${JSON.stringify(k)} :${respelled(v)}`).join(',')} }`;
  }
  const text = JSON.stringify(value);
  if (typeof value === 'number' && /^-?\d+$/.test(text)) return `${text}.0e0`;
  return typeof value === 'string' ? text.replaceAll('a', '\\u0061') : text;
}

t.test('says what JSON.parse says', async () => {
  fc.assert(
    fc.property(anyJson, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const spelled = respelled(value);
      return (
        JSON.stringify(plain(tree(text))) === JSON.stringify(value) &&
        JSON.stringify(plain(tree(spelled))) === JSON.stringify(JSON.parse(spelled)) &&
        tree(text).text === text
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test('one canonical text, whatever the spelling, and another for another value', async () => {
  fc.assert(
    fc.property(anyJson, anyJson, (a, b) => {
      const [text, other] = [canonicalText(tree(JSON.stringify(a))), JSON.stringify(b)];
      const same =
        JSON.stringify(plain(tree(text))) ===
        JSON.stringify(plain(tree(canonicalText(tree(other)))));
      return (
        canonicalText(tree(respelled(a))) === text && same === (text === canonicalText(tree(other)))
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test('texts stay as they were written', async (t) => {
  const node = tree(
    ' {"a" : [1.10, 12345678901234567890 ,"\\u00e9\\""],"__proto__":{ },"a2":true} ',
  );
  t.equal(node.kind, 'object');
  if (node.kind !== 'object') return;
  t.strictSame([...node.members.keys()], ['a', '__proto__', 'a2']);
  t.strictSame(
    [...node.members.values()].map(({ text }) => text),
    ['[1.10, 12345678901234567890 ,"\\u00e9\\""]', '{ }', 'true'],
  );
  t.not(canonicalText(tree('12345678901234567890')), canonicalText(tree('12345678901234567891')));
});

t.test('no tree of what is not JSON, or too deep', async (t) => {
  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  for (const text of ['', '{', '[1,]', 'NaN', '"\n"', '{"a"}', deep(202), deep(300_000)]) {
    t.equal(jsonTree(Buffer.from(text)), undefined, text.slice(0, 20));
  }
  t.ok(jsonTree(Buffer.from(deep(201))));
  t.ok(jsonTree(Buffer.from(`"${'x\\\\'.repeat(400_000)}"`)), 'a long string');
  t.equal(jsonTree(Buffer.from([0x22, 0xff, 0x22])), undefined, 'not UTF-8');
});
