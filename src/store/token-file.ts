import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ProgramError } from '../domain/errors.ts';
import type { Clock, KeptToken, Log, TokenKeeper, TokenLock, TokenRecord } from '../usecases/ports.ts';
import { type FileLock, tryLock } from './file-lock.ts';
import { renameDurably } from './sqlite/durable-files.ts';
import { makeFolder } from './sqlite/open.ts';

/** These stand behind the database's name; they are no part of it, so neither `backup` nor `restore` touches them. */
const TOKEN_FILE = '.token.json';
/** The next content while it is written; whole, it counts as written. */
const NEXT = '.next';
const LOCK_FILE = '.token.lock';
export const TOKEN_FILES: readonly string[] = [TOKEN_FILE, `${TOKEN_FILE}${NEXT}`, LOCK_FILE];

const OWNER_ONLY = 0o600;
const POLL_MS = 50;
/** Room that is taken before a refresh token is spent, for its successor; tokens are at most some kilobytes long. */
const RESERVED_BYTES = 32 * 1024;
const NOTHING: TokenRecord = { token: undefined, seeds: [] };

export interface TokenFileDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps the user-context token in a file of its own beside the database, which only its owner may read.
 * @param database the database's path
 */
export function openTokenFile(database: string, { clock, log }: TokenFileDeps): TokenKeeper {
  const path = `${resolve(database)}${TOKEN_FILE}`;
  return {
    where: path,
    read: () => readRecord(path, log),
    async lock(patienceMs, signal) {
      makeFolder(dirname(path));
      const lockPath = `${resolve(database)}${LOCK_FILE}`;
      const from = clock.now();
      for (;;) {
        const lock = tryLock(lockPath);
        if (lock !== undefined) return openFinished(path, lock);
        if (clock.now() - from >= patienceMs) throw renewedElsewhere(patienceMs);
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}

function openFinished(path: string, lock: FileLock): TokenLock {
  try {
    finishWriting(path);
    return openLock(path, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openLock(path: string, release: () => void): TokenLock {
  const next = `${path}${NEXT}`;
  let isReserved = false;
  return {
    reserve() {
      isReserved = true;
      overwrite(next, ' '.repeat(RESERVED_BYTES));
    },
    write(record) {
      isReserved = false;
      overwrite(next, `${JSON.stringify({ version: 1, ...record }, undefined, 2)}\n`);
      guarded(path, () => renameDurably(next, path));
    },
    release() {
      if (isReserved) rmSync(next, { force: true });
      release();
    },
  };
}

/** Whoever wrote and was killed before the new content had its name: the token in it is the one that is good. */
function finishWriting(path: string): void {
  const next = `${path}${NEXT}`;
  const text = textOf(next);
  if (text === undefined) return;
  if (parseRecord(text) === undefined) rmSync(next, { force: true });
  else guarded(path, () => renameDurably(next, path));
}

/** In place, so that room once taken is enough; what follows a shorter text is cut off. */
function overwrite(path: string, text: string): void {
  guarded(path, () => {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT, OWNER_ONLY);
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, at);
      ftruncateSync(file, bytes.length);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

function readRecord(path: string, log: Log): TokenRecord {
  const text = textOf(path, log);
  if (text === undefined) return NOTHING;
  const record = parseRecord(text);
  if (record !== undefined) return record;
  throw unusable(`The login file ${path} is damaged.`);
}

/** A file that others may read is closed to them; a token that was seen cannot be unseen, so it is said. */
function textOf(path: string, log?: Log): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const mode = fstatSync(file).mode & 0o777;
    if ((mode & ~OWNER_ONLY) !== 0) {
      fchmodSync(file, OWNER_ONLY);
      log?.warn(
        { path, mode: mode.toString(8) },
        'others could read the login file; its mode is 600 now. If anybody may have: adherence logout, then login',
      );
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(`The login file ${path} cannot be read (${codeOf(error)}).`, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function parseRecord(text: string): TokenRecord | undefined {
  try {
    const { version, token, seeds } = JSON.parse(text) as Record<string, unknown>;
    if (version !== 1 || !isTexts(seeds)) return undefined;
    if (token === undefined) return { token, seeds };
    return isKeptToken(token) ? { token, seeds } : undefined;
  } catch {
    return undefined;
  }
}

function isKeptToken(value: unknown): value is KeptToken {
  if (typeof value !== 'object' || value === null) return false;
  const token = value as Record<keyof KeptToken, unknown>;
  const texts = [token.issuer, token.clientId, token.refreshToken, token.accessToken];
  const instants = [token.renewAt, token.expiresAt];
  return (
    texts.every((text) => typeof text === 'string') &&
    instants.every((instant) => Number.isFinite(instant)) &&
    (token.scopes === undefined || isTexts(token.scopes))
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function renewedElsewhere(patienceMs: number): ProgramError {
  const seconds = Math.ceil(patienceMs / 1000);
  return new ProgramError(
    'vendor_unavailable',
    `another process has been renewing the token for more than ${seconds} s`,
    { hint: 'Wait until it is done, or end it: what it holds is then free.' },
  );
}

function unusable(message: string, cause?: unknown): ProgramError {
  return new ProgramError('login_required', message, {
    hint: 'Check who owns it; if it cannot be mended, log in again with `adherence login`.',
    cause,
  });
}

function guarded(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new ProgramError(
      'database_unusable',
      `The login file ${path} cannot be written (${codeOf(error)}).`,
      {
        hint: 'It lies beside the database: check room and rights of that folder.',
        cause: error,
      },
    );
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
