/** Operations as clients reach them: the records of their writes lie where their namespace does. */
import type {
  OperationCourse,
  OperationRequest,
  OperationsControl,
} from '../coordination/operation/operation-request.js';
import { DEFAULT_NAMESPACE, parseStoredNamespace } from '../partitioning/namespace.js';
import type { Namespaces } from './namespaces.js';

export class NamespacedOperations implements OperationsControl {
  readonly #operations: OperationsControl;
  readonly #namespaces: Pick<Namespaces, 'stored'>;

  constructor(operations: OperationsControl, namespaces: Pick<Namespaces, 'stored'>) {
    this.#operations = operations;
    this.#namespaces = namespaces;
  }

  /** Rejects with `not_found` too, where there is no such namespace. */
  async run(
    request: OperationRequest,
    course: OperationCourse,
  ): ReturnType<OperationsControl['run']> {
    const { namespace } = request;
    const isDefault = namespace === DEFAULT_NAMESPACE;
    const stored = isDefault ? namespace : await this.#namespaces.stored(namespace);
    return this.#operations.run({ ...request, namespace: stored }, course);
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
