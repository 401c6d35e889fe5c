/** The places where settings are listed for people, made from the table itself. */
import { formatSetting } from '../../config/kinds.js';
import { SETTING_LIST, SETTINGS } from '../../config/schema.js';
import type { SettingRow } from '../../config/setting.js';
import { PROFILES } from '../../config/profiles.js';

/** In .env.example, what comes before is generated and what follows is written by hand. */
export const COMMANDS_MARK = '# ---- variables of commands ----';

/** In docs/operations.md, what is between them is generated. */
export const TABLE_MARKS = { begin: '<!-- settings: begin -->', end: '<!-- settings: end -->' };

const LINE = 98;

/** The generated part of .env.example: each variable with its default, commented out. */
export function environmentExample(): string {
  const head = wrap(
    'Every setting of a node, with its default. Take the `#` away to set one. A flag beats the ' +
      'environment, which beats --variables, which beats --config, the profile and the default. ' +
      'A setting given here beats the profile. An empty value counts as absent.',
  );
  const groups = Object.keys(SETTINGS).map((group) => {
    const lines = SETTING_LIST.filter((setting) => setting.group === group).flatMap(
      ({ variable, row }) => [
        ...wrap(`${row.why} [${limitsOf(row)}]`),
        `#${variable}=${formatSetting(row, row.default)}`,
      ],
    );
    return [`# ---- ${group} ----`, ...lines].join('\n');
  });
  return `${[head.join('\n'), ...groups].join('\n\n')}\n`;
}

/** The generated part of docs/operations.md. */
export function settingsTables(): string {
  const tables = Object.keys(SETTINGS).map((group) => {
    const rows = SETTING_LIST.filter((setting) => setting.group === group).map(
      ({ name, variable, row }) => {
        const value = code(formatSetting(row, row.default));
        return tableRow([code(name), value, limitsOf(row), row.why, code(variable)]);
      },
    );
    return [
      `### ${group}`,
      '',
      '| setting | default | values | what and why | variable |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return [...tables, profilesTable()].join('\n\n');
}

function profilesTable(): string {
  const names = Object.keys(PROFILES) as (keyof typeof PROFILES)[];
  const rows = SETTING_LIST.filter(({ name }) => names.some((one) => name in PROFILES[one])).map(
    ({ name, row }) => {
      const cells = names.map((one) =>
        code(PROFILES[one][name] ?? formatSetting(row, row.default)),
      );
      return tableRow([code(name), ...cells]);
    },
  );
  return [
    '### Profiles',
    '',
    `| setting | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}

/** `text` with the part between the marks replaced. */
export function withTables(text: string): string {
  const before = text.indexOf(TABLE_MARKS.begin);
  const after = text.indexOf(TABLE_MARKS.end);
  if (before < 0 || after < before) throw new Error('the marks of the settings tables are missing');
  const head = text.slice(0, before + TABLE_MARKS.begin.length);
  return `${head}\n\n${settingsTables()}\n\n${text.slice(after)}`;
}

/** `text` with everything before the mark of the commands replaced. */
export function withEnvironment(text: string): string {
  const mark = text.indexOf(COMMANDS_MARK);
  return `${environmentExample()}\n${mark < 0 ? `${COMMANDS_MARK}\n` : text.slice(mark)}`;
}

/** The limits of a row, for people. */
function limitsOf(row: SettingRow): string {
  if (row.kind === 'enum') return row.values.join(', ');
  if (row.kind === 'boolean') return 'true, false';
  if (row.kind === 'text') return row.says ?? 'text';
  if (row.kind === 'address') return 'host:port';
  if (row.kind === 'addresses') return 'host:port,...';
  if (row.kind === 'names') return 'name,...';
  if (row.kind === 'subnets') return 'address/bits,...';
  if (row.kind === 'founders') return 'id=host:port,...';
  const { minimum, maximum, unit, rule } = row;
  const range = `${formatSetting(row, minimum)} to ${formatSetting(row, maximum)}`;
  const counted = unit === undefined ? range : `${range} ${unit}`;
  return rule === undefined ? counted : `${counted}, ${rule.says}`;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function code(value: unknown): string {
  return value === '' ? '' : `\`${String(value)}\``;
}

/** The text in comment lines of at most LINE columns. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(`# ${word}`);
  }
  return lines;
}
