/** The cluster's secret at rest: a file that no stranger may read. See docs/operations.md. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { link, open, rm } from 'node:fs/promises';
import { messageOf, OperatingError } from '../errors.js';

const SECRET_BYTES_MIN = 32;
const FILE_BYTES_MAX = 4_096;
const GROUP_READS = 0o040;
const OTHERS_READ = 0o004;
const CHANGED_BY_OTHERS = 0o022;
const ROOT = 0;
/** A named pipe would otherwise be waited for, for ever. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const HEX = /^(?:[0-9a-f]{2})+$/i;

/** On whose behalf files are read. */
export interface Reader {
  readonly user: number;
  readonly groups: readonly number[];
}

/** Of this process; undefined where the system has no such numbers. */
export function thisReader(): Reader | undefined {
  const { geteuid, getegid, getgroups } = process;
  if (geteuid === undefined || getegid === undefined || getgroups === undefined) return undefined;
  return { user: geteuid(), groups: [getegid(), ...getgroups()] };
}

/**
 * The secret in a file: hexadecimal digits where there are nothing but those, else the bytes as
 * they are; white space around them does not count. Links are followed, and their target is judged:
 * it belongs to root or to the reader, nobody else may change it, and only a group of the reader
 * may read it, as where an orchestrator mounts it (Kubernetes: `fsGroup`, `defaultMode: 0440`).
 * @param reader undefined: who owns it, and who may read it, is not judged
 * @throws OperatingError `invalid_request`, saying what is wrong, never what is in the file
 */
export async function readSecret(path: string, reader = thisReader()): Promise<Uint8Array> {
  const content = await withFile(path, OPEN_FLAGS, undefined, async (file) => {
    const status = await file.stat();
    const refusal = reader === undefined ? undefined : refusalOf(status, reader);
    if (!status.isFile()) refuse(path, 'is not a file');
    if (refusal !== undefined) refuse(path, refusal);
    if (status.size > FILE_BYTES_MAX)
      refuse(path, `is longer than ${String(FILE_BYTES_MAX)} bytes`);
    return file.readFile();
  });
  const text = content.toString('latin1').trim();
  const secret = Buffer.from(text, HEX.test(text) ? 'hex' : 'latin1');
  if (secret.length < SECRET_BYTES_MIN) {
    refuse(path, `holds fewer than ${String(SECRET_BYTES_MIN)} bytes`);
  }
  return new Uint8Array(secret);
}

/** What is wrong with it, and what to do; undefined: it is fit to hold a secret. */
function refusalOf({ uid, gid, mode }: Stats, { user, groups }: Reader): string | undefined {
  if (uid !== ROOT && uid !== user) {
    const owners = user === ROOT ? 'root' : `root or user ${String(user)}`;
    return `belongs to user ${String(uid)}, who could change it: chown it to ${owners}`;
  }
  if ((mode & CHANGED_BY_OTHERS) !== 0) return 'can be changed by others: chmod go-w it';
  if ((mode & OTHERS_READ) !== 0) {
    return 'can be read by everybody: chmod o-r it (a secret of Kubernetes: defaultMode: 0440)';
  }
  if ((mode & GROUP_READS) !== 0 && !groups.includes(gid)) {
    return (
      `can be read by group ${String(gid)}, to which this process does not belong: chmod g-r it, ` +
      'or run the process with that group (in Kubernetes: fsGroup)'
    );
  }
  return undefined;
}

/**
 * Makes a secret of 32 random bytes, readable by its owner only. It is there in full or not at all.
 * @throws OperatingError `invalid_request` where the file exists already, or cannot be made
 */
export async function createSecret(path: string): Promise<void> {
  const fresh = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    await withFile(fresh, 'wx', 0o600, async (file) => {
      await file.writeFile(`${randomBytes(SECRET_BYTES_MIN).toString('hex')}\n`);
      await file.sync();
    });
    // Unlike a rename, a link never replaces what somebody else has made meanwhile.
    await link(fresh, path);
  } catch (error) {
    if (error instanceof OperatingError) throw error;
    refuse(path, `cannot be made: ${messageOf(error)}`, error);
  } finally {
    // Where it could not be made, it cannot be removed either.
    await rm(fresh, { force: true }).catch(() => undefined);
  }
}

async function withFile<T>(
  path: string,
  flags: string | number,
  mode: number | undefined,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags, mode);
    return await use(file);
  } catch (error) {
    if (error instanceof OperatingError) throw error;
    return refuse(path, `cannot be used: ${messageOf(error)}`, error);
  } finally {
    await file?.close();
  }
}

function refuse(path: string, reason: string, cause?: unknown): never {
  throw new OperatingError('invalid_request', `secret file ${path} ${reason}`, {
    details: { path },
    cause,
  });
}
