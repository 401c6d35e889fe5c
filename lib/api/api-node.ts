/** All that the API sees of a node. */
import type { ConvergenceControl } from '../anti-entropy/convergence.js';
import type { ExchangeControl } from '../anti-entropy/exchange-now.js';
import type { OperationsControl } from '../coordination/operation/operation-request.js';
import type { Coordination, KeyLists } from '../coordination/request/request.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import type { NamespacesControl } from '../membership/namespaces.js';
import type { HandoffControl } from '../hints/hints-report.js';
import type { ClusterControl } from '../membership/cluster-types.js';
import type { EventsControl } from '../membership/events.js';
import type { GaugesControl } from '../membership/state-gauges.js';
import type { SettingsControl } from '../membership/settings-types.js';

export interface ApiNode {
  readonly id: string;
  readonly coordination: Coordination;
  readonly operations: OperationsControl;
  readonly keyLists: KeyLists;
  readonly namespaces: NamespacesControl;
  readonly settings: SettingsControl;
  readonly cluster: ClusterControl;
  readonly exchange: ExchangeControl;
  readonly convergence: ConvergenceControl;
  readonly events: EventsControl;
  readonly gauges: GaugesControl;
  readonly handoff: HandoffControl;
  readonly foreground: ForegroundLoad;
  readonly observer: Observer;
}
