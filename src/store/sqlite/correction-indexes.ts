/**
 * What the partial indexes over corrections hold, word for word: SQLite takes such an index only for a statement that
 * repeats its condition. A ledger keeps far more corrections that have come to their end than others.
 */

/** Index `corrections_queue`: what waits to be sent or taken back. */
export const QUEUED = `status IN ('waiting', 'unknown', 'take_back_waiting', 'take_back_unknown')`;

/** Index `corrections_unsettled`: what has not come to its end. */
export const UNSETTLED = `status IN ('proposed', 'held', 'waiting', 'sending', 'unknown', 'take_back_waiting',
  'taking_back', 'take_back_unknown')`;
