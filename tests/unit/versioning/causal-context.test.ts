/** Sealed contexts: they come back as they were, for their key, and nothing else is accepted. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { encode } from '../../../lib/encoding/codec.js';
import { OperatingError } from '../../../lib/errors.js';
import { type CausalContext, ContextSeal } from '../../../lib/versioning/causal-context.js';
import { anyContext, sameContext } from './arbitraries.js';

const secret = Buffer.alloc(32, 7);
const seal = new ContextSeal(secret, () => 'c');
const anySeen = fc
  .record({ context: anyContext, stamp: fc.maxSafeNat() })
  .map(({ context, stamp }) => {
    return { ...context, stamp };
  });
const anySealed = fc.record({ epoch: fc.integer({ min: 1, max: 9_000 }), context: anySeen });
const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });

function refused(open: () => unknown): boolean {
  try {
    open();
    return false;
  } catch (error) {
    return error instanceof OperatingError && error.code === 'invalid_context';
  }
}

t.test('a context comes back as it was', async () => {
  fc.assert(
    fc.property(anySealed, anyName, anyName, ({ epoch, context }, namespace, key) => {
      const token = seal.seal(namespace, key, epoch, context);
      const opened = new ContextSeal(secret, () => 'c').open(namespace, key, token);
      const isSame = opened.epoch === epoch && opened.stamp === context.stamp;
      return isSame && sameContext(opened, context) && /^[\w-]+$/.test(token);
    }),
    { numRuns: 10_000 },
  );
});

t.test('a context of another namespace or key is refused', async () => {
  const name = fc.stringMatching(/^[ab]{1,3}$/);
  fc.assert(
    fc.property(anySealed, fc.tuple(name, name), fc.tuple(name, name), (sealed, home, other) => {
      const token = seal.seal(...home, sealed.epoch, sealed.context);
      const isHome = home[0] === other[0] && home[1] === other[1];
      return isHome || refused(() => seal.open(...other, token));
    }),
    { numRuns: 10_000 },
  );
});

const full: CausalContext = {
  epoch: 3,
  stamp: 1_700_000_000_000_007,
  vector: new Map([
    ['n1.1.0123456789ab', 4],
    ['n2.1.0123456789ab', 70_000],
  ]),
  beyond: [{ writer: 'n2.1.0123456789ab', n: 70_002 }],
};

t.test('every flipped bit, every cut and every addition is refused', async (t) => {
  const token = seal.seal('default', 'k', full.epoch, full);
  const bytes = Buffer.from(token, 'base64url');
  t.ok(sameContext(seal.open('default', 'k', token), full));
  let survived = 0;
  const attempt = (changed: string): void => {
    if (!refused(() => seal.open('default', 'k', changed))) survived += 1;
  };
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    attempt(flipped.toString('base64url'));
  }
  for (let length = 0; length < token.length; length += 1) attempt(token.slice(0, length));
  for (let at = 0; at < token.length; at += 1) {
    for (const one of 'aA0-_=+/ .\u00e9') {
      if (token[at] !== one) attempt(token.slice(0, at) + one + token.slice(at + 1));
      attempt(token.slice(0, at) + one + token.slice(at));
    }
  }
  for (const tail of ['A', '=', '==', '\n', ' ', '\u0000']) attempt(token + tail);
  t.equal(survived, 0);
});

t.test('garbage is refused', async () => {
  const bytes = fc.uint8Array({ maxLength: 80 }).map((b) => Buffer.from(b).toString('base64url'));
  fc.assert(
    fc.property(fc.oneof(bytes, fc.string({ unit: 'binary' })), (token) =>
      refused(() => seal.open('default', 'k', token)),
    ),
    { numRuns: 20_000 },
  );
});

t.test('the seal of another cluster is refused', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), anySealed, (other, sealed) => {
      const token = new ContextSeal(other, () => 'c').seal('a', 'k', 1, sealed.context);
      return Buffer.compare(other, secret) === 0 || refused(() => seal.open('a', 'k', token));
    }),
    { numRuns: 2_000 },
  );
});

t.test('the seal of another cluster that has the same secret is refused', async () => {
  fc.assert(
    fc.property(fc.string(), anySealed, (clusterId, sealed) => {
      const token = new ContextSeal(secret, () => clusterId).seal('a', 'k', 1, sealed.context);
      return clusterId === 'c' || refused(() => seal.open('a', 'k', token));
    }),
    { numRuns: 2_000 },
  );
});

t.test('a format that is not known here is refused, though its seal holds', async (t) => {
  const key = createHmac('sha256', secret).update('quorate causal context 2 c').digest();
  for (const content of [[1, 1, 0], [3, 1, 0, 0], { format: 1 }, 'text', null]) {
    const body = encode(content);
    const mac = createHmac('sha256', key).update('a\u0000k\u0000').update(body).digest();
    const token = Buffer.concat([mac.subarray(0, 12), body]).toString('base64url');
    t.throws(() => seal.open('a', 'k', token), { code: 'invalid_context' });
  }
});
