/** The screens, in their order; each answers one question. */
import type { ComponentType } from 'preact';
import { ConflictsScreen } from './conflicts.js';
import { ConsistencyScreen } from './consistency.js';
import { ConvergenceScreen } from './convergence.js';
import { EventsScreen } from './events.js';
import { KeyScreen } from './key.js';
import { NodesScreen } from './nodes.js';
import { OverviewScreen } from './now.js';
import { RingScreen } from './ring.js';
import { SettingsScreen } from './settings.js';
import { TryItScreen } from './try-it.js';

export interface ScreenRow {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly Screen: ComponentType<{ readonly argument: string }>;
}

export const SCREENS: readonly ScreenRow[] = [
  {
    name: 'now',
    title: 'Now',
    question: 'Can I read and write, and at which levels?',
    Screen: OverviewScreen,
  },
  { name: 'nodes', title: 'Nodes', question: 'Who is sick, and who says so?', Screen: NodesScreen },
  {
    name: 'ring',
    title: 'Ring',
    question: 'What do I lose if this node or zone dies?',
    Screen: RingScreen,
  },
  { name: 'key', title: 'Key', question: 'What happened to this key?', Screen: KeyScreen },
  {
    name: 'conflicts',
    title: 'Conflicts',
    question: 'Where do writers race?',
    Screen: ConflictsScreen,
  },
  {
    name: 'convergence',
    title: 'Convergence',
    question: 'Is everything everywhere yet?',
    Screen: ConvergenceScreen,
  },
  {
    name: 'settings',
    title: 'Settings and namespaces',
    question: 'Who changed what, and who lacks it?',
    Screen: SettingsScreen,
  },
  {
    name: 'consistency',
    title: 'Consistency',
    question: 'What does each level promise, and what does it cost now?',
    Screen: ConsistencyScreen,
  },
  { name: 'events', title: 'Events', question: 'What happened, and when?', Screen: EventsScreen },
  { name: 'try-it', title: 'Try it', question: 'What does a request answer?', Screen: TryItScreen },
];
