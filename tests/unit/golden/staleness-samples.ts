/** Samples of what owners ask each other to prove how old they are. */
import * as staleness from '../../../lib/staleness/messages.js';
import { samples } from './samples.js';

const WRITERS = ['n1.1.0123456789ab', 'n2.3k.ba9876543210'];

export const STALENESS_SAMPLES = [
  samples(
    staleness.TESTIFY,
    [
      { life: '', since: 0 },
      { life: 'AbCd-_012345', since: 2 ** 33 },
    ],
    [
      {
        ...{ life: 'AbCd-_012345', upTo: 0, isLast: true, emptied: [], silent: [] },
        ...{ writers: [], seen: [], accepted: [] },
      },
      {
        ...{ life: 'AbCd-_012345', upTo: 70_000, isLast: false, emptied: [3], silent: [255] },
        writers: WRITERS,
        seen: [
          [0, 0, 12],
          [255, 1, 2 ** 33, 1, 70_000],
        ],
        accepted: [[7, 1, 1]],
      },
    ],
  ),
];
