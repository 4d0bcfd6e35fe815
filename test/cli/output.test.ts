import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { adherence, CLI, EXIT, environment, folder } from './support.ts';

/** A device that says of every byte that the disk is full. */
const FULL = '/dev/full';

describe.skipIf(!existsSync(FULL))('standard output on a full disk', { timeout: 60_000 }, () => {
  test('is said in one line, with status 1', async () => {
    const env = environment(await folder());
    expect(await adherence(['prune'], env)).toMatchObject({ status: EXIT.done });
    for (const args of ['export', 'audit export', 'runs', 'runs --json', '--help', 'export --help']) {
      const shell = `exec "${process.execPath}" "${CLI}" ${args} > ${FULL}`;
      const { status, stderr } = spawnSync('sh', ['-c', shell], { env, encoding: 'utf8' });
      expect({ args, status, stderr }).toEqual({
        args,
        status: EXIT.failed,
        stderr: 'adherence: the output cannot be written: ENOSPC: no space left on device, write\n',
      });
    }
  });
});
