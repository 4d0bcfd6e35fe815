import { randomUUID } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TOKEN_FILES } from '../token-file.ts';
import type { BackupAnswer, BackupTask } from './backup-worker.ts';
import { unusable } from './sqlite-errors.ts';

/** What SQLite, the store and a login keep beside a database under a name of their own. */
const COMPANIONS = ['', '-wal', '-shm', '-journal', '.generation', ...TOKEN_FILES];

/**
 * Writes a consistent copy of a database that others go on writing: in a thread of its own, since copying blocks
 * whoever waits for it, under another name until it is whole and checked.
 * @throws ProgramError `database_unusable` when the target belongs to the database itself, or when it fails.
 */
export async function backupDatabase(database: string, target: string): Promise<void> {
  const path = resolve(target);
  requireElsewhere(database, path);
  const temporary = join(dirname(path), `.backup-${randomUUID()}.tmp`);
  try {
    const failure = await copyInThread({ database, temporary, target: path });
    if (failure === undefined) return;
    throw unusable(
      `The backup ${path} could not be written: ${failure}.`,
      'Check that its folder exists, may be written and has room for the whole database.',
    );
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}-journal`, { force: true });
  }
}

function requireElsewhere(database: string, path: string): void {
  const isTaken = COMPANIONS.some((end) => isSameFile(`${database}${end}`, path));
  if (!isTaken) return;
  throw unusable(
    `${path} belongs to the database itself and cannot be its backup.`,
    'Name another file, best on another disk.',
  );
}

/** Links and other spellings of the same path included. */
function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function copyInThread(task: BackupTask): Promise<BackupAnswer> {
  const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), { workerData: task });
  return new Promise((settle, reject) => {
    worker.once('message', settle);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The thread of the backup ended with status ${code}.`)));
  });
}
