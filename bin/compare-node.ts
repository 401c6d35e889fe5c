/** One node of `quorate compare`, in a process of its own: its links obey the parent's faults. */
import { loadSettings } from '../config/load-settings.js';
import { messageOf } from '../lib/errors.js';
import { LogAndMetrics } from '../lib/platform/observer.js';
import { readSecret } from '../lib/platform/secret-file.js';
import { type Fault, FaultyTransport } from './compare/faulty-transport.js';
import { CRASHED, EXIT } from './exit-code.js';
import { runNode } from './node/run-node.js';
import { endOnBugs, tellParent } from './node/supervision.js';
import { softwareVersion } from './software-version.js';
import { STOP_SIGNALS } from './supervision.js';

/** What the parent says. */
export interface CompareNews {
  readonly fault: Fault;
}

const [, , flags = '{}'] = process.argv;
const settings = loadSettings({
  flags: JSON.parse(flags) as Record<string, string>,
  profile: 'local',
  environment: {},
});
const observer = new LogAndMetrics({ nodeId: settings.node.id, severity: 'error' });
endOnBugs(observer);
const links: FaultyTransport[] = [];
let fault: Fault | undefined;

// Ctrl-C reaches the whole group: the parent decides what becomes of its nodes.
for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(EXIT.done));
process.on('message', (news: CompareNews) => {
  fault = news.fault;
  for (const link of links) link.fault = news.fault;
});

try {
  const node = await runNode({
    ...{ settings, observer, version: softwareVersion(), signal: new AbortController().signal },
    secret: await readSecret(settings.node.secretFile),
    wrap: (transport) => {
      const link = new FaultyTransport(transport);
      if (fault !== undefined) link.fault = fault;
      links.push(link);
      return link;
    },
  });
  await node.ready();
  await tellParent({ ready: true });
  await node.failed;
} catch (error) {
  observer.log('error', 'the node ends', { reason: messageOf(error) });
  observer.flush();
  process.exit(CRASHED);
}
