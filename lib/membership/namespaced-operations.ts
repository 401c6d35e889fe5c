/** Operations as clients reach them: the records of their writes lie where their namespace does. */
import type {
  OperationCourse,
  OperationRequest,
  OperationsControl,
} from '../coordination/operation/operation-request.js';
import { DEFAULT_NAMESPACE, parseStoredNamespace } from '../partitioning/namespace.js';
import type { NamespaceLookup } from './namespace-lookup.js';

export class NamespacedOperations implements OperationsControl {
  readonly #operations: OperationsControl;
  readonly #lookup: NamespaceLookup;

  constructor(operations: OperationsControl, lookup: NamespaceLookup) {
    this.#operations = operations;
    this.#lookup = lookup;
  }

  /** Rejects with `not_found` too, where there is no such namespace. */
  async run(
    request: OperationRequest,
    course: OperationCourse,
  ): ReturnType<OperationsControl['run']> {
    if (request.namespace === DEFAULT_NAMESPACE) return this.#operations.run(request, course);
    return this.#lookup.before(request, ({ stored }, within) => {
      return this.#operations.run({ ...within, namespace: stored }, course);
    });
  }

  bind(...asked: Parameters<OperationsControl['bind']>): Promise<void> {
    return this.#operations.bind(...asked);
  }

  /** Clients know nothing of generations. */
  async look(
    ...asked: Parameters<OperationsControl['look']>
  ): ReturnType<OperationsControl['look']> {
    const report = await this.#operations.look(...asked);
    if (report === undefined || !('namespace' in report)) return report;
    return { ...report, namespace: parseStoredNamespace(report.namespace).name };
  }
}
