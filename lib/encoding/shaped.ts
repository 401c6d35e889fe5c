/** What people write, checked by a schema; what is not of its shape is said in plain words. */
import type { z } from 'zod';

/** Where it is wrong, and what it must be: `rate_limit_max`, `must be a whole number`. */
export interface ShapeProblem {
  /** Names from the outside in, with dots between them; empty: the whole. */
  readonly field: string;
  readonly message: string;
}

export type Shaped<Value> =
  | { readonly value: Value }
  | { readonly problems: readonly [ShapeProblem, ...ShapeProblem[]] };

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const UNITS: Readonly<Record<string, string>> = {
  string: ' characters long',
  array: ' items long',
};

/** The schema's own words go before these. */
export function shapedBy<Value>(shape: z.ZodType<Value>, given: unknown): Shaped<Value> {
  const parsed = shape.safeParse(given, { error: messageOfIssue });
  if (parsed.success) return { value: parsed.data };
  const byField = new Map<string, ShapeProblem>();
  // Of several about one field the first says the most: the kind goes before its limits. The limit
  // of whole numbers as such says less than that of the field, and comes before it.
  const { issues } = parsed.error;
  const ranked = [...issues.filter((one) => !isOfAllIntegers(one)), ...issues];
  for (const one of ranked.flatMap(problemsOf)) {
    if (!byField.has(one.field)) byField.set(one.field, one);
  }
  const [first, ...others] = byField.values();
  return { problems: [first ?? { field: '', message: 'is not of the right shape' }, ...others] };
}

/** `name: what it must be`; several with semicolons between them. */
export function problemText(problems: readonly ShapeProblem[]): string {
  return problems
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join('; ');
}

function isOfAllIntegers(issue: z.core.$ZodIssue): boolean {
  return (issue.code === 'too_small' || issue.code === 'too_big') && 'note' in issue;
}

function problemsOf(issue: z.core.$ZodIssue): ShapeProblem[] {
  const { path, message } = issue;
  const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
  return names.map((name) => ({
    field: [...path, ...(name === undefined ? [] : [name])].join('.'),
    message,
  }));
}

function messageOfIssue(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      if (issue.input === Number.POSITIVE_INFINITY || issue.input === Number.NEGATIVE_INFINITY) {
        return 'must be a number of JavaScript, which end at 1.8e308';
      }
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `must be at least ${String(issue.minimum)}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}${UNITS[issue.origin] ?? ''}`;
    case 'invalid_value':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'unrecognized_keys':
      return `is not known here${knownOf(issue.inst)}`;
    case 'invalid_union': {
      const messages = issue.errors.flatMap(([one]) => one?.message ?? []);
      return [...new Set(messages)].join(', or ') || 'is none of what it may be';
    }
    default:
      return 'is not written as it must be';
  }
}

/** The names that an object may have. */
function knownOf(shape: Issue['inst']): string {
  const def: object = shape?._zod.def ?? {};
  const names = 'shape' in def ? Object.keys(def.shape as object) : [];
  return names.length === 0 ? '' : `; there are ${names.join(', ')}`;
}
