/**
 * Histories for holes that chance finds too rarely. Each goes right, and goes wrong without the
 * rule in whose name it stands (tests/simulation/planted-bugs/consensus-bugs.ts).
 */
import type { Test } from 'tap';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import type { Entry, Kind } from './ledger.js';
import { nameOf } from './ledger.js';
import { calm } from './random-history.js';
import { collect, crash, end, exchangeAll, lose } from './upkeep.js';
import type { Message } from './world.js';
import { World } from './world.js';
import type { WorldNode } from './world-node.js';

const KEY = 'x';
const TURNS = 80;

interface Course {
  /** What is delivered; else it waits. */
  readonly yes?: (message: Message) => boolean;
  /** What is lost. */
  readonly no?: (message: Message) => boolean;
  /** Who does not sync. */
  readonly unsynced?: string;
}

/** `prepare`, `accept`, `accepted`, `copy`, ... */
export function kindOf({ what }: Message): string {
  if (what.is === 'request') return what.request.is;
  return what.is === 'reply' ? what.reply.is : what.is;
}

export function seqOf({ what }: Message): number {
  if (what.is === 'request' && what.request.is === 'accept') return what.request.proposal.id.seq;
  if (what.is === 'reply' && 'id' in what.reply) return what.reply.id.seq;
  return 0;
}

export const is = (...kinds: readonly string[]) => {
  return (message: Message): boolean => kinds.includes(kindOf(message));
};
export const to = (...names: readonly string[]) => {
  return (message: Message): boolean => names.includes(message.to);
};
export const either = (...tests: readonly ((message: Message) => boolean)[]) => {
  return (message: Message): boolean => tests.some((test) => test(message));
};
export const both = (...tests: readonly ((message: Message) => boolean)[]) => {
  return (message: Message): boolean => tests.every((test) => test(message));
};

/** The small world, led by hand. */
export class Stage {
  readonly world: World;

  constructor(seed: number, size: number) {
    this.world = new World(seed, size);
    this.world.isCalm = true;
  }

  node(name: string): WorldNode {
    return this.world.nodeOf(name);
  }

  take(name: string): void {
    this.world.takeOver(this.node(name), true);
  }

  flow({ yes = () => true, no = () => false, unsynced }: Course = {}): void {
    const { world } = this;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const place = world.messages.findIndex((message) => yes(message) || no(message));
      const [message] = place < 0 ? [] : world.messages.splice(place, 1);
      if (message !== undefined && !no(message)) world.deliver(message);
      for (const node of world.nodes) {
        if (node.name !== unsynced && node.isWaitingForSync) node.sync();
      }
    }
  }

  /** At the proposer. @param met of a comparison: what it expects; undefined: nothing */
  submit(name: string, kind: Kind, met?: Siblings): Entry {
    const { entry, operation } = this.world.begin(kind, KEY, met);
    const node = this.node(name);
    node.perform(node.proposer.submit(operation));
    return entry;
  }

  /** The proposer sends what it has chosen to those that have not learned it. */
  learnElsewhere(name: string): void {
    const node = this.node(name);
    node.perform(node.proposer.sendUnsent());
  }

  read(name: string): void {
    const { operation } = this.world.begin('read', KEY);
    this.world.strongRead(this.node(name), operation);
  }

  /** @param seen undefined: nothing */
  plain(name: string, isQuorum: boolean, seen?: Siblings, isDelete = false): Entry | undefined {
    return this.world.plain.write(this.node(name), KEY, seen, { isQuorum, isDelete });
  }

  record(name: string): Siblings | undefined {
    return this.node(name).records.get(KEY);
  }

  hasAcceptance(name: string): boolean {
    return this.node(name).acceptances.has(KEY);
  }

  crash(name: string): void {
    crash(this.world, this.node(name));
  }

  /** Takes messages away, to be delivered later. */
  hold(which: (message: Message) => boolean): readonly Message[] {
    const held = this.world.messages.filter(which);
    this.world.messages = this.world.messages.filter((message) => !which(message));
    return held;
  }

  later(messages: readonly Message[]): void {
    this.world.messages.push(...messages);
  }

  loseDisk(name: string): void {
    lose(this.world, this.node(name), KEY);
  }

  exchange(): void {
    exchangeAll(this.world);
  }

  /** All clocks know everything, and lie on the disks. */
  knowAll(): void {
    const { nodes } = this.world;
    for (const node of nodes) {
      for (const other of nodes) node.clock.union(other.clock);
      node.isDirty = true;
      node.sync();
      node.persistClock();
    }
  }

  collect(...names: readonly string[]): void {
    for (const name of names) {
      collect(this.world, this.node(name));
      this.node(name).sync();
    }
  }

  /** The value of a plain write ends at these nodes. */
  expire(entry: Entry, ...names: readonly string[]): void {
    const { ledger } = this.world;
    const expiry = ledger.begin('expiry', KEY);
    expiry.isDelete = true;
    expiry.removes = [nameOf(entry)];
    const dot = ledger.dotOf(entry);
    if (dot === undefined) throw new Error('what ends was stored');
    for (const name of names) {
      end(this.node(name), KEY, dot);
      this.node(name).sync();
    }
  }
}

export interface Script {
  readonly name: string;
  /** Owners; else three. */
  readonly size?: number;
  play(stage: Stage): void;
}

const SEEDS = 8;

/** Plays each, heals everything, and judges. */
export async function playScripts(t: Test, scripts: readonly Script[]): Promise<void> {
  for (const { name, size = 3, play } of scripts) {
    await t.test(name, async (t) => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const stage = new Stage(seed, size);
        play(stage);
        calm(stage.world);
        t.strictSame(stage.world.ledger.findings, [], `seed ${seed}`);
      }
    });
  }
}
