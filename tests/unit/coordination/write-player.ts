/** Plays scripts of writes against their core (transcript.ts). */
import type { Want } from '../../../lib/rpc/hot-messages.js';
import { WriteCore } from '../../../lib/coordination/write/write-core.js';
import type { OwnRecordState, WriteEffect } from '../../../lib/coordination/write/write-effects.js';
import { OperatingError } from '../../../lib/errors.js';
import type { BlindReport, ConcurrentVersion } from '../../../lib/replica/blind-report.js';
import { ALL_STAND, type Standing } from '../../../lib/replication/quorum.js';
import { EMPTY_CONTEXT, NOTHING_SEEN, withMinted } from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { dotsIn } from '../../../lib/versioning/dot-set.js';
import { copyOf, errorOf, errorText, floorIn, given, type Player, textOf } from './transcript.js';

/** `write blind accepted keep unfit resolution forwarded`, in any order, after the levels. */
export function coreOf(head: string, standing: Standing = ALL_STAND): WriteCore {
  const { plan, attempts, flags } = given(`${head} write`);
  return new WriteCore({
    ...{ plan, attempts, timeoutMilliseconds: 1000, patience: () => 50, standing },
    isForwarded: flags.has('forwarded'),
    isResolution: flags.has('resolution'),
    mintRefusal: flags.has('unfit') ? new OperatingError('rebuilding', 'under rebuild') : undefined,
    isBlind: flags.has('blind'),
    hasAcceptance: flags.has('accepted'),
    asksFirst: flags.has('keep'),
    session: floorIn(flags),
  });
}

export const STORED = { start: 1 };

/** Of the blind write, which is `a1` and was written at 10. */
export const MINTED = { dot: { writer: 'a', n: 1 }, stamp: 10 };

/**
 * `x1@5` `x1@5!`: versions beside it, by writer, number and stamp, `!` a tombstone; `gone`: it is
 * not held any more; `open`: a higher one is; `-x2`: superseded; `-`: usual.
 */
export function reportOf(words: readonly string[]): BlindReport {
  const [gone, others] = [words.filter((word) => word.startsWith('-')), words.join(' ')];
  const beside = [...others.matchAll(/(?<![-\w])(\w)(\d+)@(\d+)(!?)/g)].map(
    ([, writer = '', n, stamp, dead]): ConcurrentVersion => ({
      ...{ dot: { writer, n: Number(n) }, stamp: Number(stamp) },
      state: dead === '!' ? 'tombstone' : 'value',
    }),
  );
  let context = withMinted(EMPTY_CONTEXT, MINTED.dot);
  for (const { dot } of beside) context = withMinted(context, dot);
  for (const name of gone) {
    if (name === '-') continue;
    context = withMinted(context, { writer: name.charAt(1), n: Number(name.slice(2)) });
  }
  return { live: !words.includes('gone'), open: words.includes('open'), beside, context };
}

function lookOf(words: readonly string[]): OwnRecordState {
  if (words.includes('collected')) return undefined;
  if (words.includes('rebuilding')) return errorOf('rebuilding', 'none');
  return reportOf(words);
}

const nameOf = ({ dot }: ConcurrentVersion): string => `${dot.writer}${dot.n}`;
const namesOf = (versions: readonly ConcurrentVersion[]): string => versions.map(nameOf).join(' ');

export const RESULT = {
  ...{ version: 'v', writtenAt: 0, seen: NOTHING_SEEN, replaced: [], beside: [] },
  claim: undefined,
  ...{ level: 'quorum', answered: 2, asked: 3, standIns: 0 },
};

function textOfEffect(effect: WriteEffect): string {
  switch (effect.do) {
    case 'forward':
      return `pass on to ${effect.node}`;
    case 'ask':
      return `ask ${effect.node}: ${effect.want} (round ${effect.round})`;
    case 'count hedges':
      return `hedge ${effect.count}`;
    case 'mint': {
      const hints = effect.targets.map((target) => `, with a hint for ${target}`).join('');
      const open = effect.isOpen ? ', open until answered' : '';
      const met = effect.known === undefined ? 'the own record' : textOf(effect.known);
      return `mint on ${met}${hints}${open}`;
    }
    case 'look':
      return 'look at the own record';
    case 'claim': {
      const hints = effect.targets.map((target) => `, with a hint for ${target}`).join('');
      const whole = effect.reports.map(({ beside }) => `; all of [${namesOf(beside)}]`).join('');
      return `claim ${namesOf(effect.taken)}${whole}${hints}`;
    }
    case 'cover':
      return `take what covers ${dotsIn(effect.floor.dots).map(dotText).join(' ')}`;
    case 'settle':
      return 'settle what is accepted';
    case 'mint as stand-in':
      return 'mint as a stand-in';
    case 'copy':
      return `copy to ${effect.node}${effect.sent === 'claim' ? ', with the claim' : ''}`;
    case 'hold':
      return `${effect.holder} holds a hint for ${effect.target}`;
    case 'answer': {
      const { level, answered, asked, standIns } = effect.reached;
      const left = effect.left.length === 0 ? '' : `, beside ${namesOf(effect.left)}`;
      return `answer at ${level}, ${answered}/${asked}, stand-ins ${standIns}${left}`;
    }
    case 'pass on':
      return 'answer what the other said';
    case 'refuse':
      return `refuse: ${errorText(effect.error)}`;
  }
}

export function playerOf(head: string): Player {
  const lost = new Set<string>();
  const core = coreOf(head, { stands: (node) => !lost.has(node), struck: () => undefined });
  const wants = new Map<string, Want>();
  const done: Record<string, (words: readonly string[]) => readonly WriteEffect[]> = {
    begin: () => core.begin(),
    forwarded: () => core.forwarded(RESULT),
    // > not-forwarded NODE CODE OUTCOME
    'not-forwarded': ([node = '', code = '', outcome = 'none']) =>
      core.notForwarded(node, errorOf(code, outcome)),
    said: ([round = '', node = '', text = '']) =>
      core.said(Number(round), copyOf(node, wants.get(`${round} ${node}`) ?? 'full', text)),
    failed: ([round = '', node = '']) => core.failed(Number(round), node),
    minted: () => core.minted(MINTED),
    covered: () => core.covered(),
    settled: () => core.settled(),
    'not-settled': ([code = '']) => core.notSettled(errorOf(code, 'none')),
    'not-covered': ([code = '']) => core.notCovered(errorOf(code, 'none')),
    'not-minted': ([code = '']) => core.notMinted(errorOf(code, 'none')),
    'minted-as-stand-in': () => core.mintedAsStandIn(),
    // > stored NODE [REPORT]
    stored: ([node = '', ...report]) => {
      const said = report.length === 0 ? {} : { report: reportOf(report) };
      return core.stored(node, { ...STORED, ...said }, 'write');
    },
    'not-stored': ([node = '']) => core.stored(node, undefined, 'write'),
    // > looked [REPORT | collected | rebuilding]
    looked: (look) => core.looked(lookOf(look)),
    'claim-synced': () => core.claimed(1),
    'claim-failed': ([code = '']) => core.notClaimed(errorOf(code, 'none')),
    'claim-stored': ([node = '']) => core.stored(node, STORED, 'claim'),
    'claim-not-stored': ([node = '']) => core.stored(node, undefined, 'claim'),
    // What the node said before counts no more.
    lost: ([node = '']) => {
      lost.add(node);
      return [];
    },
    held: ([target = '']) => {
      core.held(target);
      return [];
    },
    at: ([milliseconds = '']) => {
      core.now = Number(milliseconds);
      return core.now >= core.wakesAt ? core.elapsed() : [];
    },
  };
  return ([event = '', ...words]) => {
    const effects = done[event]?.(words) ?? [];
    for (const effect of effects) {
      if (effect.do === 'ask') wants.set(`${effect.round} ${effect.node}`, effect.want);
    }
    const said = effects.map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}
