import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeWhole } from '../../src/csv/write-whole.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'adherence-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

test('a file is written with its folders, and replaces the one before', async () => {
  const path = join(await folder(), 'a', 'b', 'drift.csv');
  await writeWhole(path, chunks('one\r\n', 'zwei é\r\n'));
  expect(await readFile(path, 'utf8')).toBe('one\r\nzwei é\r\n');
  await writeWhole(path, chunks('three'));
  expect(await readFile(path, 'utf8')).toBe('three');
  expect(await readdir(join(path, '..'))).toEqual(['drift.csv']);
});

test('when the text ends in an error the file before stays, and nothing lies beside it', async () => {
  const place = await folder();
  const path = join(place, 'drift.csv');
  await writeFile(path, 'before');
  async function* broken(): AsyncGenerator<string> {
    yield 'half';
    throw new Error('the disk is gone');
  }
  await expect(writeWhole(path, broken())).rejects.toThrow('the disk is gone');
  expect(await readFile(path, 'utf8')).toBe('before');
  expect(await readdir(place)).toEqual(['drift.csv']);
});

test('a folder that cannot be made is an error', async () => {
  const place = await folder();
  await writeFile(join(place, 'file'), '');
  await expect(writeWhole(join(place, 'file', 'drift.csv'), chunks(''))).rejects.toThrow(/ENOTDIR|EEXIST/);
});

test.skipIf(!existsSync('/proc/self'))(
  'and does not keep the program busy for ever',
  { timeout: 2_000 },
  async () => {
    await expect(writeWhole('/proc/none/here/drift.csv', chunks(''))).rejects.toThrow('ENOENT');
  },
);
