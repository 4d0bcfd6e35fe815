import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { LockOwner } from './usecases/run-lock.ts';

/**
 * This process as the holder of a lock. A holder on the same host whose process is no longer there is gone;
 * one with our own process id but another instance name is what ran under that id before us, as after a
 * container's restart. Of other hosts nothing is known, so their locks must run out.
 */
export function processOwner(instance: string = randomUUID().slice(0, 8)): LockOwner {
  const host = hostname();
  const name = `${host} pid ${process.pid} (${instance})`;
  return { name, isGone: (owner) => isGone(owner, host, name) };
}

function isGone(owner: string, host: string, own: string): boolean {
  const match = /^(.*) pid (\d+) \(\w+\)$/.exec(owner);
  if (match === null || match[1] !== host || owner === own) return false;
  const pid = Number(match[2]);
  return pid === process.pid || !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
