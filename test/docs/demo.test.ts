import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { FINDING_KINDS } from '../../src/domain/finding.ts';
import { ROOT } from '../house/source.ts';
import { codeBlocks, readReadme } from './readme.ts';

it('shows on its first screen what the demo prints', async () => {
  const shown = codeBlocks(readReadme()).find(({ language }) => language === 'console')?.text ?? '';
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'src/cli.ts'), 'demo']);
  await rm(dirname(/(\S+)\/drift\.csv/.exec(stdout)?.[0] as string), { recursive: true });
  expect(withoutCounts(withoutWhatVaries(stdout))).toEqual(withoutCounts(shown));
  expect(kindsOf(shown).filter((kind) => !FINDING_KINDS.some((known) => known === kind))).toEqual([]);
}, 30_000);

function withoutWhatVaries(text: string): string {
  return text
    .replace(/(127\.0\.0\.1:)\d+/, '$1‹port›')
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '‹instant›')
    .replace(/ in [\d.]+ s;/, ' in ‹seconds› s;')
    .replace(/ at \S+\/drift\.csv/, ' at ‹folder›/drift.csv');
}

/** Which kinds a day holds, and how many, differs from day to day. */
function withoutCounts(text: string): string[] {
  const lines = text.trim().split('\n');
  return lines.filter((line) => !/^ {2}\w+ +\d+$/.test(line)).map((line) => line.replace(/\d+/g, 'N'));
}

function kindsOf(text: string): string[] {
  return [...text.matchAll(/^ {2}(\w+) +\d+$/gm)].map(([, kind = '']) => kind);
}
