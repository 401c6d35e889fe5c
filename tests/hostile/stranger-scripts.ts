/** What a stranger says on the peer port: by chance, and near what is right. */
import type { Chance } from './chance.js';
import { OPCODE, textFrame, upgradeRequest, webSocketFrame } from './web-socket-bytes.js';

/** What is sent one after the other, each when something has come back or a moment has passed. */
export type StrangerScript = readonly Buffer[];

const VERSION_ABOUT = 5;

function hello(chance: Chance): Record<string, unknown> {
  return {
    versions: [chance.below(VERSION_ABOUT + 2), VERSION_ABOUT + chance.below(2)],
    cluster: chance.pick(['test', 'test', 'other', '']),
    from: chance.pick(['n1', 'n1', 'n2', 'n9']),
    to: chance.pick(['n2', 'n2', 'n1']),
    nonce: '00'.repeat(32),
  };
}

/** Texts of a handshake: right ones in the wrong place, and all that is wrong with one. */
function greeting(chance: Chance): string {
  const introduction = { cluster: 'c', ring: 'r', life: 'l', ran: 1, address: 'a:1' };
  const proof = { body: JSON.stringify(introduction), proof: chance.bytes(32).toString('hex') };
  const said = (body: unknown): string => JSON.stringify({ body: JSON.stringify(body) });
  const texts: (() => string)[] = [
    () => said({ ...hello(chance), [chance.pick(['from', 'to'])]: chance.text() }),
    () => said(chance.changed(hello(chance))),
    () => JSON.stringify(chance.changed(proof)),
    () => JSON.stringify(proof),
    () => said({ introduction }),
    () => said({ refusal: { kind: 'life', detail: chance.text() } }),
    () => said(hello(chance)),
    () => chance.mutated(Buffer.from(said(hello(chance)))).toString(),
    () => '['.repeat(chance.length()),
    () => `{"version":${'9'.repeat(chance.length())}}`,
    () => chance.text(),
    () => '',
  ];
  return chance.pick(texts)();
}

function oddFrame(chance: Chance): Buffer {
  const opcode = chance.pick(Object.values(OPCODE));
  const payload = chance.bytes(chance.below(200));
  const frames: (() => Buffer)[] = [
    () => webSocketFrame({ opcode, payload }),
    () => webSocketFrame({ opcode, payload, fin: false }),
    () => webSocketFrame({ opcode, payload, masked: false }),
    () => webSocketFrame({ opcode, payload, reserved: 1 + chance.below(7) }),
    () => webSocketFrame({ opcode: chance.below(16), payload }),
    () => webSocketFrame({ opcode, payload, declared: chance.pick([2n ** 63n, 2n ** 32n, 1]) }),
    () => webSocketFrame({ opcode, payload, lengthBytes: 8 }),
    () => webSocketFrame({ opcode: OPCODE.ping, payload: chance.bytes(chance.below(126)) }),
    () => webSocketFrame({ opcode: OPCODE.ping, payload: chance.bytes(126 + chance.below(500)) }),
    () => webSocketFrame({ opcode: OPCODE.text, payload: Buffer.from([0xc3, 0x28, 0xff]) }),
    () => closeFrame(chance),
  ];
  return chance.pick(frames)();
}

function closeFrame(chance: Chance): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(chance.pick([0, 999, 1000, 1005, 1006, 1015, 3000, 4401, 65_535]));
  const reason = chance.pick([
    Buffer.alloc(0),
    Buffer.from('é'.repeat(61)),
    Buffer.from(chance.text()),
    chance.bytes(chance.below(130)),
  ]);
  const payload = chance.oneIn(5) ? code.subarray(0, 1) : Buffer.concat([code, reason]);
  return webSocketFrame({ opcode: OPCODE.close, payload });
}

/** A text in several frames, with what may stand between them. */
function fragments(chance: Chance, text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const count = 1 + chance.below(6);
  const between = (): Buffer[] => (chance.oneIn(3) ? [oddFrame(chance)] : []);
  return Array.from({ length: count }, (_, i) => {
    const size = Math.ceil(bytes.length / count);
    const payload = bytes.subarray(i * size, (i + 1) * size);
    const opcode = i === 0 ? OPCODE.text : OPCODE.continuation;
    return [webSocketFrame({ opcode, payload, fin: i === count - 1 }), ...between()];
  }).flat();
}

function request(chance: Chance): Buffer {
  const odd = chance.pick([chance.text(), 'x'.repeat(chance.length()), '1, 2', 'chunked']);
  const name = chance.pick([
    ...['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version', 'host', 'origin'],
    ...['sec-websocket-protocol', 'sec-websocket-extensions', 'content-length', 'expect'],
    ...['transfer-encoding', 'x'],
  ]);
  const bytes = upgradeRequest({ [name]: chance.oneIn(4) ? undefined : odd });
  const method = chance.pick(['GET', 'POST', 'CONNECT', 'OPTIONS', 'PUT', 'é', '']);
  const body = Buffer.concat([Buffer.from(method), bytes.subarray(3), chance.bytes(9)]);
  return chance.pick([bytes, body, chance.mutated(bytes), Buffer.concat([bytes, bytes])]);
}

function conversation(chance: Chance): Buffer[] {
  const said: (() => Buffer[])[] = [
    () => [textFrame(greeting(chance))],
    () => [textFrame(greeting(chance)), textFrame(greeting(chance))],
    () => [textFrame(JSON.stringify(hello(chance))), textFrame(greeting(chance))],
    () => fragments(chance, greeting(chance)),
    () => [oddFrame(chance), textFrame(greeting(chance))],
    () => [chance.mutated(textFrame(greeting(chance)))],
    () => [chance.bytes(chance.length())],
    () => [Buffer.alloc(chance.length(), 0x89)],
  ];
  return chance.pick(said)();
}

export function strangerScript(chance: Chance): StrangerScript {
  const scripts: (() => Buffer[])[] = [
    () => [chance.bytes(chance.length())],
    () => [request(chance)],
    () => [request(chance), request(chance)],
    ...Array.from({ length: 8 }, () => () => [upgradeRequest(), ...conversation(chance)]),
    // All in one piece: the request and what follows it.
    () => [Buffer.concat([upgradeRequest(), ...conversation(chance)])],
  ];
  return chance.pick(scripts)();
}
