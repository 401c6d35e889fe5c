/** What helps where a cluster runs already: mostly one of its nodes is dead. */
import { OperatingError } from '../../lib/errors.js';
import { livePidOf, type Running } from './running-file.js';

export function alreadyRuns(dataDir: string, { nodes }: Pick<Running, 'nodes'>): OperatingError {
  const dead = nodes.filter((node) => livePidOf(node) === undefined).map(({ id }) => id);
  const starts = dead.map((id) => `quorate cluster start-node ${id} --data-dir ${dataDir}`);
  const what =
    dead.length === 0
      ? 'all its nodes run: quorate status shows them'
      : `dead in it: ${dead.join(', ')}. Bring back what is dead: ${starts.join(' && ')}`;
  return new OperatingError('not_ready', `a cluster runs on ${dataDir} already; ${what}`);
}
