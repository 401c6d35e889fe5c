/** What documents tell users to type: of each it is known whether it writes to dist/. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { checkCommands, commandsIn, touchOf } from '../../tidy/commands.js';
import { readTexts } from '../../tidy/source.js';

const documents = readTexts(process.cwd()).filter(({ path }) =>
  /^(?:README|docs\/.*)\.md$/.test(path),
);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Record<string, string>;
};

t.test('there is none of which it is not known', async (t) => {
  t.same(
    documents.flatMap(({ path, text }) => checkCommands(path, text, scripts)),
    [],
  );
  const reported = documents.flatMap(({ text }) => commandsIn(text));
  t.ok(reported.length > 50, `${reported.length} commands`);
  for (const command of [`npx ${'quorate'} status`, 'npm install', 'npm run clean']) {
    t.equal(checkCommands('x.md', `\`${command}\``, scripts).length, 1, command);
  }
});

t.test('the README has three that build, and they empty nothing', async (t) => {
  const readme = commandsIn(readFileSync('README.md', 'utf8'));
  const building = readme.filter((command) => touchOf(command, scripts) === 'builds');
  // The first is for a clone that nothing runs from yet; the others write what has changed.
  t.strictSame([...new Set(building)], ['npm ci', 'npm start', 'npm test']);
  t.ok(readme.some((command) => touchOf(command, scripts) === 'leaves'));
});
