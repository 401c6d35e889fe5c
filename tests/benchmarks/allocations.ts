/** How many promises a process makes, and how many bytes it allocates, while something runs. */
import type { CallFrame } from './cpu-profile.js';
import type { Inspector } from './inspector.js';

export interface Allocations {
  readonly promises: number;
  readonly bytes: number;
  /** The functions that allocated most, with their bytes. */
  readonly largest: readonly (readonly [CallFrame, number])[];
}

interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** One of so many bytes is looked at. */
const SAMPLE_BYTES = 4096;
const LARGEST = 12;

/** A counter in the process, and the hook that moves it. */
const COUNT_PROMISES = `
  globalThis.quorateBench ??= { promises: 0 };
  globalThis.quorateBench.hook ??= process.getBuiltinModule('node:async_hooks').createHook({
    init(id, type) { if (type === 'PROMISE') globalThis.quorateBench.promises += 1; },
  });
  globalThis.quorateBench.hook.enable();
  0`;
const COUNTED = 'globalThis.quorateBench.hook.disable(); globalThis.quorateBench.promises';

/** Promises of a run of their own: what counts them allocates. */
export async function promisesOf(inspector: Inspector, work: () => Promise<void>): Promise<number> {
  await inspector.evaluate(COUNT_PROMISES);
  await work();
  return Number(await inspector.evaluate(COUNTED));
}

/** Sampled, with what was collected meanwhile. */
export async function bytesOf(
  inspector: Inspector,
  work: () => Promise<void>,
): Promise<Omit<Allocations, 'promises'>> {
  await inspector.call('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await work();
  const { profile } = (await inspector.call('HeapProfiler.stopSampling')) as {
    readonly profile: { readonly head: HeapNode };
  };
  const byPlace = new Map<string, [CallFrame, number]>();
  let bytes = 0;
  const add = ({ callFrame, selfSize, children }: HeapNode): void => {
    bytes += selfSize;
    const place = `${callFrame.url}:${callFrame.lineNumber}:${callFrame.functionName}`;
    const known = byPlace.get(place);
    if (known === undefined) byPlace.set(place, [callFrame, selfSize]);
    else known[1] += selfSize;
    for (const child of children) add(child);
  };
  add(profile.head);
  const largest = [...byPlace.values()].sort(([, a], [, b]) => b - a).slice(0, LARGEST);
  return { bytes, largest };
}
