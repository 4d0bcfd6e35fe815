import type { ControlStore } from '../../usecases/control-port.ts';
import { contractStore } from './acw-contracts.ts';
import { auditStore, makeAudit } from './audit-log.ts';
import { changeStore } from './changes.ts';
import type { Connection } from './connection.ts';
import { controlFigures } from './control-figures.ts';
import { presenceStore } from './disagreements.ts';
import { escalationStore, makeEscalations } from './escalations.ts';
import { loggedStates } from './logged-states.ts';
import { overrideStore } from './overrides.ts';
import { registryStore } from './session-registry.ts';

/** What changing agents' states keeps. */
export function controlStore(connection: Connection): ControlStore {
  const audit = makeAudit(connection.database);
  const addEscalation = makeEscalations(connection.database);
  return {
    ...changeStore(connection, audit),
    ...registryStore(connection),
    ...loggedStates(connection),
    ...contractStore(connection, audit, addEscalation),
    ...escalationStore(connection, audit),
    ...overrideStore(connection, audit),
    ...presenceStore(connection, audit, addEscalation),
    ...auditStore(connection),
    ...controlFigures(connection),
  };
}
