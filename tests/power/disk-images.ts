/** File systems in files, whose power can be cut: what was not synced is gone. Linux, and root. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const IMAGE_BYTES = 512 * 1024 * 1024;
const PROBE_BYTES = 4096;
const ATTEMPTS = 100;
const PAUSE_MILLISECONDS = 50;

/**
 * EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: the file system takes nothing more, and what
 * its log holds only in memory never gets out. All in one process, so that little happens between.
 */
const SHUTDOWN = `
import fcntl, os, struct, sys
folders = [os.open(path, os.O_RDONLY) for path in sys.argv[1:]]
print('ready', flush=True)
sys.stdin.readline()
for folder in folders:
    fcntl.ioctl(folder, 0x8004587D, struct.pack('I', 2))
`;

/** Why power cannot be cut here; undefined where it can. Nothing is left behind. */
export async function whyNoPowerCut(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform} has no ext4`;
  if (process.getuid?.() !== 0) return 'only root may mount file systems';
  for (const [command, flag] of [
    ['mkfs.ext4', '-V'],
    ['mount', '-V'],
    ['fsfreeze', '-V'],
    ['python3', '-V'],
  ] as const) {
    if (!succeeds(command, flag)) return `there is no ${command}`;
  }
  let images: DiskImages | undefined;
  try {
    images = DiskImages.create(['probe']);
    images.mountAll();
    await images.cutPower();
    return undefined;
  } catch (error) {
    return `no file system could be mounted and cut: ${String(error).split('\n')[0]}`;
  } finally {
    images?.discard();
  }
}

function succeeds(command: string, ...words: readonly string[]): boolean {
  try {
    run(command, ...words);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { stdio: 'pipe', encoding: 'utf8' });
}

/** One ext4 a name, each mounted at `folder/name`. */
export class DiskImages {
  readonly folder: string;
  readonly #names: readonly string[];

  private constructor(folder: string, names: readonly string[]) {
    this.folder = folder;
    this.#names = names;
  }

  static create(names: readonly string[]): DiskImages {
    const images = new DiskImages(mkdtempSync(join(tmpdir(), 'quorate-power-')), names);
    for (const name of names) {
      run('truncate', '-s', String(IMAGE_BYTES), images.#image(name));
      run('mkfs.ext4', '-q', '-F', images.#image(name));
      mkdirSync(images.mountPoint(name));
    }
    return images;
  }

  mountAll(): void {
    for (const name of this.#names) {
      run('mount', '-o', 'loop,errors=remount-ro', this.#image(name), this.mountPoint(name));
    }
  }

  /**
   * Everything at once: all that is not synced by then is lost. A load in this process goes on
   * until the very cut, since it is waited for, and blocks nothing.
   */
  async cutPower(): Promise<void> {
    const cut = await this.armCut();
    await cut();
  }

  /** Everything is ready: the returned function cuts within a millisecond. Call it. */
  async armCut(): Promise<() => Promise<void>> {
    const folders = this.#names.map((name) => this.mountPoint(name));
    const child = spawn('python3', ['-c', SHUTDOWN, ...folders], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    return async () => {
      child.stdin.end('\n');
      const [status] = (await closed) as [number | null];
      if (status !== 0) throw new Error(`the power could not be cut: ${status}`);
    };
  }

  /** Nobody may have a file open any more: waits until those who died have let go. */
  async unmountAll(): Promise<void> {
    for (const name of this.#names) {
      for (let attempt = 1; !succeeds('umount', this.mountPoint(name)); attempt += 1) {
        if (attempt === ATTEMPTS) throw new Error(`${name} cannot be unmounted`);
        await sleep(PAUSE_MILLISECONDS);
      }
    }
  }

  /** Whatever state they are in. */
  discard(): void {
    for (const name of this.#names) {
      succeeds('fsfreeze', '--unfreeze', this.mountPoint(name));
      succeeds('umount', '--lazy', this.mountPoint(name));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Takes all room of one but so much. */
  fill(name: string, bytesLeft: number): void {
    const { bavail, bsize } = statfsSync(this.mountPoint(name));
    run('fallocate', '-l', String(bavail * bsize - bytesLeft), this.#ballast(name));
  }

  /** Whoever writes there waits until it is thawed, and cannot be killed meanwhile. */
  freeze(name: string): void {
    run('fsfreeze', '--freeze', this.mountPoint(name));
  }

  thaw(name: string): void {
    run('fsfreeze', '--unfreeze', this.mountPoint(name));
  }

  /** As the system does after an error of the disk: the file system is read-only from now on. */
  makeReadOnly(name: string): void {
    const device = run('findmnt', '-no', 'SOURCE', this.mountPoint(name)).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'made by a test');
  }

  /** Another mount takes its place, from the same image; files of the old one stay open. */
  mountAnew(name: string): void {
    run('umount', '--lazy', this.mountPoint(name));
    const device = run('losetup', '--find', '--show', this.#image(name)).trim();
    run('mount', '-o', 'errors=remount-ro', device, this.mountPoint(name));
    // It is given back with the mount.
    run('losetup', '--detach', device);
  }

  /** The room is there again. */
  makeRoom(name: string): void {
    rmSync(this.#ballast(name));
  }

  /** Files of the controls: on each disk one that is synced, and one that is not. */
  writeProbes(mark: string): void {
    for (const name of this.#names) {
      for (const kind of ['synced', 'unsynced'] as const) {
        const file = openSync(this.#probe(name, kind, mark), 'w');
        writeSync(file, Buffer.alloc(PROBE_BYTES, mark));
        if (kind === 'synced') {
          fsyncSync(file);
          this.#syncFolder(name);
        }
        closeSync(file);
      }
    }
  }

  /** How many of the probes still hold what was written. */
  probesLeft(kind: 'synced' | 'unsynced', mark: string): number {
    const expected = Buffer.alloc(PROBE_BYTES, mark);
    return this.#names.filter((name) => {
      try {
        return readFileSync(this.#probe(name, kind, mark)).equals(expected);
      } catch {
        return false;
      }
    }).length;
  }

  #syncFolder(name: string): void {
    const folder = openSync(this.mountPoint(name), 'r');
    fsyncSync(folder);
    closeSync(folder);
  }

  #probe(name: string, kind: string, mark: string): string {
    return join(this.mountPoint(name), `${kind}-${mark}`);
  }

  #ballast(name: string): string {
    return join(this.mountPoint(name), 'ballast');
  }

  #image(name: string): string {
    return join(this.folder, `${name}.img`);
  }

  /** Where one of them is mounted. */
  mountPoint(name: string): string {
    return join(this.folder, name);
  }
}
