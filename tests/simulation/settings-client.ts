/** Changes and reads the settings of a cluster over HTTP, and writes down what it sees. */
import { z } from 'zod';
import type { SettingValues } from '../../lib/checkers/check-settings.js';
import { messageOf } from '../../lib/errors.js';
import type { HttpAnswer, HttpRequest } from './http-answers.js';
import { refusalOf } from './kv-answer.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { SettingsLog } from './settings-log.js';
import type { World } from './world.js';

export interface SettingsClientOptions {
  readonly world: World;
  readonly log: SettingsLog;
  readonly onTrouble: (message: string) => void;
  /** Are fields changed that decide what a write or a read is to do? */
  readonly isBold: boolean;
}

const PATH = '/api/v1/config/consistency';
/** For a change of settings or of a namespace: a node gives up 5 s after each of two rounds. */
export const CHANGE_PATIENCE_MILLISECONDS = 12_000;

const answerShape = z.object({
  version: z.string(),
  settings: z.record(z.string(), z.unknown()),
  nodes: z.array(z.string()),
});

/** Levels that any key can meet. */
const LEVELS = ['quorum', 'quorum', 'one', 'all', 'eventual', 'local-one'];

/** What a field is changed to. */
const CAUTIOUS: Readonly<Record<string, readonly unknown[]>> = {
  read_repair_probability: [0, 0.1, 0.5, 1],
  tombstone_retention_s: [0, 1, 2, 86_400],
  versions_kept: [0, 1, 3],
  versions_kept_for_s: [0, 1, 3600],
  // More than any client asks for: none is ever refused.
  rate_limit_max: [0, 100_000, 1_000_000],
  rate_limit_window: ['1s', '10s', '1h'],
};
const BOLD: Readonly<Record<string, readonly unknown[]>> = {
  ...CAUTIOUS,
  default_level: LEVELS,
  default_write_level: LEVELS,
  blind_writes: ['overwrite', 'sibling', 'refuse'],
  conflict_resolution: ['siblings', 'last-writer', 'set-union', 'max', 'json-merge', 'custom'],
};

export class SettingsClient {
  readonly #options: SettingsClientOptions;

  constructor(options: SettingsClientOptions) {
    this.#options = options;
  }

  /** Resolves when the change was answered and read back, or the node has died. */
  async change(machine: Machine, random: SeededRandom): Promise<void> {
    const { log, isBold, world } = this.#options;
    const [version] = random.shuffle([...log.versions.keys()]);
    const ifMatch = random.chance(0.3) ? version : undefined;
    if (random.chance(0.1)) {
      await this.#dryRun(machine, this.#drawFields(random, isBold));
    } else if (random.chance(0.2) && version !== undefined) {
      world.count('settings: rollback asked');
      const fields = log.versions.get(version) ?? {};
      const answer = await this.#attempt(machine, fields, ifMatch, `${PATH}/rollback`, { version });
      if (answer) world.count('settings: rolled back');
    } else {
      const fields = this.#drawFields(random, isBold);
      await this.#attempt(machine, fields, ifMatch, PATH, fields);
    }
    await this.read(machine, false);
    if (random.chance(0.3)) await this.#history(machine);
  }

  /** @param isLast after the calm */
  async read(machine: Machine, isLast: boolean): Promise<boolean> {
    const { world } = this.#options;
    const began = world.now;
    const answer = await this.#ask(machine, {
      ...{ method: 'GET', path: PATH, headers: {}, body: undefined },
    });
    if (answer?.status !== 200) return false;
    world.count('settings read back');
    this.#noteRead(machine, answer, began, isLast);
    return true;
  }

  #drawFields(random: SeededRandom, isBold: boolean): SettingValues {
    const table = isBold ? BOLD : CAUTIOUS;
    const count = random.pick([1, 1, 2]);
    const names = random.shuffle(Object.keys(table)).slice(0, count);
    return Object.fromEntries(names.map((name) => [name, random.pick(table[name] ?? [])]));
  }

  async #attempt(
    machine: Machine,
    fields: SettingValues,
    ifMatch: string | undefined,
    path: string,
    body: SettingValues,
  ): Promise<boolean> {
    const { world, log } = this.#options;
    const attempt = log.begin(fields, ifMatch, world.now);
    const answer = await this.#post(machine, path, body, ifMatch);
    attempt.ended = world.now;
    if (answer?.status === 200) {
      const { version, nodes, settings } = answerShape.parse(jsonOf(answer));
      Object.assign(attempt, { outcome: 'acknowledged', version, nodes });
      world.count('settings changed');
      if (ifMatch !== undefined) world.count('settings: If-Match held');
      world.note(`settings ${attempt.id} ${version} ${JSON.stringify(settings)}`);
      this.#noteRead(machine, answer, world.now, false);
      return true;
    }
    if (answer === undefined) return false;
    const { code, outcome } = refusalOf(jsonOf(answer));
    if (outcome === 'none') attempt.outcome = 'refused';
    world.count(`settings not changed: ${code}`);
    if (code === 'precondition_failed') world.count('settings: If-Match failed');
    return false;
  }

  async #dryRun(machine: Machine, fields: SettingValues): Promise<void> {
    const answer = await this.#post(machine, `${PATH}?dry_run=1`, fields, undefined);
    if (answer?.status !== 200) return;
    this.#options.world.count('settings: dry run');
    const { settings } = answerShape.parse(jsonOf(answer));
    for (const [name, value] of Object.entries(fields)) {
      if (settings[name] === value) continue;
      this.#options.onTrouble(`a dry run of ${name} = ${String(value)} shows another`);
    }
  }

  async #history(machine: Machine): Promise<void> {
    const path = `${PATH}/history`;
    const answer = await this.#ask(machine, { method: 'GET', path, headers: {}, body: undefined });
    if (answer?.status !== 200) return;
    const row = z.object({ version: z.string(), changed: z.record(z.string(), z.unknown()) });
    const { history } = z.object({ history: z.array(row) }).parse(jsonOf(answer));
    if (history.length > 0) this.#options.world.count('settings: history read');
  }

  #noteRead(machine: Machine, answer: HttpAnswer, began: number, isLast: boolean): void {
    const { log, world } = this.#options;
    const { version, settings } = answerShape.parse(jsonOf(answer));
    const { damagedAt } = machine.disk;
    const node = machine.id;
    log.read({ node, began, ended: world.now, fields: settings, version, isLast, damagedAt });
  }

  #post(machine: Machine, path: string, body: SettingValues, ifMatch: string | undefined) {
    const headers = {
      'Content-Type': 'application/json',
      ...(ifMatch === undefined ? {} : { 'If-Match': `"${ifMatch}"` }),
    };
    return this.#ask(machine, { method: 'POST', path, headers, body: JSON.stringify(body) });
  }

  /** Undefined: no answer; the node may have died. */
  async #ask(machine: Machine, request: HttpRequest): Promise<HttpAnswer | undefined> {
    const { world, onTrouble } = this.#options;
    const answer = machine.exchange(request)?.catch((error: unknown) => {
      onTrouble(`${request.path} on ${machine.id} failed: ${messageOf(error)}`);
    });
    if (answer === undefined) return undefined;
    const late = world.wait(CHANGE_PATIENCE_MILLISECONDS, 'patience');
    const result = await Promise.race([answer, late]);
    if (result?.status === 500) {
      onTrouble(`${request.path} on ${machine.id}: ${result.body.toString('utf8')}`);
    }
    return result ?? undefined;
  }
}

function jsonOf({ body }: HttpAnswer): unknown {
  return JSON.parse(body.toString('utf8'));
}
