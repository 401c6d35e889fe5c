/** A Dockerfile, as far as this repository needs one: its stages, and what they say. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A stage by its name; the last one may have none. */
export interface Stage {
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export function stagesOf(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(?:#.*)?$/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: { name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') {
      stages.push({ name: / AS (\w+)$/.exec(rest)?.[1], instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** NAME=value pairs of `ENV`. */
export function variablesOf({ instructions }: Stage): Record<string, string> {
  const pairs = instructions
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) => text.split(/\s+/));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** The words of an instruction in JSON: `ENTRYPOINT`, `CMD`, and the command of `HEALTHCHECK`. */
export function wordsOf({ instructions }: Stage, name: string): string[] {
  const text = instructions.find((one) => one.name === name)?.text ?? '';
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}
