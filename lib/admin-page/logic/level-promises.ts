/** Each level in one line (docs/consistency.md says more). */

export const LEVEL_PROMISES: Readonly<Record<string, string>> = {
  one: 'one owner, anywhere',
  two: 'two owners',
  three: 'three owners',
  quorum: 'a majority of the owners: reads see completed writes',
  all: 'every owner',
  any: 'one owner, or a durable hint for it',
  eventual: 'the nearest one; hints and stand-ins count',
  'local-one': 'one owner in the zone of the node that is asked',
  'local-quorum': 'a majority of the owners in that zone',
  'each-quorum': 'a majority of the owners in every zone',
  session: 'one owner that has what the session has seen; else more are asked',
  causal: 'as session, and what the writers of that had seen',
  'bounded-staleness': 'one owner that proves how old it can be; else all, or a majority',
  strong: 'a majority of the owners, in one order for each key',
};
