/** `quorate node`: one node in this process, until it is signal to stop. */
import { messageOf } from '../../lib/errors.js';
import { readSecret } from '../../lib/platform/secret-file.js';
import type { CommandRow, Invocation } from '../command.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { addressOf, checkNodeSettings, isLoopback } from '../node/node-options.js';
import { NODE_OPTIONS, settingsOf } from '../node/setting-options.js';
import { endOnBugs, newsOf, tellParent } from '../node/supervision.js';
import { softwareVersion } from '../software-version.js';
import { stopRequest, type StopRequest } from '../supervision.js';

export const nodeCommand: CommandRow = {
  name: 'node',
  group: 'Run a cluster:',
  example: 'node --config config/example.json --secret-file ./secret',
  summary: 'run one node of a cluster',
  options: NODE_OPTIONS,
  run,
};

/** A stop that takes longer is cut: what was acknowledged is on the disk. */
const STOP_LIMIT_MILLISECONDS = 15_000;

async function run(invocation: Invocation): Promise<ExitCode> {
  let reportEnd = (_why: string): void => undefined;
  const stop = stopRequest({
    limitMilliseconds: STOP_LIMIT_MILLISECONDS,
    endNow: (why) => reportEnd(why),
  });
  try {
    return await serve(invocation, stop, (report) => (reportEnd = report));
  } catch (error) {
    const news = newsOf(error);
    if (news !== undefined) await tellParent(news);
    throw error;
  } finally {
    stop.close();
  }
}

async function serve(
  invocation: Invocation,
  { signal, requested }: StopRequest,
  onEnd: (report: (why: string) => void) => void,
): Promise<ExitCode> {
  const settings = settingsOf(invocation);
  checkNodeSettings(settings);
  const secret = await readSecret(settings.node.secretFile);
  const version = softwareVersion();
  // Loaded here: the other commands need none of it, and start sooner.
  const [{ runNode }, { LogAndMetrics }, { loadCustomResolver }] = await Promise.all([
    import('../node/run-node.js'),
    import('../../lib/platform/observer.js'),
    import('../../lib/platform/custom-module.js'),
  ]);
  const { module, customTimeMaxMilliseconds } = settings.resolution;
  const customResolver =
    module === '' ? undefined : await loadCustomResolver(module, customTimeMaxMilliseconds);
  const observer = new LogAndMetrics({
    nodeId: settings.node.id,
    severity: settings.node.logLevel,
  });
  onEnd((why) => {
    observer.log('error', 'the node ends at once', { reason: why });
    observer.flush();
  });
  endOnBugs(observer);
  try {
    observer.log('info', 'starting', { version, pid: process.pid });
    if (!isLoopback(addressOf(settings.node.listen).host)) {
      observer.log('warn', 'anybody who reaches this address can read and write', {
        listen: settings.node.listen,
      });
    }
    const node = await runNode({ settings, secret, version, customResolver, observer, signal });
    const serving = node.ready().then(() => {
      if (!signal.aborted) {
        observer.log('info', 'ready');
        void tellParent({ ready: true });
      }
      return requested;
    });
    try {
      // A node that must not serve ends; one that is asked to stop before it is ready does too.
      const reason = await Promise.race([serving, requested, node.failed]);
      observer.log('info', 'stopping', { reason });
    } finally {
      await node.stop();
    }
    observer.log('info', 'stopped');
    return EXIT.done;
  } catch (error) {
    observer.log('error', 'the node ends', { reason: messageOf(error) });
    throw error;
  } finally {
    observer.flush();
  }
}
