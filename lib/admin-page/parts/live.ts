/** Answers that are asked again and again while somebody looks. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api.js';

export interface Live<Body> {
  /** The last that came; it stays while newer ones fail. */
  readonly data: Body | undefined;
  /** Of the last attempt. */
  readonly error: Error | undefined;
  /** Who answered. */
  readonly node: string | undefined;
  readonly refresh: () => void;
}

interface State<Body> {
  readonly path: string;
  readonly data?: Body | undefined;
  readonly error?: Error | undefined;
  readonly node?: string | undefined;
}

/**
 * @param path undefined: nothing is asked
 * @param level at which it is read; empty: the default one
 */
export function useLive<Body>(
  path: string | undefined,
  milliseconds: number,
  level = '',
): Live<Body> {
  const [state, setState] = useState<State<Body>>({ path: '' });
  const [turn, setTurn] = useState(0);
  const isBusy = useRef(false);
  useEffect(() => {
    if (path === undefined) return;
    const aborted = new AbortController();
    const headers: Record<string, string> = level === '' ? {} : { 'x-consistency-level': level };
    const look = async (): Promise<void> => {
      if (isBusy.current || document.hidden) return;
      isBusy.current = true;
      try {
        const { body, node } = await ask<Body>(path, { headers, signal: aborted.signal });
        setState({ path, data: body, node });
      } catch (error) {
        if (aborted.signal.aborted) return;
        const problem = error instanceof Error ? error : new Error(String(error));
        setState((before) => ({ ...(before.path === path ? before : {}), path, error: problem }));
      } finally {
        isBusy.current = false;
      }
    };
    void look();
    const timer = setInterval(() => void look(), milliseconds);
    return () => {
      isBusy.current = false;
      clearInterval(timer);
      aborted.abort();
    };
  }, [path, milliseconds, level, turn]);
  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  // What another path has answered is not shown under this one.
  const { data, error, node } = state.path === path ? state : ({} as State<Body>);
  return { data, error, node, refresh };
}

/** Now, renewed each second: ages that are shown go on. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
