/** The world of one node: five ports, handed in together. Real ones are in platform/. */
import type { Clock } from './clock.js';
import type { Observer } from './observer.js';
import type { Random } from './random.js';
import type { Storage } from './storage.js';
import type { Transport } from './transport.js';

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly observer: Observer;
}
