/** What strangers say to the HTTP port: requests, nearly requests, and none at all, from a seed. */
import type { Chance } from './chance.js';

export interface HttpScript {
  /** Written one after the other, with a moment between them. */
  readonly parts: readonly Uint8Array[];
  readonly ending: 'stay' | 'half-close' | 'reset' | 'read nothing';
}

/** What requests are made of. */
interface HttpWords {
  readonly targets: readonly string[];
  readonly lines: readonly string[];
  readonly bodies: readonly string[];
}

const METHODS = ['GET', 'GET', 'PUT', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PATCH'];
const CONTROL = ['config/consistency', 'config/consistency/rollback', 'cluster/exchange'];
const TARGETS = [
  ...['/api/v1/kv/hostile', '/api/v1/kv?key=hostile', '/api/v1/kv/hostile/conflicts'],
  ...['/api/v1/kv/hostile/versions', '/api/v1/kv/hostile/conflicts/resolve', '/api/v1/batch'],
  ...['/api/v1/conflicts?limit=5', '/api/v1/cluster/status', '/api/v1/cluster/ring', '/healthz'],
  ...['/api/v1/cluster/locate/a', '/metrics', '/docs', '/openapi.json', '/', '*', '//', '/%ff'],
  ...['http://localhost/api/v1/kv/hostile', 'http://evil.example/', '/api/v1/kv/..', 'x:y'],
  ...CONTROL.map((path) => `/api/v1/${path}`),
];
const BODIES = [
  ...['{"value":1}', '{"value":{"a":[1,2]},"ttl":60}', '{}', '[]', '{"partition":0}', 'abc', ''],
  ...['{"operations":[{"op":"get","key":"hostile"},{"op":"put","key":"b","value":1}]}'],
  ...['{"context":"AAAA","strategy":"last-writer"}', '{"version":"none"}', '{"value":'],
];
const LINES = [
  ...['Content-Type: application/json', 'Content-Type: a/b', 'Content-Encoding: gzip'],
  ...['Connection: close', 'Connection: keep-alive', 'Connection: Upgrade', 'Upgrade: h2c'],
  ...['Expect: 100-continue', 'Expect: miracles', 'Host: evil.example', 'Origin: http://evil'],
  ...['X-Consistency-Level: one', 'X-Consistency-Level: all', 'X-Timeout: 5ms', 'X-TTL: 5'],
  ...['X-Causal-Context: AAAA', 'If-Match: "x"', 'Accept: application/json', 'TE: trailers'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Content-Length: 5'],
  ...['X-Request-Id: r', ': nothing', 'Cookie: a=b', 'Range: bytes=0-1', 'If-None-Match: *'],
];
const WORDS: HttpWords = { targets: TARGETS, lines: LINES, bodies: BODIES };
/** For a key of which nobody who may change something ever speaks. */
export const HIDDEN_KEY = 'hidden';
const HIDDEN_HEAD = `PUT /api/v1/kv/${HIDDEN_KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const HIDDEN_WRITE = `${HIDDEN_HEAD}Content-Length: 6\r\n\r\nhidden`;
const HIDDEN_READ = `GET /api/v1/kv/${HIDDEN_KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
/** At the admin page: what it passes on, and bodies that would be requests were they not framed. */
const PAGE_WORDS: HttpWords = {
  targets: [
    ...TARGETS,
    ...TARGETS.filter((target) => target.startsWith('/')).map((target) => `/nodes/n1${target}`),
    ...['/page.json', '/nodes/n9/metrics', '/nodes/n2/api/v1/cluster/locate/a'],
  ],
  lines: [...LINES, 'X-Quorate-Page: 1', 'X-Quorate-Page: 1', 'Sec-Fetch-Site: same-origin'],
  bodies: [...BODIES, HIDDEN_WRITE, HIDDEN_WRITE, HIDDEN_READ.repeat(3), HIDDEN_READ.repeat(40)],
};
const VERSIONS = ['1.1', '1.1', '1.1', '1.1', '1.0', '2.0', '0.9'];
const CONTROL_WORDS = ['CONNECT localhost:1 HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'];

/** One stranger: some requests behind each other, changed here and there, in pieces. */
export function httpScript(chance: Chance, words: HttpWords = WORDS): HttpScript {
  const count = chance.oneIn(15) ? 50 + chance.below(300) : 1 + chance.below(6);
  const one = request(chance, words);
  const requests = Array.from({ length: count }, () => (count > 40 ? one : request(chance, words)));
  let bytes: Buffer = Buffer.from(requests.join(''), 'latin1');
  if (chance.oneIn(2)) bytes = chance.mutated(bytes);
  if (chance.oneIn(25)) bytes = chance.bytes(chance.length());
  return {
    parts: pieces(chance, bytes),
    ending: chance.pick(['stay', 'stay', 'half-close', 'half-close', 'reset', 'read nothing']),
  };
}

/** To the admin page: every other one is well made, and hides requests in a body. */
export function pageScript(chance: Chance): HttpScript {
  if (chance.oneIn(2)) return httpScript(chance, PAGE_WORDS);
  const method = chance.pick(['GET', 'GET', 'HEAD', 'DELETE']);
  const target = chance.pick(['/api/v1/cluster/locate/a', '/api/v1/kv/hostile', '/metrics']);
  const node = chance.pick(['/nodes/n1', '/nodes/n2', '/nodes/n3', '']);
  const lines = ['Host: localhost', 'X-Quorate-Page: 1'];
  const head = [`${method} ${node}${target} HTTP/1.1`, ...lines].join('\r\n');
  const hidden = chance.pick([HIDDEN_WRITE, HIDDEN_READ.repeat(3), HIDDEN_WRITE.repeat(9)]);
  const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n`;
  const framed = chance.pick([
    `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`,
    `Transfer-Encoding: chunked\r\n\r\n${chunk}`,
    `Content-Length: ${String(hidden.length)}\r\n\r\n${hidden}`,
  ]);
  const bytes = Buffer.from(`${head}\r\n${framed}`, 'latin1');
  return { parts: chance.oneIn(2) ? [bytes] : pieces(chance, bytes), ending: 'stay' };
}

function request(chance: Chance, words: HttpWords): string {
  if (chance.oneIn(40)) return chance.pick(CONTROL_WORDS);
  const asked = `${chance.pick(METHODS)} ${chance.pick(words.targets)}`;
  const lines = [`${asked} HTTP/${chance.pick(VERSIONS)}`];
  if (!chance.oneIn(12)) lines.push(`Host: ${chance.pick(['localhost', '127.0.0.1:1', '[::1]'])}`);
  while (!chance.oneIn(3)) lines.push(chance.pick(words.lines));
  if (chance.oneIn(40)) lines.push(...Array.from({ length: 400 }, (_, n) => `h${String(n)}: 1`));
  if (chance.oneIn(60)) lines.push(`Long: ${'x'.repeat(chance.below(100_000))}`);
  return framed(chance, lines, chance.pick(words.bodies));
}

function framed(chance: Chance, lines: readonly string[], body: string): string {
  const head = lines.join('\r\n');
  const large = chance.oneIn(60) ? 'y'.repeat(chance.below(2_000_000)) : body;
  switch (chance.below(5)) {
    case 0:
      return `${head}\r\n\r\n`;
    case 1: {
      const size = large.length.toString(16);
      const end = chance.pick(['0\r\n\r\n', '0\r\n\r\n', '0\r\nX-TTL: 5\r\n\r\n', 'zz\r\n', '']);
      const chunk = large === '' ? '' : `${size}\r\n${large}\r\n`;
      return `${head}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${end}`;
    }
    case 2:
      return `${head}\r\nContent-Length: ${String(chance.below(1e9))}\r\n\r\n${large}`;
    default:
      return `${head}\r\nContent-Length: ${String(large.length)}\r\n\r\n${large}`;
  }
}

function pieces(chance: Chance, bytes: Buffer): Buffer[] {
  if (chance.oneIn(2)) return [bytes];
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length && parts.length < 6; ) {
    const size = 1 + chance.below(parts.length === 5 ? bytes.length : 200);
    parts.push(bytes.subarray(at, parts.length === 5 ? bytes.length : at + size));
    at += size;
  }
  return parts;
}
