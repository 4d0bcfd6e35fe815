import type { ControlStore } from '../../usecases/control-port.ts';
import type { DiagnosisStore, Store } from '../../usecases/ports.ts';
import type { WebStore } from '../../usecases/web-ports.ts';
import { agentStore } from './agents.ts';
import { attemptStore } from './attempts.ts';
import { windowCommitter } from './commit.ts';
import { connect } from './connection.ts';
import { controlStore } from './control-store.ts';
import { deliveryQueue } from './delivery-queue.ts';
import { findingReader } from './drift.ts';
import { eventLog } from './event-log.ts';
import { evidenceReader } from './evidence.ts';
import { holdStore } from './holds.ts';
import { knownAgents } from './known-agents.ts';
import { leaseStore } from './leases.ts';
import { statesListStore } from './listed-states.ts';
import { operatingStore } from './operating.ts';
import { reviewStore } from './review.ts';
import { runClosing } from './run-closing.ts';
import { runOpening } from './run-opening.ts';
import { runPages } from './run-pages.ts';
import { runLedger } from './runs.ts';
import { makeSteps } from './steps.ts';
import { storyReader } from './story.ts';
import { webStore } from './web-store.ts';

export interface StoreOptions {
  /** The database file; it and its folder are made where there are none. */
  readonly path: string;
  /** Only read: the file must exist at the newest schema, and no byte of it is written. */
  readonly readonly?: boolean;
  /** A great deal is about to be written, as by an import: checkpoints are rarer. */
  readonly bulk?: boolean;
}

/**
 * Opens the ledger in a SQLite file. Every method is one transaction without a pause in it.
 * @throws ProgramError `database_unusable` or `database_newer`, with a sentence and a hint.
 */
export function openStore({
  path,
  readonly = false,
  bulk = false,
}: StoreOptions): Store & WebStore & DiagnosisStore & ControlStore {
  const connection = connect(path, { readonly, bulk });
  const steps = makeSteps(connection);
  return {
    ...eventLog(connection),
    ...agentStore(connection),
    ...evidenceReader(connection),
    ...windowCommitter(connection, steps),
    ...leaseStore(connection, steps),
    ...runOpening(connection, steps),
    ...runLedger(connection),
    ...runClosing(connection, steps),
    ...runPages(connection),
    ...deliveryQueue(connection),
    ...attemptStore(connection, steps),
    ...findingReader(connection),
    ...reviewStore(connection, steps),
    ...storyReader(connection),
    ...holdStore(connection),
    ...operatingStore(connection),
    ...statesListStore(connection),
    ...knownAgents(connection),
    ...webStore(connection),
    ...controlStore(connection),
  };
}
