/** What was asked of namespaces in a simulation, and what nodes said of them. */
import {
  checkNamespaces,
  type NamespaceDelete,
  type NamespacedRead,
  type NamespacedWrite,
} from '../../lib/checkers/check-namespaces.js';
import type { SettingsRead, SettingsWrite } from '../../lib/checkers/check-settings.js';
import { checkSettings } from '../../lib/checkers/check-settings.js';
import type { Finding } from '../../lib/checkers/history.js';

export const NAMESPACES = ['shop', 'archive'];

type Open<Row> = { -readonly [Name in keyof Row]: Row[Name] };
type Rules = Readonly<Record<string, unknown>>;
type Change = Open<Pick<SettingsWrite, 'id' | 'began' | 'ended' | 'outcome' | 'nodes' | 'fields'>>;

/** As a field of settings: equal where rules are. */
function textOf(rules: Rules | null | undefined): string {
  if (rules === null || rules === undefined) return 'none';
  return JSON.stringify(Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export class NamespaceLog {
  readonly #changes: (Change & { readonly withKeys: boolean | undefined })[] = [];
  readonly #shown: SettingsRead[] = [];
  readonly #writes: Open<NamespacedWrite>[] = [];
  readonly #reads: NamespacedRead[] = [];
  readonly #unknown: string[] = [];
  #hasEnds = false;

  beginChange(namespace: string, rules: Rules, began: number): Change {
    if ('default_ttl_s' in rules) this.#hasEnds = true;
    return this.#begin(namespace, textOf(rules), undefined, began);
  }

  beginDelete(namespace: string, withKeys: boolean, began: number): Change {
    return this.#begin(namespace, textOf(null), withKeys, began);
  }

  #begin(namespace: string, text: string, withKeys: boolean | undefined, began: number): Change {
    const id = `ns${this.#changes.length + 1}`;
    const open = { ended: undefined, outcome: 'open' as const, nodes: [] };
    const change = { id, began, ...open, fields: { [namespace]: text }, withKeys };
    this.#changes.push(change);
    return change;
  }

  beginWrite(namespace: string, key: string, level: string, began: number): Open<NamespacedWrite> {
    const id = `nw${this.#writes.length + 1}`;
    const isAtQuorum = level === 'quorum' || level === 'all';
    const value = `value of ${id}`;
    const open = { ended: undefined, decided: Number.POSITIVE_INFINITY, outcome: 'open' as const };
    const write = { id, namespace, key, value, isAtQuorum, began, ...open };
    this.#writes.push(write);
    return write;
  }

  /** @param rules undefined: the node says that there is no such namespace */
  shown(
    namespace: string,
    rules: Rules | undefined,
    read: Pick<SettingsRead, 'node' | 'began' | 'ended' | 'isLast' | 'damagedAt'>,
  ): void {
    const id = `ns-read${this.#shown.length + 1}`;
    this.#shown.push({ ...read, id, fields: { [namespace]: textOf(rules) }, version: '' });
  }

  read(read: Omit<NamespacedRead, 'id'>): void {
    this.#reads.push({ ...read, id: `nr${this.#reads.length + 1}` });
  }

  /** A row of a history names nothing that nobody asked for. */
  changedFrom(namespace: string, from: unknown, to: unknown): void {
    for (const rules of [from, to]) {
      const text = textOf(rules as Rules | null);
      const isKnown = this.#changes.some(({ fields }) => fields[namespace] === text);
      if (!isKnown && rules !== null) this.#unknown.push(`${namespace}: ${text}`);
    }
  }

  findings(hasLost: boolean): Finding[] {
    const initial = Object.fromEntries(NAMESPACES.map((name) => [name, textOf(null)]));
    const writes = this.#changes.map((change) => {
      return { ...change, ifMatch: undefined, version: undefined };
    });
    const deletes = this.#changes.flatMap((change): NamespaceDelete[] => {
      const { withKeys, fields, ...step } = change;
      const [namespace = ''] = Object.keys(fields);
      return withKeys === undefined ? [] : [{ ...step, namespace, withKeys }];
    });
    return [
      ...checkSettings({ initial, always: [], writes, reads: this.#shown }),
      ...checkNamespaces({
        ...{ deletes, writes: this.#writes, reads: this.#reads },
        mayLose: hasLost || this.#hasEnds,
      }),
      ...this.#unknown.map((message) => ({
        ...{ checker: 'namespaces', key: '', message: `a history shows ${message}` },
      })),
    ];
  }
}
