/** What `npm run storage-report` measures, and what it finds. */

export interface Engine {
  readonly name: string;
  readonly writeBufferMebibytes: number;
  /** Size of each of the two files of a log in front; undefined: LevelDB alone. */
  readonly logMebibytes?: number;
}

export interface StorageLoad {
  readonly engine: Engine;
  readonly directory: string;
  /** Puts at a time. */
  readonly inFlight: number;
  readonly valueBytes: number;
  readonly keys: number;
  /**
   * 2: a record and an entry for the leaf of its digest, as nodes once wrote them (decision 0008);
   * 1: the record alone, as they do now.
   */
  readonly keysOfPut: 1 | 2;
  readonly seconds: number;
}

export interface StorageFigures {
  readonly putsPerSecond: number;
  /** User and system, all threads, a put. */
  readonly cpuMicroseconds: number;
  readonly putsPerBatch: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** While it still runs, logs included. */
  readonly diskMebibytes: number;
  readonly residentMebibytes: number;
  /** Until the engine had opened, a log replayed. */
  readonly openMilliseconds: number;
}
