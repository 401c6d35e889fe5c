/** Dots: the name of one stored write (dotted version vectors, Preguiça et al. 2012). */
import type { Writer } from './writer.js';
import { isWriter } from './writer.js';

/** The n-th version that `writer` minted in one partition; n = 1, 2, 3, ... */
export interface Dot {
  readonly writer: Writer;
  readonly n: number;
}

/** `writer.n`: what clients see as `version`. */
export function dotText(dot: Dot): string {
  return `${dot.writer}.${dot.n}`;
}

/** The dot of a text, or undefined where it is none. */
export function parseDot(text: string): Dot | undefined {
  const end = text.lastIndexOf('.');
  const writer = text.slice(0, end);
  const n = text.slice(end + 1);
  if (!isWriter(writer) || !/^[1-9][0-9]{0,14}$/.test(n)) return undefined;
  return { writer, n: Number(n) };
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.n === b.n && a.writer === b.writer;
}

/** A total order without meaning, so that equal sets are written alike. */
export function compareDots(a: Dot, b: Dot): number {
  if (a.writer !== b.writer) return a.writer < b.writer ? -1 : 1;
  return a.n - b.n;
}
