/** A real Prometheus with the configuration of this repository, and its tool. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../conformance/free-ports.js';
import { type Owner, until } from '../integration/real-cluster.js';

const HOST = '127.0.0.1';
const START_MILLISECONDS = 60_000;
export const MONITORING = fileURLToPath(new URL('../../../config/monitoring', import.meta.url));

/** Why it cannot run here; undefined: it can. */
export function whyNoPrometheus(): string | undefined {
  const missing = ['prometheus', 'promtool'].filter(
    (command) => spawnSync(command, ['--version']).status !== 0,
  );
  return missing.length === 0 ? undefined : `there is no ${missing.join(', and no ')}`;
}

export interface ToolAnswer {
  readonly status: number | null;
  readonly said: string;
}

/** One command of promtool, in the folder of the configuration. */
export function promtool(words: readonly string[], input = ''): ToolAnswer {
  const ran = spawnSync('promtool', words, { cwd: MONITORING, input, encoding: 'utf8' });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

/** One series of the answer to a query, as it is now. */
export interface QueriedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Prometheus {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** @param targets where the nodes listen for clients, by their ids */
  static async start(
    owner: Owner,
    folder: string,
    targets: Readonly<Record<string, string>>,
  ): Promise<Prometheus> {
    mkdirSync(folder);
    cpSync(MONITORING, folder, { recursive: true });
    const rows = Object.entries(targets).map(
      ([node, address]) => `- targets: ['${address}']\n  labels: { node: ${node} }\n`,
    );
    writeFileSync(join(folder, 'targets.yml'), rows.join(''));
    const [port = 0] = await freePorts(HOST, 1);
    const words = [
      ...['--config.file', join(folder, 'prometheus.yml')],
      ...['--storage.tsdb.path', join(folder, 'data'), '--log.level', 'warn'],
      ...['--web.listen-address', `${HOST}:${port}`],
    ];
    const child = spawn('prometheus', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    owner.teardown(() => child.kill('SIGKILL'));
    let reported = '';
    child.stderr.on('data', (chunk) => {
      reported += String(chunk);
    });
    const prometheus = new Prometheus(`http://${HOST}:${port}`);
    await until('Prometheus to be ready', START_MILLISECONDS, async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${reported}`);
      const answer = await fetch(`${prometheus.#url}/-/ready`).catch(() => undefined);
      return answer?.ok === true;
    });
    return prometheus;
  }

  /** @throws Error where Prometheus does not understand it */
  async query(expression: string): Promise<QueriedSeries[]> {
    const asked = new URLSearchParams({ query: expression });
    const answer = await fetch(`${this.#url}/api/v1/query?${asked.toString()}`);
    const body = (await answer.json()) as {
      readonly error?: string;
      readonly data?: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    };
    if (body.data === undefined) throw new Error(`${expression}: ${body.error ?? answer.status}`);
    return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** Names of the alerts that fire now. */
  async firing(): Promise<Set<string>> {
    const answer = await fetch(`${this.#url}/api/v1/alerts`);
    const { data } = (await answer.json()) as {
      readonly data: {
        readonly alerts: readonly {
          readonly state: string;
          readonly labels: { readonly alertname: string };
        }[];
      };
    };
    const all = data.alerts.filter(({ state }) => state === 'firing');
    return new Set(all.map(({ labels }) => labels.alertname));
  }
}

/** The names of all alerts of the configuration, in their order. */
export function alertNames(): string[] {
  const text = readFileSync(join(MONITORING, 'alerts.yml'), 'utf8');
  return [...text.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name = '']) => name);
}
