/** Every message with its optional fields absent and present: none may fail on its way. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { z } from 'zod';
import { decodeFrame, encodeFrame, messageBytesMax } from '../../../lib/encoding/frame.js';
import { encodeFrameParts } from '../../../lib/encoding/frame-parts.js';
import type { MessageType } from '../../../lib/rpc/message.js';
import { parseMessage, replyMessage } from '../../../lib/rpc/wire.js';
import { listFiles } from '../../tidy/source.js';
import { LAYOUT_SAMPLES } from './layout-samples.js';
import { requestOf } from './message-bytes.js';
import { MESSAGE_FOLDERS, MESSAGE_SAMPLES } from './message-samples.js';
import type { MessageSamples } from './samples.js';
import { schemaGaps, withoutOptionals } from './schema-walk.js';

function isMessageType(value: unknown): value is MessageType<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'request' in value && 'reply' in value;
}

t.test('each message that exists has its samples', async (t) => {
  const exported = Object.values(MESSAGE_FOLDERS).flatMap((folder) =>
    Object.values(folder).filter(isMessageType),
  );
  const sampled = MESSAGE_SAMPLES.map(({ type }) => type.name);
  t.same(sampled.toSorted(), exported.map(({ name }) => name).toSorted());
  t.equal(new Set(sampled).size, sampled.length, 'names are unique');

  const declared = listFiles(process.cwd(), 'lib')
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => readFileSync(path, 'utf8').match(/= messageType\(/g) ?? []);
  t.equal(exported.length, declared.length, 'none is declared where this table does not look');

  const layouts = listFiles(process.cwd(), 'lib')
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => readFileSync(path, 'utf8').match(/= layoutType</g) ?? []);
  t.equal(LAYOUT_SAMPLES.length, layouts.length, 'each type of fixed layout has its samples');
  const numbers = LAYOUT_SAMPLES.map(({ type }) => type.number);
  t.equal(new Set(numbers).size, numbers.length, 'numbers are unique');
});

/** What a peer makes of it. */
function travel(message: unknown[]): unknown {
  const bytes = encodeFrame([message]);
  const parts = Buffer.concat(encodeFrameParts([message]));
  if (!parts.equals(bytes)) throw new Error('the parts of a frame are another frame');
  if (messageBytesMax(message) + 5 < bytes.length) throw new Error('larger than it was taken for');
  return (parseMessage(decodeFrame(bytes)[0]) as { body: unknown }).body;
}

function check(t: Test, name: string, schema: z.ZodType, body: unknown, wrap: Wrap): void {
  const absent = withoutOptionals(schema, body, 'absent');
  const undefinedOnes = withoutOptionals(schema, body, 'undefined');
  for (const one of [body, absent, undefinedOnes]) {
    t.doesNotThrow(() => schema.parse(travel(wrap(one))), `${name} arrives`);
  }
  const [first, second] = [absent, undefinedOnes].map((one) => encodeFrame([wrap(one)]));
  t.ok(Buffer.from(first ?? []).equals(second ?? Buffer.from('x')), 'absent is undefined');
}

type Wrap = (body: unknown) => unknown[];

function checkSamples(t: Test, { type, requests, replies }: MessageSamples): void {
  for (const body of requests) {
    check(t, `${type.name} request`, type.request, body, (one) => requestOf(type.name, one));
  }
  for (const body of replies) {
    check(t, `${type.name} reply`, type.reply, body, (one) => replyMessage(1, one));
  }
  t.same(schemaGaps(type.request, requests), [], 'each choice of the request has a sample');
  t.same(schemaGaps(type.reply, replies), [], 'each choice of the reply has a sample');
}

for (const samples of MESSAGE_SAMPLES) {
  t.test(samples.type.name, async (t) => {
    checkSamples(t, samples);
  });
}

t.test('what is not plain is refused where it is sent', async (t) => {
  for (const odd of [[undefined], { x: () => 1 }, { x: [1n] }, { x: Symbol('x') }]) {
    t.throws(() => messageBytesMax(odd), /a message holds a/);
  }
});
