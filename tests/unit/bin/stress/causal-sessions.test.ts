/** What a causal load asks of an answer, and what it must not ask. */
import t from 'tap';
import { type CausalSession, CausalSessions } from '../../../../bin/stress/causal-sessions.js';
import { KeyHistory, type StressOutcome } from '../../../../bin/stress/key-history.js';
import { stressValue } from '../../../../bin/stress/stress-value.js';

function taken(sessions: CausalSessions): CausalSession {
  const session = sessions.take();
  if (session === undefined) throw new Error('all are busy');
  return session;
}

function write(session: CausalSession, key: KeyHistory, outcome: StressOutcome = 'acknowledged') {
  const sequence = key.beginWrite();
  session.beginWrite(key, sequence);
  key.endWrite(sequence, outcome);
  session.endWrite(key, sequence, outcome, 'token');
}

/** @returns what is wrong with an answer of these */
function read(session: CausalSession, key: KeyHistory, ...sequences: readonly number[]) {
  const values = sequences.map((sequence) => stressValue(key.key, sequence, 40));
  const wrong = session.judge(key, values, session.floorOf(key));
  session.endRead('token');
  return wrong;
}

/** Three sessions, a question and an answer to it. */
function forum() {
  const sessions = new CausalSessions(8);
  const [asker, answerer, reader] = [taken(sessions), taken(sessions), taken(sessions)];
  return { asker, answerer, reader, question: new KeyHistory('q'), answer: new KeyHistory('a') };
}

t.test('whoever is shown an answer is shown the question', async (t) => {
  const { asker, answerer, reader, question, answer } = forum();
  write(asker, question);
  t.equal(read(reader, question), undefined, 'nobody has told it of the question');
  t.equal(read(answerer, question, 1), undefined);
  write(answerer, answer);
  t.equal(read(reader, answer, 1), undefined);
  t.match(read(reader, question), /newest is 0, though 1 is in the past.*WriteCOInitRead/);
  t.equal(read(reader, question, 1), undefined);
});

t.test('and the newest question that the answerer had seen, over several hands', async (t) => {
  const { asker, answerer, reader, question, answer } = forum();
  const note = new KeyHistory('n');
  write(asker, question);
  write(asker, question);
  write(asker, note);
  read(answerer, note, 1);
  write(answerer, answer);
  read(reader, answer, 1);
  t.match(read(reader, question, 1), /newest is 1, though 2 is in the past.*WriteCORead/);
  write(asker, question);
  t.equal(read(reader, question, 2), undefined, 'the third is in no past but of its writer');
  t.match(read(asker, question, 2), /though 3 is/);
  t.equal(read(reader, question, 2, 3), undefined);
  t.match(read(reader, question, 2), /though 3 is/, 'it does not go back');
});

t.test('what may not have happened is asked of nobody', async (t) => {
  const { asker, answerer, reader, question, answer } = forum();
  write(asker, question);
  write(asker, question, 'unknown');
  write(asker, question, 'none');
  write(asker, answer);
  read(answerer, answer, 1);
  t.equal(read(answerer, question, 1), undefined);
  write(asker, question);
  write(asker, answer);
  read(reader, answer, 2);
  t.equal(read(reader, question, 2), undefined, 'one of unknown outcome came late');
  t.match(read(reader, question, 1), /though 4 is/);
});

t.test('a session has one request at a time, and there are so many', async (t) => {
  const sessions = new CausalSessions(20);
  const all = Array.from({ length: 20 }, () => taken(sessions));
  t.equal(new Set(all).size, 20);
  t.equal(sessions.take(), undefined);
  all[7]?.endRead(undefined);
  t.equal(sessions.take(), all[7]);
});

t.test('of a long load it remembers the latest', async (t) => {
  const { asker, reader, question, answer } = forum();
  for (let i = 0; i < 1000; i += 1) write(asker, question);
  write(asker, answer);
  read(reader, answer, 1);
  t.match(read(reader, question, 999), /though 1000 is/);
});
