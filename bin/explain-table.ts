/** How an answer came about, as a table for people: a line for each step. */
import {
  type ExplainedAnswer,
  type ExplainedCourse,
  type ExplainedStep,
  explanationIn,
} from '../lib/client/explanation.js';
import type { OptionRow } from './option-row.js';
import { REQUEST_GROUP } from './command-options.js';
import { table } from './output.js';
import type { Terminal } from './terminal.js';

export const EXPLAIN_OPTION: OptionRow = {
  flags: '--explain',
  variable: 'QUORATE_EXPLAIN',
  summary: 'print how the answer came about, on standard error; with -o json: in it',
  group: REQUEST_GROUP,
};

const HEAD = ['MS', 'TOOK', 'NODE', 'DID', 'DETAILS', 'ANSWER'];

/** Nothing where there is none. */
export function printExplanation(
  terminal: Pick<Terminal, 'err' | 'colours'>,
  explanation: ExplainedAnswer | undefined,
): void {
  if (explanation === undefined) return;
  const { node, took_ms, courses, left_out = 0 } = explanation;
  terminal.err(`asked ${node}, answered in ${took_ms} ms\n`);
  const rows = courses.flatMap((course) => [headOf(course), ...course.steps.map(rowOf)]);
  terminal.err(table({ colours: false }, HEAD, rows));
  if (left_out > 0) terminal.err(`${left_out} steps are left out\n`);
}

/** That of a problem: its text is JSON. */
export function printExplanationIn(terminal: Terminal, text: string | undefined): void {
  if (text === undefined) return;
  printExplanation(terminal, explanationIn(JSON.parse(text) as Record<string, unknown>));
}

function headOf({ node, course, steps: _, plan, ...members }: ExplainedCourse): string[] {
  const { partition, owners = [] } = (plan ?? {}) as Plan;
  const up = owners.map((owner) => (owner.up ? owner.node : `${owner.node} (down)`));
  const place = plan === undefined ? {} : { partition, owners: up };
  return ['', '', node, course, membersText({ ...place, ...members }), ''];
}

interface Plan {
  readonly partition?: number;
  readonly owners?: readonly { readonly node: string; readonly up: boolean }[];
}

function rowOf({ at_ms, did, node = '', took_ms, answer, ...members }: ExplainedStep): string[] {
  const said = answer === null ? 'none yet' : membersText(answer ?? {});
  const took = took_ms === undefined ? '' : String(took_ms);
  return [String(at_ms), took, node, `  ${did}`, membersText(members), said];
}

/** `want full  for level`: short, and no JSON. */
function membersText(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .map(([name, value]) => {
      const word = name.replaceAll('_', ' ');
      return value === true ? word : `${word} ${valueText(value)}`;
    })
    .join('; ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return `(${membersText(value as Readonly<Record<string, unknown>>)})`;
}
