import type { DiagnosisStore, Store } from '../../src/usecases/ports.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';
import { agentContract } from './store-agents.ts';
import { breakerContract } from './store-breakers.ts';
import { deliveryContract } from './store-deliveries.ts';
import { findingOrderContract } from './store-finding-orders.ts';
import { findingContract } from './store-findings.ts';
import { eventLogContract } from './store-log.ts';
import { operatingContract } from './store-operating.ts';
import { reviewContract } from './store-reviews.ts';
import { runContract } from './store-runs.ts';
import { statesListContract } from './store-states-list.ts';

/** What the port promises, held against an implementation; `open` opens an empty store, which its owner closes. */
export function storeContract(open: () => Store & WebStore & DiagnosisStore): void {
  eventLogContract(open);
  agentContract(open);
  runContract(open);
  deliveryContract(open);
  findingContract(open);
  findingOrderContract(open);
  breakerContract(open);
  reviewContract(open);
  operatingContract(open);
  statesListContract(open);
}
