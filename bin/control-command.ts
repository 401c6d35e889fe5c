/** Commands that ask a node one control question and print the answer: what they share. */
import { z } from 'zod';
import type { Answered } from '../lib/client/results.js';
import { maybeList, maybeNumber, maybeText } from './answer-shapes.js';
import type { Invocation } from './command.js';
import type { ExitCode } from './exit-code.js';
import { EXIT } from './exit-code.js';
import { print } from './output.js';
import type { Terminal } from './terminal.js';

/** `json` is the answer itself: parsed and written again, long numbers would lose digits. */
export function printControl<Content>(
  { options, terminal }: Invocation,
  result: Answered<Content>,
  views: {
    readonly table: (terminal: Terminal, content: Content) => string;
    readonly value: (content: Content) => string;
  },
): ExitCode {
  const { content, text } = result;
  print(terminal, options, {
    table: (to) => views.table(to, content),
    json: () => text,
    value: () => views.value(content),
  });
  return EXIT.done;
}

/** Below what a change would come to. */
export const DRY_RUN_LINE = 'dry run: nothing was changed';

/** The consistency settings, as they are answered. */
export const settingsShape = z.looseObject({
  version: maybeText,
  settings: z.record(z.string(), z.unknown()),
  nodes: maybeList(z.string()),
  dry_run: z.boolean().default(false),
});

/** How many replicas a key has. */
export const replicasShape = z.looseObject({ replicas_effective: z.int() });

/** How many partitions reach each level now; without `reads`: it is not for reads. */
export const levelsShape = z.looseObject({
  partitions: maybeNumber,
  levels: z.array(
    z.looseObject({
      level: z.string(),
      reads: maybeNumber,
      writes: maybeNumber,
    }),
  ),
});
