/** Golden bytes: what is stored or sent does not change unless its version is raised. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** All formats of one version number. */
export interface GoldenSet {
  /** Where the bytes are kept, from the root of the repository. */
  readonly file: string;
  /** The constant that is to be raised. */
  readonly versionName: string;
  readonly version: number;
  /** By what was encoded. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

interface Recorded {
  readonly version: number;
  /** Hexadecimal. */
  readonly bytes: Readonly<Record<string, string>>;
}

/** What differs from what is recorded; empty where all is as it was. */
export function goldenFindings(set: GoldenSet): string[] {
  const { version, versionName, file } = set;
  const recorded = read(file);
  if (recorded.version !== version) {
    return [`${file} is of version ${recorded.version}, ${versionName} is ${version}: ${REWRITE}`];
  }
  const added = [...set.bytes.keys()].filter((name) => recorded.bytes[name] === undefined);
  return [...changes(set, recorded), ...added.map((name) => `${name} is not recorded: ${REWRITE}`)];
}

/**
 * Records the bytes of now.
 * @throws Error where something changed and the version did not
 */
export function recordGolden(set: GoldenSet): void {
  const recorded = read(set.file);
  const changed = set.version > recorded.version ? [] : changes(set, recorded);
  if (changed.length > 0) throw new Error(changed.join('\n'));
  const bytes = [...set.bytes].map(([name, value]) => [name, hexadecimal(value)]);
  const next: Recorded = { version: set.version, bytes: Object.fromEntries(bytes) };
  writeFileSync(set.file, `${JSON.stringify(next, null, 2)}\n`);
}

const REWRITE = 'npm run golden';

/** What is recorded and is not so any more. */
function changes({ bytes, version, versionName }: GoldenSet, recorded: Recorded): string[] {
  if (version < recorded.version) return [`${versionName} is below the recorded version`];
  return Object.entries(recorded.bytes).flatMap(([name, before]) => {
    const now = bytes.get(name);
    if (now !== undefined && hexadecimal(now) === before) return [];
    const what = now === undefined ? 'is gone' : `is ${hexadecimal(now)}, was ${before}`;
    return [`${name} ${what}: raise ${versionName}, then ${REWRITE}`];
  });
}

function read(file: string): Recorded {
  if (!existsSync(file)) return { version: 0, bytes: {} };
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded;
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
