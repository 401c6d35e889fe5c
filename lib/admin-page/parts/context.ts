/** What all screens share: the page's own facts, the status, and the pulse of the nodes. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Status } from '../api-types.js';
import { asTyped } from '../logic/mending.js';
import { NO_PULSE, type Pulse } from './pulse.js';

export interface PageFacts {
  readonly version: string;
  /** How the command line is called here. */
  readonly program: string;
  readonly nodes: readonly { readonly id: string; readonly address: string }[];
  /** Why nothing can be changed through this page. */
  readonly read_only?: string | undefined;
}

export interface Shared {
  readonly facts: PageFacts | undefined;
  /** Of all nodes that are known. */
  readonly ids: readonly string[];
  /** The node whose view was chosen; empty: any. */
  readonly view: string;
  /** Undefined while nobody tells it. */
  readonly status: Status | undefined;
  readonly statusError: Error | undefined;
  readonly pulse: Pulse;
}

export const SharedContext = createContext<Shared>({
  facts: undefined,
  ids: [],
  view: '',
  status: undefined,
  statusError: undefined,
  pulse: NO_PULSE,
});

export function useShared(): Shared {
  return useContext(SharedContext);
}

/** Lines of the command line as they can be pasted here. */
export function useTyped(line: string): string {
  return asTyped(line, useShared().facts?.program ?? 'quorate');
}

export function useReadOnly(): boolean {
  return useShared().facts?.read_only !== undefined;
}
