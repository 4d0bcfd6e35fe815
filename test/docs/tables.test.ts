import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/context.ts';
import { BREAKER_CODES } from '../../src/domain/breaker.ts';
import { ERROR_CODES } from '../../src/domain/errors.ts';
import { FINDING_KINDS, FINDING_STATUSES } from '../../src/domain/finding.ts';
import { ROOT, readTree } from '../house/source.ts';
import { readReadme, section, tableRows } from './readme.ts';

const readme = readReadme();
const CODE = readTree(['src', 'jobs', 'db'], /\.ts$/).filter(({ path }) => path !== 'src/domain/errors.ts');

function column(heading: string, index = 0): string[] {
  return tableRows(section(readme, heading)).map((cells) => cells[index] as string);
}

describe('the tables of the README', () => {
  it('give every exit status with its name', () => {
    const rows = tableRows(section(readme, 'Exit statuses')).map(([status, name]) => [name, Number(status)]);
    expect(Object.fromEntries(rows)).toEqual(EXIT);
  });

  it('explain every error code, in alphabetical order, and say what to do', () => {
    expect(column('Error codes')).toEqual([...ERROR_CODES].sort());
    for (const [code, meaning, advice] of tableRows(section(readme, 'Error codes'))) {
      expect.soft(meaning, `what ${code} means`).not.toBe('');
      expect.soft(advice, `what to do about ${code}`).not.toBe('');
    }
  });

  it('call exactly those codes reserved that the program does not use yet', () => {
    const reserved = tableRows(section(readme, 'Error codes'))
      .filter(([, meaning = '']) => meaning.startsWith('reserved'))
      .map(([code]) => code);
    const used = CODE.map(({ text }) => text).join('\n');
    expect(reserved).toEqual([...ERROR_CODES].sort().filter((code) => !used.includes(`'${code}'`)));
  });

  it('explain every circuit breaker', () => {
    expect(column('Held runs')).toEqual([...BREAKER_CODES]);
  });

  it('explain every kind and every status of a finding', () => {
    const [kinds = '', statuses = ''] = section(readme, 'What is found').split('`ADHERENCE_CORRECT_KINDS`');
    expect(tableRows(kinds).map(([kind]) => kind)).toEqual([...FINDING_KINDS]);
    expect(tableRows(statuses).map(([status]) => status)).toEqual([...FINDING_STATUSES]);
  });

  it('name every dependency once, and say why it is there', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const names = [dependencies, devDependencies, optionalDependencies].map((part = {}) => Object.keys(part));
    expect(column('Dependencies')).toEqual(names.flat());
    expect(column('Dependencies', 1)).not.toContain('');
  });
});

describe('the lists of the README', () => {
  it('have the glossary in alphabetical order, without the same word twice', () => {
    const words = [...section(readme, 'Glossary').matchAll(/^- \*\*([^*]+)\*\*: \S/gm)].map(
      ([, word]) => word,
    );
    expect(words.length).toBeGreaterThan(20);
    expect(words).toEqual(
      [...new Set(words)].sort((a = '', b = '') => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
    );
  });

  it('have decisions with number, date, background, decision and consequence', () => {
    const decisions = section(readme, 'Decisions').split(/^### /m).slice(1);
    expect(decisions.length).toBeGreaterThanOrEqual(15);
    for (const [index, decision] of decisions.entries()) {
      const title = decision.split('\n')[0] as string;
      expect.soft(title).toMatch(new RegExp(`^${index + 1}\\. .+ \\(\\d{4}-\\d{2}-\\d{2}\\)$`));
      const parts = [...decision.matchAll(/^- (\w+): \S/gm)].map(([, part]) => part);
      expect.soft(parts, title).toEqual(['Background', 'Decision', 'Consequence']);
    }
  });
});
