/** Tables, and values on a terminal. */
import t from 'tap';
import { CommandOptions } from '../../../bin/command-options.js';
import { objectText, OUTPUT_OPTION, print, table, visible } from '../../../bin/output.js';
import { membersOfValue, plainValue, textOfValue } from '../../../bin/value-text.js';
import { fakeTerminal } from './fake-terminal.js';

t.test('columns are as wide as their widest cell', async (t) => {
  const rows = [
    ['n1', 'up'],
    ['n10', 'down'],
  ];
  t.equal(
    table({ colours: false }, ['NODE', 'STATE'], rows),
    'NODE  STATE\nn1    up\nn10   down\n',
  );
  t.match(table({ colours: true }, ['NODE'], []), '\u001b[1mNODE');
  // Each of these signs takes two places.
  t.equal(table({ colours: false }, ['KEY', 'X'], [['購物車', '1']]), 'KEY     X\n購物車  1\n');
});

t.test('what was stored cannot command the terminal', async (t) => {
  t.equal(visible('a\u001b[2Jb\u202ec\n'), 'a\\u{1b}[2Jb\\u{202e}c\\u{a}');
  t.notMatch(table({ colours: false }, ['X'], [['\u001b[31m']]), '\u001b');
});

t.test('values are plain where a person wants them, exact where a program does', async (t) => {
  t.equal(plainValue({ kind: 'json', text: '"a\\nb"' }), 'a\nb');
  t.equal(plainValue({ kind: 'json', text: '12345678901234567890' }), '12345678901234567890');
  const bytes = { kind: 'bytes', bytes: Buffer.from([0, 255]), contentType: 'image/x' } as const;
  t.equal(textOfValue(bytes), '(2 bytes of image/x)');
  t.same(JSON.parse(objectText(membersOfValue(bytes))), {
    value_base64: 'AP8=',
    content_type: 'image/x',
  });
  t.equal(objectText({ a: '12345678901234567890', b: undefined }), '{"a":12345678901234567890}');
});

t.test('JSON is indented alike, and its numbers keep their digits', async (t) => {
  const options = new CommandOptions([OUTPUT_OPTION], { output: 'json' }, {});
  const { terminal, out } = fakeTerminal();
  const text = '{"a":{"n":12345678901234567890.10, "e":[], "o":{}},"l":[1,"x"]}';
  print(terminal, options, { table: () => '', json: () => text, value: () => '' });
  t.equal(
    out(),
    [
      ...['{', '  "a": {', '    "n": 12345678901234567890.10,', '    "e": [],', '    "o": {}'],
      ...['  },', '  "l": [', '    1,', '    "x"', '  ]', '}', ''],
    ].join('\n'),
  );
});
