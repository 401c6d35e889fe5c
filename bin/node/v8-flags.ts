/** How V8 is told to run a node on a machine that several share (docs/notebook/performance.md). */
export const V8_FLAGS: readonly string[] = [
  // One helper thread: four a node only get in each other's way.
  '--v8-pool-size=1',
  // MiB of young objects: requests wait for 8 ms while they are collected, and for 13 with 16 MiB.
  '--max-semi-space-size=8',
  // Old objects are marked by the helper alone: requests do not wait for the thread that serves.
  '--no-incremental-marking-task',
];
