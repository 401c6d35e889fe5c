/** Two tabs of one shopper: what becomes of a cart that both change at once. */
import { useState } from 'preact/hooks';
import { ask, USUAL_NAMESPACE, keyPath } from '../api.js';
import type { KeyConflicts } from '../key-types.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly } from '../parts/context.js';
import { Field, Notice, Panel } from '../parts/parts.js';

const KEY = 'demo-cart';
const CART = { namespace: USUAL_NAMESPACE, key: KEY };
const THINGS = ['apples', 'bread', 'coffee', 'pears'];

/** What a tab has read, and has not written back yet. */
interface TabState {
  readonly items: readonly string[];
  readonly context: string | undefined;
  readonly note: string;
}

const UNREAD: TabState = { items: [], context: undefined, note: 'Not read yet.' };

export function CartScreen() {
  return (
    <Panel
      title="Two tabs, one cart"
      note="Read in both, add something in each, save both: neither is lost. Read again to merge."
      api={`PUT ${keyPath(CART)}`}
      cli={`quorate conflicts ${KEY}`}
    >
      <div class="pair">
        <Tab name="Tab A" />
        <Tab name="Tab B" />
      </div>
      <p class="small">
        <a href={`#/key/${KEY}`}>What happened to {KEY}</a>
      </p>
    </Panel>
  );
}

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

function Items({ items }: { readonly items: readonly string[] }) {
  return (
    <ul class="row">
      {items.map((item) => (
        <li key={item} class="tag accent">
          {item}
        </li>
      ))}
      {items.length === 0 && <li class="muted">an empty cart</li>}
    </ul>
  );
}

function Tab({ name }: { readonly name: string }) {
  const isReadOnly = useReadOnly();
  const [tab, setTab] = useState(UNREAD);
  const [thing, setThing] = useState(THINGS[0] ?? '');
  const fail = (error: unknown): void => setTab({ ...tab, note: problemWords(error) });
  const read = async (): Promise<void> => {
    const { body } = await ask<KeyConflicts>(keyPath(CART, '', 'siblings=list'));
    const carts = body.siblings.map(({ value }) => listOf(value));
    const items = [...new Set(carts.flat())];
    const merged = `Met ${carts.length} siblings, and merged them. Save to resolve.`;
    setTab({ items, context: body.context, note: carts.length > 1 ? merged : 'Read.' });
  };
  const save = async (): Promise<void> => {
    const { items, context } = tab;
    const { body } = await ask<{ readonly context: string }>(keyPath(CART), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value: items, ...(context && { context }) }),
    });
    setTab({ items, context: body.context, note: 'Saved.' });
  };
  return (
    <fieldset class="panel">
      <legend>{name}</legend>
      <div class="body stack">
        <Items items={tab.items} />
        <div class="row">
          <button type="button" onClick={() => void read().catch(fail)}>
            Read
          </button>
          <Field label="Thing" value={thing} onValue={setThing} choices={THINGS} />
          <button
            type="button"
            onClick={() =>
              setTab({
                ...tab,
                items: [...new Set([...tab.items, thing])],
                note: `${thing} is in this tab's cart.`,
              })
            }
          >
            Add
          </button>
          <button
            type="button"
            class="primary"
            disabled={isReadOnly}
            onClick={() => void save().catch(fail)}
          >
            Save
          </button>
        </div>
        <Notice>{tab.note}</Notice>
      </div>
    </fieldset>
  );
}
