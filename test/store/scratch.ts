import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type StoreOptions } from '../../src/store/sqlite/store.ts';
import type { ControlStore } from '../../src/usecases/control-port.ts';
import type { DiagnosisStore, Store } from '../../src/usecases/ports.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';

/** A folder that goes with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adherence-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function scratchFile(): string {
  return join(scratchFolder(), 'ledger.db');
}

/** A store that is closed with the test. */
export function opened(options: StoreOptions): Store & WebStore & ControlStore & DiagnosisStore {
  const store = openStore(options);
  onTestFinished(() => store.close());
  return store;
}
