import Database from 'better-sqlite3';
import type { DeliveryAnswer, DueCorrection, Lease, Store } from '../../src/usecases/ports.ts';
import type { Tamper } from './process.ts';

/*
 * The outbox, broken in the ways in which outboxes break. Each stands around the store or the vendor of the processes
 * of a simulated world; the program itself is untouched.
 */

/** Sends first and commits the attempt afterwards. */
export const sendBeforeCommit: Tamper = ({ store, vendor }) => {
  const due = new Map<string, DueCorrection>();
  const answers = new Map<string, DeliveryAnswer>();
  return {
    store: {
      ...store,
      async dueCorrections(now, limit) {
        const corrections = await store.dueCorrections(now, limit);
        for (const correction of corrections) due.set(correction.correctionId, correction);
        return corrections;
      },
      async beginAttempt(lease, correctionId, now) {
        const { userId, key, body, status } = due.get(correctionId)!;
        const isSent = !status.startsWith('take_back');
        if (isSent) answers.set(key, await vendor.sendAdjustment(userId, key, body));
        return store.beginAttempt(lease, correctionId, now);
      },
    },
    vendor: {
      ...vendor,
      async sendAdjustment(userId, key, body, signal) {
        return answers.get(key) ?? vendor.sendAdjustment(userId, key, body, signal);
      },
    },
  };
};

/** Sends what it has no answer to again, as if it were another correction. */
export const newKeyOnRetry: Tamper = ({ store, vendor, path }) => ({
  vendor,
  store: {
    ...store,
    async dueCorrections(now, limit) {
      const corrections = await store.dueCorrections(now, limit);
      return corrections.map((correction) => {
        if (correction.status !== 'unknown') return correction;
        const key = `${correction.key}-${correction.attempts}`;
        write(
          path,
          'UPDATE corrections SET idempotency_key = ? WHERE correction_id = ?',
          key,
          correction.correctionId,
        );
        return { ...correction, key };
      });
    },
  },
});

/** Takes no answer for a no. */
export const dropUnknown: Tamper = ({ store, vendor }) => ({
  vendor,
  store: {
    ...store,
    async dueCorrections(now, limit) {
      const corrections = await store.dueCorrections(now, limit);
      return corrections.filter(({ status }) => status !== 'unknown');
    },
    finishAttempt: (lease, attempt, now) => {
      const state = attempt.state === 'unknown' ? 'refused' : attempt.state;
      const notBefore = state === 'refused' ? undefined : attempt.notBefore;
      return store.finishAttempt(lease, { ...attempt, state, notBefore }, now);
    },
  },
});

/** Every process takes itself for the holder of the lock, whoever took it over. */
export const noFencing: Tamper = ({ store, vendor, path }) => {
  const GUARDED = new Set<string>([
    'openRun',
    'commitWindows',
    'noteNotFound',
    'saveProgress',
    'closeRun',
    'finishRun',
    'beginAttempt',
    'finishAttempt',
  ] satisfies (keyof Store)[]);
  const unguarded = new Proxy(store, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        if (GUARDED.has(String(name))) hold(path, args[0] as Lease);
        else if (name === 'renewLease') hold(path, args[1] as Lease);
        return method.apply(target, args) as unknown;
      };
    },
  });
  return { vendor, store: unguarded };
};

function hold(path: string, { owner, fence }: Lease): void {
  write(
    path,
    `UPDATE leases SET owner = ?, fence = ?, expires_at = coalesce(expires_at, 0) WHERE name = 'run'`,
    owner,
    fence,
  );
}

/** What is found is on its way at once, before its run is closed. */
export const sendFromUnclosedRun: Tamper = ({ store, vendor, path }) => ({
  vendor,
  store: {
    ...store,
    async commitWindows(lease, runId, windows, now) {
      const answer = await store.commitWindows(lease, runId, windows, now);
      write(
        path,
        `INSERT INTO history (entity, entity_id, at, actor, from_status, to_status, why)
         SELECT 'correction', correction_id, updated_at, 'mutant', 'proposed', 'waiting', 'at once'
         FROM corrections WHERE status = 'proposed'`,
      );
      write(path, `UPDATE corrections SET status = 'waiting' WHERE status = 'proposed'`);
      return answer;
    },
  },
});

/** Judges as if nothing had been corrected yet. */
export const ignoreLedger: Tamper = ({ store, vendor }) => ({
  vendor,
  store: {
    ...store,
    async readEvidence(windows, marginMs) {
      const read = await store.readEvidence(windows, marginMs);
      return read.map((evidence) => ({ ...evidence, ledger: [] }));
    },
  },
});

function write(path: string, sql: string, ...values: readonly (string | number)[]): void {
  const database = new Database(path);
  try {
    database.pragma('synchronous = OFF');
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}
