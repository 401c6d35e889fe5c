/** A diff of two texts, line by line: the longest common subsequence. */

export interface DiffLine {
  readonly kind: 'same' | 'left' | 'right';
  readonly text: string;
}

/** Beyond it texts are shown whole: the table grows with the product of both. */
const LINES_MAX = 400;

export function diffLines(left: string, right: string): DiffLine[] {
  const a = left.split('\n');
  const b = right.split('\n');
  if (a.length > LINES_MAX || b.length > LINES_MAX) {
    return [
      ...a.map((text) => ({ kind: 'left', text }) as const),
      ...b.map((text) => ({ kind: 'right', text }) as const),
    ];
  }
  const common = commonLengths(a, b);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [text = '', other = ''] = [a[i], b[j]];
    if (i < a.length && j < b.length && text === other) {
      lines.push({ kind: 'same', text });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ kind: 'left', text });
      i += 1;
    } else {
      lines.push({ kind: 'right', text: other });
      j += 1;
    }
  }
  return lines;
}

/** [i][j]: of what follows from there on. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = table[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const isSame = a[i] === b[j];
      row[j] = isSame
        ? at(table, i + 1, j + 1) + 1
        : Math.max(at(table, i + 1, j), row[j + 1] ?? 0);
    }
  }
  return table;
}

function at(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}
