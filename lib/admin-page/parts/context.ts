/** What all screens share: the page's own facts, the status, and the pulse of the nodes. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Status } from '../api-types.js';
import { NO_PULSE, type Pulse } from './pulse.js';

export interface PageFacts {
  readonly version: string;
  readonly nodes: readonly { readonly id: string; readonly address: string }[];
  /** Why nothing can be changed through this page. */
  readonly read_only?: string | undefined;
}

export interface Shared {
  readonly facts: PageFacts | undefined;
  readonly status: Status | undefined;
  readonly statusError: Error | undefined;
  readonly pulse: Pulse;
}

export const SharedContext = createContext<Shared>({
  facts: undefined,
  status: undefined,
  statusError: undefined,
  pulse: NO_PULSE,
});

export function useShared(): Shared {
  return useContext(SharedContext);
}

export function useReadOnly(): boolean {
  return useShared().facts?.read_only !== undefined;
}
