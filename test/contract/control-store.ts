import type { ControlStore } from '../../src/usecases/control-port.ts';
import type { Store } from '../../src/usecases/ports.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';
import { auditContract } from './control-audit.ts';
import { changeContract } from './control-changes.ts';
import { acwContract } from './control-contracts.ts';
import { overrideContract } from './control-overrides.ts';
import { controlRetentionContract } from './control-retention.ts';
import { registryContract } from './control-sessions.ts';

/** What control-port.ts promises, held against an implementation; `open` opens an empty store. */
export function controlStoreContract(open: () => Store & WebStore & ControlStore): void {
  changeContract(open);
  registryContract(open);
  acwContract(open);
  overrideContract(open);
  auditContract(open);
  controlRetentionContract(open);
}
