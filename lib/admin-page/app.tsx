/** The frame of the page: which screen is shown, and whose view. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ConflictPage, Status } from './api-types.js';
import { setView } from './api.js';
import { problemWords } from './logic/problems.js';
import { type PageFacts, SharedContext } from './parts/context.js';
import { useLive } from './parts/live.js';
import { Mark, Notice, toneOf } from './parts/parts.js';
import { usePulse } from './parts/pulse.js';
import { SCREENS } from './screens/screens.js';

const STATUS_MILLISECONDS = 2000;
const CONFLICTS_MILLISECONDS = 5000;

/** `#/key/cart` is the screen `key` with the argument `cart`, encoded as it stands there. */
function routeNow(): readonly [name: string, argument: string] {
  const [, name = '', argument = ''] = /^#\/([a-z-]*)(?:\/(.*))?$/.exec(location.hash) ?? [];
  return [name, argument];
}

function useRoute(): readonly [string, string] {
  const [route, setRoute] = useState(routeNow());
  useEffect(() => {
    const heard = (): void => setRoute(routeNow());
    addEventListener('hashchange', heard);
    return () => removeEventListener('hashchange', heard);
  }, []);
  return route;
}

export function App() {
  const [name, argument] = useRoute();
  const [view, setViewState] = useState('');
  const facts = useLive<PageFacts>('/page.json', 10_000).data;
  const status = useLive<Status>(
    view === '' ? '/api/v1/cluster/status' : `/nodes/${view}/api/v1/cluster/status`,
    STATUS_MILLISECONDS,
  );
  const ids = useMemo(
    () =>
      [
        ...new Set([...(status.data?.nodes ?? []), ...(facts?.nodes ?? [])].map(({ id }) => id)),
      ].sort(),
    [status.data, facts],
  );
  const pulse = usePulse(ids);
  const look = (node: string): void => {
    setView(node);
    setViewState(node);
  };
  const screen = SCREENS.find((row) => row.name === name) ?? SCREENS[0];
  useEffect(() => {
    document.title = `${screen?.title ?? ''} · Quorate`;
  }, [screen]);
  if (screen === undefined) return null;
  const { Screen } = screen;
  // What was answered before a silence holds no more.
  const live = status.error === undefined ? status : undefined;
  const shared = { facts, ids, view, pulse, status: live?.data, statusError: status.error };
  return (
    <SharedContext.Provider value={shared}>
      <a class="skip" href="#content">
        To the content
      </a>
      <div class="frame">
        <Side current={screen.name} version={facts?.version} />
        <main class="main" id="content" tabIndex={-1}>
          <div class="head">
            <div>
              <h1>{screen.title}</h1>
              <p>{screen.question}</p>
            </div>
            <View ids={ids} view={view} shown={live?.node} status={live?.data} onView={look} />
          </div>
          {facts?.read_only !== undefined && (
            <Notice tone="warn">Read-only: {facts.read_only}.</Notice>
          )}
          {screen.name !== 'now' && <Silence error={status.error} />}
          <Screen key={`${screen.name} ${view}`} argument={argument} />
        </main>
      </div>
    </SharedContext.Provider>
  );
}

function Silence({ error }: { readonly error: Error | undefined }) {
  if (error === undefined) return null;
  return (
    <Notice tone="bad">
      No answer to the status: {problemWords(error)} What is shown below was answered before.
    </Notice>
  );
}

function Side({
  current,
  version,
}: {
  readonly current: string;
  readonly version: string | undefined;
}) {
  const list = useLive<ConflictPage>('/api/v1/conflicts?limit=100', CONFLICTS_MILLISECONDS);
  const conflicts = list.error === undefined ? list.data : undefined;
  const count = conflicts?.conflicts.length ?? 0;
  return (
    <nav class="side" aria-label="Screens">
      <div>
        <div class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <circle cx="16" cy="16" r="10.5" />
            <g class="dots">
              <circle cx="16" cy="5.5" r="4" />
              <circle cx="6.9" cy="21.2" r="4" />
              <circle cx="25.1" cy="21.2" r="4" />
            </g>
          </svg>
          Quorate
        </div>
        <ul>
          {SCREENS.map(({ name, title }) => (
            <li key={name}>
              <a href={`#/${name}`} aria-current={name === current ? 'page' : undefined}>
                {title}
                {name === 'conflicts' && count > 0 && (
                  <span class="count" title={`${count} keys in conflict`}>
                    {count}
                    {conflicts?.cursor === undefined ? '' : '+'}
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
        <footer>{version === undefined ? '' : `Version ${version}`}</footer>
      </div>
    </nav>
  );
}

interface ViewProps {
  readonly ids: readonly string[];
  readonly view: string;
  /** Who answered last. */
  readonly shown: string | undefined;
  readonly status: Status | undefined;
  readonly onView: (node: string) => void;
}

/** Whose view is shown: nodes may see the cluster differently. */
function View({ ids, view, shown, status, onView }: ViewProps) {
  return (
    <div class="view">
      {status !== undefined && (
        <Mark tone={toneOf(status.verdict === 'degraded' ? 'suspect' : status.verdict)}>
          {status.verdict}
        </Mark>
      )}
      <label>
        as seen by{' '}
        <select value={view} onChange={(event) => onView(event.currentTarget.value)}>
          <option value="">{`any node${shown === undefined ? '' : ` (${shown})`}`}</option>
          {ids.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
