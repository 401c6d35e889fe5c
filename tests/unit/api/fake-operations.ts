/** Operations without a cluster: what was answered under an id is answered again. */
import { setTimeout } from 'node:timers/promises';
import type { OperationAnswer } from '../../../lib/coordination/operation/operation-record.js';
import type {
  OperationCourse,
  OperationReport,
  OperationRequest,
  OperationsControl,
} from '../../../lib/coordination/operation/operation-request.js';
import { OperatingError } from '../../../lib/errors.js';

const writer = 'n1.1.0123456789ab';

export class FakeOperations implements OperationsControl {
  readonly answered = new Map<string, { readonly payload: string; answer: OperationAnswer }>();
  readonly bound: { readonly id: string; payload: string; writes: readonly number[] }[] = [];
  /** Before an id is of a batch. */
  bindMilliseconds = 0;
  report: OperationReport | undefined = undefined;
  /** How the operation that was asked for last would be ended. */
  ending: OperationCourse | undefined = undefined;

  async run({ id, payload }: OperationRequest, course: OperationCourse) {
    const known = this.answered.get(id);
    if (known !== undefined && known.payload !== payload) {
      throw new OperatingError('idempotency_key_reused', 'it stands for another request');
    }
    if (known !== undefined) return { answer: known.answer, isAgain: true, session: undefined };
    const once = { dot: { writer, n: 1 }, end: { writer, n: 2 } };
    const answer = await course.perform(once, 'default', 1000).catch((error: unknown) => {
      const isFinal = error instanceof OperatingError && !error.retryable;
      if (isFinal && error.outcome === 'none') return course.refused(error);
      throw error;
    });
    this.answered.set(id, { payload, answer });
    return { answer, isAgain: false, session: undefined };
  }

  async bind(
    { id, payload }: Pick<OperationRequest, 'id' | 'payload'>,
    writes: readonly number[],
  ): Promise<void> {
    if (this.bindMilliseconds > 0) await setTimeout(this.bindMilliseconds);
    this.bound.push({ id, payload, writes });
  }

  async look(
    ...[, , courseOf]: Parameters<OperationsControl['look']>
  ): Promise<OperationReport | undefined> {
    this.ending = courseOf({ namespace: 'default', key: 'k' });
    return this.report;
  }
}
