/** Histories of operations by hand: good ones, and one for each thing that is forbidden. */
import t from 'tap';
import {
  checkOperations,
  type ChosenState,
  type OperationAttempt,
} from '../../../lib/checkers/check-operations.js';

/**
 * `a@v1 b@v2`: operations and the versions that they are, of one state; `a@v1-`: a tombstone;
 * `!v1`: the state does not cover this version; it covers every other.
 */
function states(...texts: readonly string[]): ChosenState[] {
  return texts.map((text) => ({
    key: 'k',
    versions: text
      .split(' ')
      .filter((word) => word !== '' && !word.startsWith('!'))
      .map((word) => {
        const [operation = '', version = ''] = word.replace('-', '').split('@');
        return { operation, version, isValue: !word.endsWith('-') };
      }),
    covers: (version) => !text.split(' ').includes(`!${version}`),
  }));
}

/** `a applied v1 "200"`, `a none "412"`, `a open`, `a nothing` */
function attempts(...texts: readonly string[]): OperationAttempt[] {
  return texts.map((text) => {
    const [operation = '', outcome = '', version] = text.split(' ');
    const answer = /"(.*)"/.exec(text)?.[1];
    const isApplied = outcome === 'applied';
    return {
      ...{ operation, key: 'k', outcome: outcome as OperationAttempt['outcome'] },
      ...{ version: isApplied ? version : undefined, answer },
    };
  });
}

const GOOD: Readonly<Record<string, readonly [OperationAttempt[], ChosenState[]]>> = {
  'sent again, and replaced meanwhile': [
    attempts('a open', 'a applied v1 "200"', 'b applied v2 "200b"', 'a applied v1 "200"'),
    states('a@v1', 'b@v2'),
  ],
  'never answered, and applied once': [attempts('a open', 'a open'), states('a@v1', '')],
  'refused, and never applied': [attempts('a none "412"', 'a none "412"'), states('b@v2')],
  'the first attempt did nothing, a later one did it': [
    attempts('a nothing', 'a applied v1 "200"'),
    states('a@v1'),
  ],
  'a state of before is chosen again, which does not cover it': [
    attempts('a applied v1 "x"'),
    states('b@v2', 'a@v1 b@v2', 'b@v2 !v1', 'a@v1 b@v2'),
  ],
  'chosen again as it was': [attempts('a applied v1 "x"'), states('a@v1', 'a@v1', 'a@v1')],
  'a tombstone that an owner has kept, beside what came later': [
    attempts('a applied v1 "200"', 'b applied v2 "201"'),
    states('a@v1-', 'b@v2', 'a@v1- b@v2'),
  ],
};

const BAD: Readonly<Record<string, readonly [OperationAttempt[], ChosenState[], RegExp]>> = {
  'applied under two versions': [
    attempts('a open', 'a applied v3 "200"'),
    states('a@v1', 'a@v3'),
    /applied as v1 and as v3/,
  ],
  'applied again under the same version': [
    attempts('a applied v1 "200"', 'b applied v2 "201"'),
    states('a@v1', 'b@v2', 'a@v1'),
    /applied again, as v1/,
  ],
  'two answers': [
    attempts('a applied v1 "200"', 'a applied v1 "200 other"'),
    states('a@v1'),
    /was answered 200, and 200 other/,
  ],
  'refused, and applied later': [
    attempts('a none "412"', 'a applied v1 "412"'),
    states('a@v1'),
    /will never be/,
  ],
  'said that it never will be, and it is': [
    attempts('a open', 'a none'),
    states('a@v1'),
    /never be applied, and is, as v1/,
  ],
  'said that nothing happened, and it did': [
    attempts('a nothing', 'a nothing'),
    states('a@v1'),
    /did nothing, and is applied/,
  ],
  'answered with a version that never was': [
    attempts('a applied v7 "200"'),
    states('b@v1'),
    /never there/,
  ],
};

t.test('what is allowed', async (t) => {
  for (const [name, [of, chosen]] of Object.entries(GOOD)) {
    t.same(checkOperations({ attempts: of, states: chosen }), [], name);
  }
});

t.test('what is forbidden', async (t) => {
  for (const [name, [of, chosen, message]] of Object.entries(BAD)) {
    const found = checkOperations({ attempts: of, states: chosen });
    t.ok(
      found.some((finding) => finding.checker === 'operations' && message.test(finding.message)),
      `${name}: ${JSON.stringify(found)}`,
    );
  }
});
