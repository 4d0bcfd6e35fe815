/** The thread in which a backup is written; started by `backup.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { renameDurably } from './durable-files.ts';

export interface BackupTask {
  readonly database: string;
  readonly temporary: string;
  readonly target: string;
}

/** What went wrong, in words. */
export type BackupAnswer = string | undefined;

/** A reader in WAL mode waits for nobody but one who is just opening the file. */
const TIMEOUT_MS = 30_000;

parentPort?.postMessage(answerOf(workerData as BackupTask));

/** Errors lose their class on the way to the other thread, so they go as words. */
function answerOf(task: BackupTask): BackupAnswer {
  try {
    return copy(task);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === undefined ? message : `${message} (${code})`;
  }
}

function copy({ database, temporary, target }: BackupTask): BackupAnswer {
  const source = new Database(database, { readonly: true, fileMustExist: true, timeout: TIMEOUT_MS });
  try {
    source.prepare('VACUUM INTO ?').run(temporary);
  } finally {
    source.close();
  }
  const written = new Database(temporary, { readonly: true, fileMustExist: true });
  try {
    const found = written.pragma('integrity_check', { simple: true });
    if (found !== 'ok') return `the copy is damaged: ${String(found)}`;
  } finally {
    written.close();
  }
  renameDurably(temporary, target);
  return undefined;
}
