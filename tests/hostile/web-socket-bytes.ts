/** WebSocket frames by hand (RFC 6455), good ones and others. */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameShape {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Is it the last of its message? */
  readonly fin?: boolean;
  /** Three bits that must be zero. */
  readonly reserved?: number;
  /** Servers want them masked. */
  readonly masked?: boolean;
  /** The length that it claims to have. */
  readonly declared?: number | bigint;
  /** The length takes two or eight bytes, whether it needs them or not. */
  readonly lengthBytes?: 0 | 2 | 8;
}

const MASK = Buffer.from([0x5a, 0x01, 0xff, 0x80]);

export function webSocketFrame(shape: FrameShape): Buffer {
  const { opcode, payload, fin = true, reserved = 0, masked = true } = shape;
  const declared = BigInt(shape.declared ?? payload.length);
  const lengthBytes = shape.lengthBytes ?? (declared < 126 ? 0 : declared < 65_536 ? 2 : 8);
  const length = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) length.writeUInt16BE(Number(declared & 0xffffn));
  if (lengthBytes === 8) length.writeBigUInt64BE(BigInt.asUintN(64, declared));
  const short = lengthBytes === 0 ? Number(declared & 0x7fn) : lengthBytes === 2 ? 126 : 127;
  const head = Buffer.from([
    (fin ? 0x80 : 0) | (reserved << 4) | opcode,
    (masked ? 0x80 : 0) | short,
  ]);
  if (!masked) return Buffer.concat([head, length, payload]);
  const hidden = Buffer.from(payload.map((byte, i) => byte ^ (MASK[i % 4] ?? 0)));
  return Buffer.concat([head, length, MASK, hidden]);
}

export function textFrame(text: string): Buffer {
  return webSocketFrame({ opcode: OPCODE.text, payload: Buffer.from(text) });
}

/** A request that asks for a WebSocket; `changes` replace headers or take them away. */
export function upgradeRequest(changes: Readonly<Record<string, string | undefined>> = {}): Buffer {
  const headers: Record<string, string | undefined> = {
    host: 'x',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}
