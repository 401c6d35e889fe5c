/** An explanation as rows: a line for each course, and one for each of its steps. */
import type { Explained } from '../key-types.js';

export function explainedRows({ courses }: Explained): string[][] {
  return courses.flatMap(({ node, course, steps, plan: _, ...members }) => [
    ['', '', node, course, textOf(members), ''],
    ...steps.map(({ at_ms, took_ms, node: asked = '', did, answer, ...details }) => [
      String(at_ms),
      took_ms === undefined ? '' : String(took_ms),
      asked,
      did,
      textOf(details),
      answer === null ? 'none yet' : textOf(answer ?? {}),
    ]),
  ]);
}

function textOf(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return `${name.replaceAll('_', ' ')}: ${text}`;
    })
    .join(', ');
}
