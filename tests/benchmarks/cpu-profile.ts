/** Where the main thread of another Node.js process is, by sampling. */
import type { Inspector } from './inspector.js';

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** A function as it was called from its parent. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

const SAMPLE_MICROSECONDS = 500;

export async function profiled(
  inspector: Inspector,
  work: () => Promise<void>,
): Promise<CpuProfile> {
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
  await inspector.call('Profiler.start');
  await work();
  return ((await inspector.call('Profiler.stop')) as { readonly profile: CpuProfile }).profile;
}

/** `name file:line`, as in a built tree. */
export function placeOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.replace(/^.*\/(?:dist|node_modules)\//, '');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return place === '' ? name : `${name} ${place}:${lineNumber + 1}`;
}
