/** Which id a founder stands for, by what the others have answered: rules alone (M1). */
import fc from 'fast-check';
import t from 'tap';
import { FoundingAnswers } from '../../../lib/membership/founding-answers.js';

const FOUNDERS = ['n1', 'n2', 'n3'];
const NONE = { cluster: '', complete: false };
const draw = (): string => 'drawn';

t.test('the proposer draws an id only once all others have said that they know none', (t) => {
  const answers = new FoundingAnswers('n1', FOUNDERS);
  t.equal(answers.proposal('', draw), undefined, 'nobody has answered');
  answers.note('n2', '', NONE);
  t.equal(answers.proposal('', draw), undefined, 'n3 may know one');
  answers.note('n3', '', NONE);
  t.equal(answers.proposal('', draw), 'drawn');
  t.equal(answers.proposal('mine', draw), undefined, 'it has one already');
  t.end();
});

t.test('a proposer that has lost its disk brings no second id', (t) => {
  const answers = new FoundingAnswers('n1', FOUNDERS);
  answers.note('n2', '', NONE);
  t.equal(answers.proposal('', draw), undefined, 'n3 may know one');
  answers.note('n3', '', { cluster: 'first', complete: false });
  t.equal(answers.proposal('', draw), 'first');
  answers.note('n2', '', { cluster: 'served', complete: true });
  t.equal(answers.proposal('', draw), 'served', 'what is served goes before all');
  t.end();
});

t.test('the others follow its word, and draw none', (t) => {
  const answers = new FoundingAnswers('n2', FOUNDERS);
  answers.note('n3', '', { cluster: 'of n3', complete: false });
  t.equal(answers.proposal('', draw), undefined, 'n3 does not propose');
  answers.note('n1', '', NONE);
  t.equal(answers.proposal('', draw), undefined);
  answers.note('n1', '', { cluster: 'of n1', complete: false });
  t.equal(answers.proposal('of n3', draw), 'of n1');
  t.equal(answers.proposal('of n1', draw), undefined, 'that is what it stands for');
  t.end();
});

t.test('no id is drawn while one founder has not answered, or knows one', (t) => {
  const known = fc.constantFrom('', 'a', 'b');
  const said = fc.option(fc.record({ cluster: known, complete: fc.constant(false) }));
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 5 }), (all) => {
      const others = all.map((_, i) => `n${i + 2}`);
      const answers = new FoundingAnswers('n1', ['n1', ...others]);
      for (const [i, id] of others.entries()) {
        const answer = all[i];
        if (answer) answers.note(id, '', answer);
      }
      const isFree = all.every((answer) => answer !== null && answer.cluster === '');
      return (answers.proposal('', draw) === 'drawn') === isFree;
    }),
  );
  t.end();
});
