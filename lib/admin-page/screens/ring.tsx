/** Ring: what do I lose if this node or zone dies? */
import { useState } from 'preact/hooks';
import type { RingReport } from '../api-types.js';
import { type Loss, lossOf, lossText } from '../logic/loss.js';
import { useShared } from '../parts/context.js';
import { useLive } from '../parts/live.js';
import { Figures, Mark, Notice, Panel, Table } from '../parts/parts.js';

export function RingScreen() {
  const { status } = useShared();
  const { data: ring } = useLive<RingReport>('/api/v1/cluster/ring', 10_000);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  if (ring === undefined) return <p class="muted">Asking for the ring…</p>;
  if (status === undefined) return <p class="muted">No node has said who is up.</p>;
  const dead = new Set(status.nodes.filter(({ state }) => state === 'down').map(({ id }) => id));
  const loss = lossOf(ring.owners, new Set([...dead, ...chosen]));
  // One that has died meanwhile is imagined no more.
  const imagined = new Set([...chosen].filter((id) => !dead.has(id)));
  const toggle = (ids: readonly string[]): void => {
    const next = new Set(imagined);
    const isOn = ids.every((id) => next.has(id));
    for (const id of ids) isOn ? next.delete(id) : next.add(id);
    choose(next);
  };
  return (
    <>
      <Members ring={ring} dead={dead} imagined={imagined} onToggle={toggle} />
      <LossReport loss={loss} ring={ring} imagined={imagined} />
      <Panel
        title="Partitions by live copies"
        note={`${ring.partitions} partitions, ${ring.replicas} copies each`}
        api="GET /api/v1/cluster/ring"
        cli="quorate ring"
      >
        <Cells ring={ring} loss={loss} />
      </Panel>
    </>
  );
}

interface MembersProps {
  readonly ring: RingReport;
  readonly dead: ReadonlySet<string>;
  readonly imagined: ReadonlySet<string>;
  readonly onToggle: (ids: readonly string[]) => void;
}

function Members({ ring, dead, imagined, onToggle }: MembersProps) {
  const living = ring.members.filter(({ id }) => !dead.has(id));
  const zones = [...new Set(living.map(({ zone }) => zone))];
  const button = (name: string, ids: readonly string[]) => (
    <button
      type="button"
      class="quiet"
      aria-pressed={ids.every((id) => imagined.has(id))}
      onClick={() => onToggle(ids)}
    >
      Imagine {name} dead
    </button>
  );
  return (
    <Panel
      title="Nodes"
      note="Imagine one dead: nothing happens to it."
      api="GET /api/v1/cluster/ring"
      cli="quorate ring"
    >
      <Table
        label="Members of the ring"
        head={['Node', 'State', 'Zone', '#Partitions', '#First of', 'What if']}
        rows={ring.members.map(({ id, zone, partitions_owned, partitions_first }) => [
          <b key="id">{id}</b>,
          dead.has(id) ? (
            <Mark tone="bad">down</Mark>
          ) : imagined.has(id) ? (
            <Mark tone="warn">imagined dead</Mark>
          ) : (
            <Mark tone="good">up</Mark>
          ),
          zone,
          String(partitions_owned),
          String(partitions_first),
          dead.has(id) ? '–' : button(id, [id]),
        ])}
        none="The ring has no members."
      />
      {zones.length > 1 && (
        <div class="row">
          {zones.map((zone) =>
            button(
              `zone ${zone}`,
              living.filter((member) => member.zone === zone).map(({ id }) => id),
            ),
          )}
        </div>
      )}
    </Panel>
  );
}

function LossReport({
  loss,
  ring,
  imagined,
}: {
  readonly loss: Loss;
  readonly ring: RingReport;
  readonly imagined: ReadonlySet<string>;
}) {
  const { partitions } = ring;
  const share = (lost: number): string =>
    lost === 0 ? 'all' : `${partitions - lost} of ${partitions}`;
  const tone = loss.withoutQuorum > 0 ? 'bad' : loss.short > 0 ? 'warn' : 'good';
  return (
    <>
      <Notice tone={tone}>{lossText(loss, [...imagined])}</Notice>
      <Figures
        items={[
          ['Reach one', share(loss.gone)],
          ['Reach quorum', share(loss.withoutQuorum)],
          ['Reach all', share(loss.short)],
        ]}
      />
    </>
  );
}

function Cells({ ring, loss }: { readonly ring: RingReport; readonly loss: Loss }) {
  const full = Math.min(ring.replicas, ring.members.length);
  return (
    <>
      <div
        class="cells"
        role="img"
        aria-label={`${ring.partitions} partitions, each with its number of live copies`}
      >
        {loss.live.map((copies, partition) => {
          const owners = ring.owners[partition] ?? [];
          const isLost = copies < Math.floor(owners.length / 2) + 1;
          const kind = isLost ? 'lost' : copies < full ? 'short' : '';
          return (
            <b key={partition} class={kind} title={`partition ${partition}: ${owners.join(', ')}`}>
              {copies}
            </b>
          );
        })}
      </div>
      <p class="small muted">
        The number is of live copies. Point at a cell for its owners, the preferred first. A frame
        marks those without a quorum.
      </p>
    </>
  );
}
