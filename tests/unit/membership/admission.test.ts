/** When a node is refused, and when it ends because of it (M6). */
import t from 'tap';
import type { LinkFacts, Receiver, Transport } from '../../../lib/environment/transport.js';
import { MemberAdmission, type MemberAdmissionOptions } from '../../../lib/membership/admission.js';
import { CountingObserver, ManualClock, SeededRandom, turn } from '../fakes.js';

const LATER = { called: true, remote: 'n1' };

function factsOf(life: string, ran: number): LinkFacts {
  const said = { cluster: 'c', ring: 'r', life, ran, address: `${life}:1` };
  return { ...said, remote: life, called: false, version: 1 };
}

function admissionOf(answers = true) {
  const clock = new ManualClock();
  const dropped: string[] = [];
  const reported: string[][] = [];
  const noteReported = (...report: string[]): void => void reported.push(report);
  const transport: Pick<Transport, 'drop'> & Partial<Receiver> = {
    drop: (peer) => dropped.push(peer),
  };
  const founding = { clusterId: 'c', ring: { hash: 'r', members: [] } };
  const admission = new MemberAdmission({
    ...{ self: 'n9', clock, random: new SeededRandom(1), observer: new CountingObserver() },
    ...{ transport, founding, probeMilliseconds: 1000 },
    messenger: { request: () => (answers ? Promise.resolve({}) : Promise.reject(new Error('no'))) },
    addresses: { likeliest: () => 'n9:1', noteProven: () => undefined, noteReported },
  } as unknown as MemberAdmissionOptions);
  const ended: string[] = [];
  void admission.ended.then(({ code }) => ended.push(code));
  return { admission, clock, dropped, ended, reported };
}

t.test('a member tells who must end, and lets in who follows a life that is silent', async (t) => {
  for (const [ran, kind] of [
    [10, 'second'],
    [900_000, 'life'],
  ] as const) {
    const { admission, clock } = admissionOf();
    admission.linkOpened('n1', factsOf('one', 0));
    await clock.advance(60_000);
    const refusal = await admission.judge('n1', factsOf('two', ran));
    t.strictSame(refusal, { kind, detail: 'one:1 (seen at one)' });
  }
  const { admission, dropped } = admissionOf(false);
  admission.linkOpened('n1', factsOf('one', 0));
  t.equal(await admission.judge('n1', factsOf('two', 10)), undefined);
  t.strictSame(dropped, ['n1'], 'its own life of before, on a link that is half open');
});

t.test('the second one ends at once, though other members have taken it', async (t) => {
  const { admission, ended } = admissionOf();
  admission.linkOpened('n2', factsOf('two', 0));
  admission.linkRefused('n1', { kind: 'second', detail: 'x' }, LATER);
  await turn();
  t.strictSame(ended, ['id_in_use']);
});

t.test('the first one goes on with the members that it has, and ends without any', async (t) => {
  const { admission, clock, ended } = admissionOf();
  admission.linkOpened('n2', factsOf('two', 0));
  admission.linkRefused('n1', { kind: 'life', detail: 'x' }, LATER);
  await clock.advance(5000);
  t.strictSame(ended, []);
  admission.linkClosed('n2');
  admission.linkRefused('n1', { kind: 'life', detail: 'x' }, LATER);
  await clock.advance(5000);
  t.strictSame(ended, ['id_in_use']);
});

t.test('where members call a node that is not linked here is heard from their heartbeats', (t) => {
  const { admission, reported } = admissionOf();
  admission.linkOpened('n1', factsOf('one', 0));
  admission.linkOpened('n2', factsOf('two', 0));
  const seen = (id: string) => [id, `life of ${id}`, `new ${id}:1`, 0, 0] as const;
  const sightings = ['n1', 'n2', 'n3', 'n9'].map(
    (id) => [...seen(id)] as [...ReturnType<typeof seen>],
  );
  admission.noteHeartbeat('n1', sightings, 0);
  t.strictSame(reported, [['n3', 'new n3:1']], 'not this node, the sender, or who is linked');
  t.end();
});
