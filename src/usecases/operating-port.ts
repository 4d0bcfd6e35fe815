import type { Instant } from '../domain/instant.ts';
import type { Decision } from './run-port.ts';

export type SlotFate = 'ran' | 'caught_up' | 'failed' | 'busy';

export interface OperatingStore {
  /**
   * After a restore nothing is sent until a person resumes: corrections are only asked about by key. Also set by
   * the store itself when it opens a database whose generation is not the one kept beside it (swapped by hand).
   */
  isOnHold(): Promise<boolean>;
  enterHold(why: string, at: Instant): Promise<void>;
  /** Corrections made before a hold ended are asked about by key once more before they are first sent. */
  leaveHold(decision: Decision): Promise<void>;
  /** Writes a consistent copy to `path` without standing in anyone's way: checked, then renamed into place. */
  backup(path: string): Promise<void>;
  /** The latest slot of a job that the ledger knows. */
  lastSlot(job: string): Promise<Instant | undefined>;
  /** Adds slots with what became of them; known ones are updated. */
  recordSlots(job: string, slots: readonly Instant[], fate: SlotFate, now: Instant): Promise<void>;
  /** Deletes at most `limit` rows that retention allows to go; 0 when nothing is left to delete. */
  pruneBatch(before: { readonly events: Instant; readonly audit: Instant }, limit: number): Promise<number>;
  close(): Promise<void>;
}
