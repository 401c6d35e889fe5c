/** The screens, in their order; each answers one question. */
import type { ComponentType } from 'preact';
import { Conflicts } from './conflicts.js';
import { Consistency } from './consistency.js';
import { Convergence } from './convergence.js';
import { Events } from './events.js';
import { Key } from './key.js';
import { Nodes } from './nodes.js';
import { Now } from './now.js';
import { RingScreen } from './ring.js';
import { SettingsScreen } from './settings.js';
import { TryIt } from './try-it.js';

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
    Screen: Now,
  },
  { name: 'nodes', title: 'Nodes', question: 'Who is sick, and who says so?', Screen: Nodes },
  {
    name: 'ring',
    title: 'Ring',
    question: 'What do I lose if this node or zone dies?',
    Screen: RingScreen,
  },
  { name: 'key', title: 'Key', question: 'What happened to this key?', Screen: Key },
  { name: 'conflicts', title: 'Conflicts', question: 'Where do writers race?', Screen: Conflicts },
  {
    name: 'convergence',
    title: 'Convergence',
    question: 'Is everything everywhere yet?',
    Screen: Convergence,
  },
  {
    name: 'settings',
    title: 'Settings',
    question: 'Who changed what, and who lacks it?',
    Screen: SettingsScreen,
  },
  {
    name: 'consistency',
    title: 'Consistency',
    question: 'What does each level promise, and what does it cost now?',
    Screen: Consistency,
  },
  { name: 'events', title: 'Events', question: 'What happened, and when?', Screen: Events },
  { name: 'try-it', title: 'Try it', question: 'What does a request answer?', Screen: TryIt },
];
