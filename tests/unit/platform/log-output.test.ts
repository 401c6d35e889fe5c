/** Lines of the log meet full disks and pipes that nobody reads: nothing waits, nothing throws. */
import t from 'tap';
import { LogOutput } from '../../../lib/platform/log-output.js';

class Sink {
  readonly #taken: Buffer[] = [];
  /** So many bytes are taken at once; then `after` decides. */
  room = Number.POSITIVE_INFINITY;
  full: 'EAGAIN' | 'ENOSPC' = 'ENOSPC';
  lost = 0;
  readonly output = new LogOutput(
    (bytes) => {
      const taken = Math.min(this.room, bytes.length);
      if (taken === 0 && this.full === 'EAGAIN') return undefined;
      if (taken === 0) throw new Error('no space left');
      this.room -= taken;
      this.#taken.push(Buffer.from(bytes.subarray(0, taken)));
      return taken;
    },
    () => (this.lost += 1),
  );

  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }
}

t.test('lines are written at once, and lost where nothing is taken', async (t) => {
  const sink = new Sink();
  sink.output.write('one\n');
  sink.room = 0;
  sink.output.write('two\n');
  sink.output.flush();
  t.same([sink.text, sink.lost], ['one\n', 1]);
  sink.room = Number.POSITIVE_INFINITY;
  sink.output.write('three\n');
  t.equal(sink.text, 'one\nthree\n');
});

t.test('after a part of a line the next begins on its own', async (t) => {
  const sink = new Sink();
  sink.room = 5;
  sink.output.write('a long line\n');
  sink.room = Number.POSITIVE_INFINITY;
  sink.output.write('next\n');
  t.same([sink.text, sink.lost], ['a lon\nnext\n', 1]);
});

t.test('a line that is cut within a character is whole in the end', async (t) => {
  const sink = new Sink();
  sink.full = 'EAGAIN';
  sink.room = 1;
  sink.output.write('é\n');
  sink.room = Number.POSITIVE_INFINITY;
  sink.output.flush();
  t.same([sink.text, sink.lost], ['é\n', 0]);
});

t.test('for a reader that pauses lines wait, in order and not without end', async (t) => {
  const sink = new Sink();
  sink.full = 'EAGAIN';
  sink.room = 3;
  sink.output.write('first\n');
  sink.output.write('second\n');
  t.equal(sink.text, 'fir');
  const line = `${'x'.repeat(9999)}\n`;
  for (let n = 0; n < 200; n += 1) sink.output.write(line);
  t.ok(sink.lost > 90 && sink.lost < 110, `${sink.lost} beyond a mebibyte are lost`);
  sink.room = Number.POSITIVE_INFINITY;
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.ok(sink.text.startsWith('first\nsecond\nxxx'), 'the rest follows by itself');
  t.equal(sink.text.length, 13 + (200 - sink.lost) * 10_000);
});
