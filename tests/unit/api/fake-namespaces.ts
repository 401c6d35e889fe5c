/** The namespaces of a node without a cluster: one beside the default one. */
import { OperatingError } from '../../../lib/errors.js';
import {
  type EffectiveRules,
  effectiveRules,
  validRules,
} from '../../../lib/membership/namespace-rules.js';
import type {
  NamespaceAnswer,
  NamespaceChange,
  NamespaceChangeOptions,
  NamespaceDeleteOptions,
  NamespacesControl,
  NamespaceView,
} from '../../../lib/membership/namespaces.js';
import type { ConsistencySettings } from '../../../lib/membership/settings-types.js';

export const SETTINGS: ConsistencySettings = {
  default_level: 'quorum',
  default_write_level: 'quorum',
  read_repair_probability: 0.1,
  blind_writes: 'overwrite',
  tombstone_retention_s: 86_400,
  conflict_resolution: 'siblings',
  versions_kept: 0,
  versions_kept_for_s: 0,
  rate_limit_max: 0,
  rate_limit_window: '1s',
};

const RULES = {
  ...{ default_level: 'one', default_write_level: 'one', allowed_levels: ['one', 'quorum'] },
};
const CHANGED = { version: 'v2', nodes: ['n1', 'n2'] };

export class FakeNamespaces implements NamespacesControl {
  readonly puts: [string, unknown, NamespaceChangeOptions][] = [];
  readonly deletes: [string, NamespaceDeleteOptions][] = [];
  /** So many changes that name a version come too late. */
  lateChanges = 0;
  readonly #holdsKeys: () => boolean;
  readonly #settings: () => ConsistencySettings;

  constructor(settings: () => ConsistencySettings, holdsKeys: () => boolean) {
    this.#settings = settings;
    this.#holdsKeys = holdsKeys;
  }

  effective(namespace: string): EffectiveRules | undefined {
    return this.list().find((one) => one.namespace === namespace)?.effective;
  }

  async view(namespace: string): Promise<NamespaceView> {
    const view = this.list().find((one) => one.namespace === namespace);
    if (view !== undefined) return view;
    throw new OperatingError('namespace_not_found', `there is no namespace "${namespace}"`);
  }

  list(): readonly NamespaceView[] {
    return [['default', {}] as const, ['shop', RULES] as const].map(([namespace, rules]) => {
      return {
        namespace,
        rules,
        effective: effectiveRules(this.#settings(), rules),
        version: 'v1',
      };
    });
  }

  async stored(namespace: string): Promise<string> {
    return (await this.view(namespace)).namespace;
  }

  async put(
    namespace: string,
    rules: unknown,
    options: NamespaceChangeOptions,
  ): Promise<NamespaceAnswer> {
    if (options.ifMatch !== undefined && this.lateChanges > 0) {
      this.lateChanges -= 1;
      throw new OperatingError('precondition_failed', 'the version is another');
    }
    this.puts.push([namespace, rules, options]);
    return { namespace, rules: validRules(rules), ...CHANGED };
  }

  async delete(namespace: string, options: NamespaceDeleteOptions): Promise<NamespaceAnswer> {
    this.deletes.push([namespace, options]);
    if (this.#holdsKeys() && !options.withKeys) {
      throw new OperatingError('namespace_not_empty', 'it holds keys');
    }
    return { namespace, rules: undefined, ...CHANGED };
  }

  history(): readonly NamespaceChange[] {
    return [{ at: 1_767_323_045_678, node: 'n1', by: '127.0.0.1', from: null, to: RULES }];
  }
}
