/** Who takes too little of what is sent: by what the system took in each whole span. */
import type { Socket } from 'node:net';
import t from 'tap';
import { SendWatch } from '../../../lib/platform/send-watch.js';

const SPAN = 10_000;
/** 16 KiB for each second of it. */
const LEAST = 163_840;

/** The figures of a socket whose answer is one write. */
class FakeSocket {
  writableLength = 0;
  bytesWritten = 0;
  _handle: { bytesWritten: number; writeQueueSize: number } | null;

  constructor(withHandle: boolean) {
    this._handle = withHandle ? { bytesWritten: 0, writeQueueSize: 0 } : null;
  }

  give(bytes: number): void {
    this.writableLength += bytes;
    this.bytesWritten += bytes;
    if (this._handle === null) return;
    this._handle.bytesWritten += bytes;
    this._handle.writeQueueSize += bytes;
  }

  /** The length is told when a write is whole; where no handle tells more, each is taken so. */
  take(bytes: number): void {
    const { _handle: handle } = this;
    if (handle === null) this.writableLength -= bytes;
    else {
      handle.writeQueueSize -= bytes;
      if (handle.writeQueueSize === 0) this.writableLength = 0;
    }
  }
}

function watched(withHandle = true) {
  const socket = new FakeSocket(withHandle);
  const watch = new SendWatch(socket as unknown as Socket);
  return { socket, isTooSlow: (now: number) => watch.isTooSlow(now, SPAN) };
}

for (const withHandle of [true, false]) {
  t.test(
    `in each span so much is taken, ${withHandle ? 'with' : 'without'} a handle`,
    async (t) => {
      const { socket, isTooSlow } = watched(withHandle);
      socket.give(100 * LEAST);
      t.equal(isTooSlow(0), false);
      socket.take(LEAST - 1);
      t.equal(isTooSlow(SPAN - 1), false, 'the span is not over');
      t.equal(isTooSlow(SPAN), true, 'a byte too few');
      const enough = watched(withHandle);
      enough.socket.give(100 * LEAST);
      enough.isTooSlow(0);
      for (let n = 1; n < 20; n += 1) {
        enough.socket.take(LEAST);
        t.equal(enough.isTooSlow(n * SPAN), false, 'just enough, again and again');
      }
      t.equal(enough.isTooSlow(20 * SPAN), true, 'what was taken before does not count');
    },
  );
}

t.test('who took all is measured anew', async (t) => {
  const { socket, isTooSlow } = watched();
  t.equal(isTooSlow(0), false);
  socket.give(10);
  t.equal(isTooSlow(SPAN * 9), false, 'nothing was there to take');
  socket.take(10);
  t.equal(isTooSlow(SPAN * 9.5), false);
  socket.give(10);
  t.equal(isTooSlow(SPAN * 11), false);
  t.equal(isTooSlow(SPAN * 11.9), false);
  t.equal(isTooSlow(SPAN * 12), true);
});
