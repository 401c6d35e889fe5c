/** The words of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Experiment } from './rows.js';
import { EXPERIMENTS } from './rows.js';
import { wholeNumber } from '../whole-number.js';

export interface BenchOptions {
  readonly experiments: readonly Experiment[];
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Smaller amounts of what is measured once. */
  readonly isQuick: boolean;
  readonly install: boolean;
  /** A work of the cluster to take a CPU profile of, instead of a table. */
  readonly profile: string | undefined;
  readonly connections: number;
  readonly result: string;
  readonly picture: string;
  readonly dataDir: string;
  /** As it was typed. */
  readonly command: string;
}

export const USAGE = `npm run bench -- [options]
  --quick            3 rounds of 1 s, fewer keys and rows, P8 only if named: under 3 minutes
                     (otherwise 7 rounds of 5 s)
  --only P1,P3       ${EXPERIMENTS.join(', ')}
  --rounds N, --seconds N
  --install          installs wrk, etcd and redis with apt-get (as root, on Debian), and ends
  --profile WORK     of one node under "put quorum", "get quorum" or "get one": where its CPU
                     goes, how many promises an operation makes and how many bytes it allocates
  --connections N    with --profile: 66 by default
  --result FILE      where the figures go as JSON (dist/bench/result.json)
  --picture FILE     the picture of the table (dist/bench/bench.svg)
  --data-dir DIR     where the systems keep their data meanwhile (dist/bench)`;

/** @throws Error where the words make no sense */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      install: { type: 'boolean', default: false },
      profile: { type: 'string' },
      connections: { type: 'string', default: '66' },
      result: { type: 'string', default: 'dist/bench/result.json' },
      picture: { type: 'string', default: 'dist/bench/bench.svg' },
      'data-dir': { type: 'string', default: 'dist/bench' },
    },
  });
  const [rounds, seconds] = values.quick ? ['3', '1'] : ['7', '5'];
  return {
    experiments: experimentsOf(values.only, values.quick),
    rounds: wholeNumber('--rounds', values.rounds ?? rounds),
    seconds: wholeNumber('--seconds', values.seconds ?? seconds),
    warmUpSeconds: values.quick ? 1 : 10,
    isQuick: values.quick,
    install: values.install,
    profile: values.profile,
    connections: wholeNumber('--connections', values.connections),
    result: values.result,
    picture: values.picture,
    dataDir: values['data-dir'],
    command: ['npm run bench --', ...words].join(' '),
  };
}

/** It needs three clusters more than the others, and half of their time again. */
const NOT_QUICK: Experiment = 'P8';

function experimentsOf(only: string | undefined, isQuick: boolean): readonly Experiment[] {
  if (only === undefined) return EXPERIMENTS.filter((name) => !isQuick || name !== NOT_QUICK);
  return only.split(',').map((name) => {
    const known = EXPERIMENTS.find((experiment) => experiment === name.trim().toUpperCase());
    if (known === undefined) throw new Error(`there is no experiment "${name}"`);
    return known;
  });
}
