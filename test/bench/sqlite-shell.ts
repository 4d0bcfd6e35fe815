/** The `sqlite3` shell, which import and export are held against. */
import { spawnSync } from 'node:child_process';
import { run } from './processes.ts';

/** Its version; the benches that need it fail without it. */
export function shellVersion(): string {
  const { status, stdout } = spawnSync('sqlite3', ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error('The sqlite3 shell is needed: install the package sqlite3.');
  return `sqlite3 ${stdout.split(' ')[0]}`;
}

/** Runs a script. @returns its wall time in milliseconds. */
export function runShell(args: readonly string[], script: string, output?: string): Promise<number> {
  return run('sqlite3', ['-bail', '-batch', ...args], {
    input: script,
    ...(output !== undefined && { output }),
  });
}
