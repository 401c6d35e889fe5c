/** What members say to each other about the cluster. Served before the founding too. */
import { z } from 'zod';
import { messageType } from '../rpc/message.js';

/**
 * A node that the sender is linked with: which life of it, where it can be called, how long ago it
 * was alive for certain, and how long that life has run. In milliseconds.
 */
const sighting = z.tuple([z.string(), z.string(), z.string(), z.number(), z.number()]);
export type Sighting = z.infer<typeof sighting>;

/** Of so many nodes a heartbeat reports; others follow with the next ones. */
export const SIGHTINGS_MAX = 16;

/** Start and durable commit number: what peers will remember of a disk. And its wall clock. */
const heartbeat = z.object({
  start: z.number(),
  commit: z.number(),
  wall: z.number(),
  sightings: z.array(sighting).max(SIGHTINGS_MAX),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** "Are you there?" */
export const PING = messageType('membership.ping', z.object({}), heartbeat);

/** "What do you remember of my disk?" The reply repeats the nonce of the question. */
export const DISK = messageType(
  'membership.disk',
  z.object({ nonce: z.number() }),
  z.object({
    ...{ start: z.number(), commit: z.number(), nonce: z.number() },
    /** The highest start in which a loss was announced, as far as is known; 0: none. */
    announced: z.number(),
  }),
);

/**
 * "My founding list gives this ring, and the cluster has this id": empty where none is known yet.
 * The reply has the other's ring and id, and whether it serves.
 */
export const FOUND = messageType(
  'membership.found',
  z.object({ hash: z.string(), cluster: z.string() }),
  z.object({ hash: z.string(), cluster: z.string(), complete: z.boolean() }),
);

const fieldVersion = z.tuple([z.number(), z.string()]);

/** Of a `SettingsChange`, what every node reads. */
const changeHead = z.object({
  ...{ version: z.string(), at: z.number(), node: z.string(), by: z.string() },
  changed: z.record(z.string(), z.unknown()),
});
const settingsChange = z.custom<unknown>((change) => changeHead.safeParse(change).success);

const plainSettings = z.object({
  fields: z.array(z.tuple([z.string(), z.unknown(), fieldVersion])),
  history: z.array(settingsChange),
});
export type PlainSettings = z.infer<typeof plainSettings>;

/**
 * "What are your settings, and under which hash do you speak of them?" Of their history as much
 * behind that change as a message is to hold; `more`: other changes follow. `unread`: a disk that
 * was lost, and has not read those of the others yet: it counts in no majority.
 */
export const PULL_SETTINGS = messageType(
  'membership.pull-settings',
  z.object({ after: z.string().nullable(), known: z.number() }),
  z.object({
    settings: plainSettings,
    more: z.boolean(),
    hash: z.number(),
    unread: z.boolean().optional(),
  }),
);

/**
 * "Merge these durably": all fields, and the latest changes, as many as a message is to hold. The
 * reply is the hash of what came of it: whoever lacks more of the history asks for it.
 */
export const PUSH_SETTINGS = messageType(
  'membership.push-settings',
  plainSettings,
  z.object({ hash: z.number() }),
);

/** "Report yourself": a NodeReport. */
export const REPORT = messageType(
  'membership.report',
  z.object({}),
  z.object({ report: z.unknown() }),
);

/** "I am about to stop", or "I need nothing more of you": who stops too waits meanwhile. */
export const STOPPING = messageType(
  'membership.stopping',
  z.object({ done: z.boolean() }),
  z.object({}),
);

/** The life that a ticket was made in, and its id. */
const namedTicket = z.object({ start: z.number(), id: z.string().max(64) });
export type NamedTicket = z.infer<typeof namedTicket>;

const isHeld = z.object({ held: z.boolean() });

/** "Hold this ticket for my next life." Answered when it is durable. */
export const HOLD_TICKET = messageType('membership.hold-ticket', namedTicket, isHeld);

/** "Do you hold this ticket? Then I take it." `life` marks a question that is repeated. */
export const TAKE_TICKET = messageType(
  'membership.take-ticket',
  namedTicket.extend({ life: z.string().max(64) }),
  isHeld,
);

const event = z.object({
  number: z.number(),
  at: z.number(),
  severity: z.enum(['info', 'warn', 'error']),
  event: z.string(),
  fields: z.array(z.tuple([z.string(), z.string()])),
  times: z.number(),
});

/** "What happened to you lately?" Oldest first: the latest, as many as a message is to hold. */
export const EVENTS = messageType(
  'membership.events',
  z.object({}),
  z.object({ node: z.string(), events: z.array(event) }),
);
