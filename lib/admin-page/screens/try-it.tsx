/** Try it: a console with its receipt and curl line, and two tabs for the cart example. */
import { useState } from 'preact/hooks';
import { ask, USUAL_NAMESPACE, keyPath } from '../api.js';
import { writeExact } from '../logic/exact-json.js';
import { LEVEL_PROMISES } from '../logic/level-promises.js';
import { type DraftRequest, requestLine } from '../logic/lines.js';
import { problemWords } from '../logic/problems.js';
import { curlLine } from '../logic/shell.js';
import { useReadOnly, useShared } from '../parts/context.js';
import {
  Command,
  Field,
  Mark,
  Panel,
  Table,
  ActionResult,
  type ActionOutcome,
  useArrival,
} from '../parts/parts.js';
import { CartScreen } from './cart.js';

const METHODS = ['GET', 'PUT', 'DELETE'];
const LEVELS = ['default', ...Object.keys(LEVEL_PROMISES)];
const RECEIPT = [
  'x-consistency-achieved',
  'x-replicas',
  'x-durability',
  'x-siblings',
  'etag',
  'x-request-id',
];

interface Reply {
  readonly status: number;
  readonly node: string | undefined;
  readonly receipt: readonly (readonly [string, string])[];
  readonly text: string;
}

export function TryItScreen() {
  return (
    <>
      <Console />
      <CartScreen />
    </>
  );
}

const FIRST: DraftRequest = {
  method: 'PUT',
  key: 'greeting',
  value: '"hello"',
  level: 'default',
  context: '',
};

/** The request of a draft. @throws SyntaxError where the value is no JSON */
function requestOf({ method, key, value, level, context }: DraftRequest) {
  const path = keyPath({ namespace: USUAL_NAMESPACE, key });
  const headers: Record<string, string> = {};
  if (level !== 'default') headers['X-Consistency-Level'] = level;
  if (method !== 'PUT') {
    if (method === 'DELETE' && context !== '') headers['X-Causal-Context'] = context;
    return { path, headers, body: undefined };
  }
  headers['Content-Type'] = 'application/json';
  JSON.parse(value);
  const shown = context === '' ? '' : `,"context":${JSON.stringify(context)}`;
  return { path, headers, body: `{"value":${value}${shown}}` };
}

function receiptOf(headers: Headers): Reply['receipt'] {
  return RECEIPT.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
}

function contextIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('context' in body)) return undefined;
  return typeof body.context === 'string' ? body.context : undefined;
}

function Console() {
  const { facts } = useShared();
  const [draft, setDraft] = useState(FIRST);
  const [reply, setReply] = useState<Reply>();
  const [problem, setProblem] = useState<ActionOutcome>();
  const put = (fields: Partial<DraftRequest>): void => setDraft({ ...draft, ...fields });
  const send = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const { path, headers, body } = requestOf(draft);
      const answer = await ask<unknown>(path, {
        method: draft.method,
        headers,
        body,
        anyStatus: true,
      });
      const { status, node } = answer;
      const receipt = receiptOf(answer.headers);
      const text =
        typeof answer.body === 'string' ? answer.body : (writeExact(answer.body, 2) ?? '');
      setReply({ status, node, receipt, text });
      // A long one is in the body alone.
      const context = answer.headers.get('x-causal-context') ?? contextIn(answer.body);
      if (context !== undefined) put({ context });
    } catch (error) {
      const noJson = 'The value is no JSON: a text stands in double quotes.';
      const text = error instanceof SyntaxError ? noJson : problemWords(error);
      setProblem({ tone: 'bad', text });
    }
  };
  return (
    <Panel
      title="Console"
      note="The context that an answer brings goes with the next write."
      api={`${draft.method} ${keyPath({ namespace: USUAL_NAMESPACE, key: draft.key })}`}
      cli={requestLine(draft)}
    >
      <DraftForm draft={draft} onDraft={put} onSend={() => void send()} />
      <CurlLine draft={draft} address={facts?.nodes[0]?.address ?? '127.0.0.1:8090'} />
      <ActionResult outcome={problem} />
      {reply !== undefined && <Received reply={reply} />}
    </Panel>
  );
}

interface DraftFormProps {
  readonly draft: DraftRequest;
  readonly onDraft: (fields: Partial<DraftRequest>) => void;
  readonly onSend: () => void;
}

function DraftForm({ draft, onDraft, onSend }: DraftFormProps) {
  const isReadOnly = useReadOnly();
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <div class="row">
        <Field
          label="Method"
          value={draft.method}
          choices={METHODS}
          onValue={(method) => onDraft({ method })}
        />
        <Field label="Key" value={draft.key} onValue={(key) => onDraft({ key, context: '' })} />
        <Field
          label="Level"
          value={draft.level}
          choices={LEVELS}
          onValue={(level) => onDraft({ level })}
        />
        <Field
          label="Context"
          value={draft.context}
          placeholder="none: a blind write"
          onValue={(context) => onDraft({ context })}
          wide
        />
      </div>
      {draft.method === 'PUT' && (
        <label class="field">
          Value (JSON)
          <textarea
            rows={3}
            value={draft.value}
            onInput={(event) => onDraft({ value: event.currentTarget.value })}
          />
        </label>
      )}
      <div class="row">
        <button
          type="submit"
          class="primary"
          disabled={draft.key === '' || (isReadOnly && draft.method !== 'GET')}
        >
          Send
        </button>
      </div>
    </form>
  );
}

/** Sent to a node itself: it needs nothing of this page. */
function CurlLine({ draft, address }: { readonly draft: DraftRequest; readonly address: string }) {
  try {
    const { path, headers, body } = requestOf(draft);
    return (
      <Command
        line={curlLine({ method: draft.method, url: `http://${address}${path}`, headers, body })}
      />
    );
  } catch {
    return <p class="muted small">The curl line is shown once the value is JSON.</p>;
  }
}

function Received({ reply }: { readonly reply: Reply }) {
  const { status, node, receipt, text } = reply;
  const place = useArrival(reply);
  return (
    <div class="pair" aria-live="polite" ref={place} tabIndex={-1}>
      <div class="stack">
        <div class="row">
          <Mark tone={status < 400 ? 'good' : status === 409 || status === 404 ? 'warn' : 'bad'}>
            status {status}
          </Mark>
          <span class="muted">answered by {node ?? 'nobody'}</span>
        </div>
        <Table
          label="Receipt"
          head={['Receipt', 'Value']}
          rows={receipt.map(([name, value]) => [<code key="name">{name}</code>, value])}
          none="No receipt came with it."
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre class="value" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
