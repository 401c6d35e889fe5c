/** The samples of all messages as frames. */
import { encodeFrame } from '../../../lib/encoding/frame.js';
import { OperatingError } from '../../../lib/errors.js';
import { refusalMessage, replyMessage, requestMessage } from '../../../lib/rpc/wire.js';
import { HOT_SAMPLES } from './hot-samples.js';
import { MESSAGE_SAMPLES } from './message-samples.js';

/** As they are sent: one message in a frame. */
export function messageBytes(): Map<string, Uint8Array> {
  const bytes = new Map<string, Uint8Array>();
  for (const { type, requests, replies } of MESSAGE_SAMPLES) {
    for (const [i, body] of requests.entries()) {
      bytes.set(`${type.name} request ${i}`, encodeFrame([requestOf(type.name, body)]));
    }
    for (const [i, body] of replies.entries()) {
      bytes.set(`${type.name} reply ${i}`, encodeFrame([replyMessage(ID, body)]));
    }
  }
  for (const [name, message] of HOT_SAMPLES) {
    bytes.set(`fixed layout: ${name}`, encodeFrame([message]));
  }
  bytes.set('refusal', encodeFrame([refusalMessage(ID, REFUSAL)]));
  return bytes;
}

const ID = 2 ** 40 + 7;
const REFUSAL = new OperatingError('level_not_reached', 'two of three are away', {
  outcome: 'unknown',
  details: { required: 2, received: 1, field: undefined },
});

export function requestOf(name: string, body: unknown): unknown[] {
  const head = { id: ID, epoch: 1, settingsHash: 0xfedc_ba98, remainingMilliseconds: 4_999.5 };
  return requestMessage({ ...head, name, body });
}
