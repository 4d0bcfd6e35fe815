import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import { writeDurably } from './durable-files.ts';
import { enterHold } from './holds.ts';
import { asProgramError, folderError, hasCode, unusable } from './sqlite-errors.ts';

/**
 * Which state of the ledger a database is. It stands in the database and in a file beside it, and is raised whenever
 * something may be sent from then on; so a copy that was put in place by hand, older or newer, does not fit the file.
 * The nonce tells copies apart that went different ways from one generation.
 */
export interface Mark {
  readonly generation: number;
  readonly nonce: number;
}

/**
 * What the file says. While the mark is raised it names both, because the file is written before the database has
 * committed: whichever of the two a crash leaves in the database fits.
 */
export interface MarkFile {
  readonly current: Mark;
  readonly next?: Mark;
}

export interface GenerationKeeper {
  /** @throws ProgramError `database_unusable` when another database was put in the place of the one in use. */
  raise(): void;
  /** The same, at most every few seconds. */
  raiseWhileSending(now: Instant): void;
}

/** What was sent since a copy was made, for so long, is not noticed; but it would be sent again under its old keys. */
const RAISE_EVERY_MS = 5_000;

const NEVER_OPENED: Mark = { generation: 0, nonce: 0 };
const MAX_NONCE = 2 ** 47;

/** Holds a database that was just opened for writing against the file beside it: if it does not fit, it is on hold. */
export function joinGeneration(database: Database.Database): void {
  if (database.memory) return;
  raiseMark(database, (inDatabase, file) => enterHold(database, misfitInWords(inDatabase, file), null));
}

/** Keeps a database that is open and the file beside it in step. */
export function keepGeneration(database: Database.Database): GenerationKeeper {
  let raisedAt: Instant | undefined;

  function raise(): void {
    if (database.memory) return;
    try {
      raiseMark(database, () => {
        throw unusable(
          `The database ${database.name} is no longer the one that was opened: another was put in its place.`,
          'Stop this process and start it again.',
        );
      });
    } catch (error) {
      throw asProgramError(database.name, error);
    }
  }

  return {
    raise,
    raiseWhileSending(now) {
      if (raisedAt !== undefined && Math.abs(now - raisedAt) < RAISE_EVERY_MS) return;
      raise();
      raisedAt = now;
    },
  };
}

export function markPath(databasePath: string): string {
  return `${databasePath}.generation`;
}

/** Under the database's write lock, so that processes raise it one after the other. */
function raiseMark(
  database: Database.Database,
  onMisfit: (inDatabase: Mark, file: MarkFile | undefined) => void,
): void {
  const path = markPath(database.name);
  database
    .transaction(() => {
      const current = readMark(database);
      const file = readMarkFile(path);
      if (!fits(current, file)) onMisfit(current, file);
      const next = successorOf(Math.max(current.generation, file?.current.generation ?? 0));
      writeMarkFile(path, { current, next });
      writeMark(database, next);
    })
    .immediate();
  settleMarkFile(database, path);
}

/** The file names one mark again; if another process is faster or keeps the lock, both marks go on fitting. */
function settleMarkFile(database: Database.Database, path: string): void {
  try {
    database
      .transaction(() => {
        const current = readMark(database);
        if (isSame(readMarkFile(path)?.next, current)) writeMarkFile(path, { current });
      })
      .immediate();
  } catch (error) {
    if (!hasCode(error, 'SQLITE_BUSY')) throw error;
  }
}

export function successorOf(generation: number): Mark {
  return { generation: generation + 1, nonce: randomInt(1, MAX_NONCE) };
}

/** A database that nobody ever opened fits where there is no file yet. */
function fits(mark: Mark, file: MarkFile | undefined): boolean {
  const { current, next } = file ?? { current: NEVER_OPENED };
  return isSame(current, mark) || isSame(next, mark);
}

function isSame(one: Mark | undefined, other: Mark): boolean {
  return one?.generation === other.generation && one.nonce === other.nonce;
}

function misfitInWords(inDatabase: Mark, file: MarkFile | undefined): string {
  const beside = file === undefined ? 'there is none' : `it is ${file.current.generation}`;
  return `another database was put in place: its generation is ${inDatabase.generation}, beside it ${beside}`;
}

export function readMark(database: Database.Database): Mark {
  const read = database.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  return { generation: read.get('generation') as number, nonce: read.get('generation_nonce') as number };
}

export function writeMark(database: Database.Database, { generation, nonce }: Mark): void {
  const write = database.prepare('UPDATE meta SET value = ? WHERE key = ?');
  write.run(generation, 'generation');
  write.run(nonce, 'generation_nonce');
}

/** What cannot be understood counts as another database's. */
export function readMarkFile(path: string): MarkFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw folderError(dirname(path), error);
  }
  const unknown = { current: { generation: -1, nonce: -1 } };
  try {
    const parsed = JSON.parse(text) as MarkFile | null;
    return typeof parsed?.current?.generation === 'number' ? parsed : unknown;
  } catch {
    return unknown;
  }
}

export function writeMarkFile(path: string, file: MarkFile): void {
  try {
    writeDurably(path, `${JSON.stringify(file)}\n`);
  } catch (error) {
    throw folderError(dirname(path), error);
  }
}
