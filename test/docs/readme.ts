import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/source.ts';

/* The README as tests look at it: its sections, tables and code. */

export const README = join(ROOT, 'README.md');

export function readReadme(): string {
  return readFileSync(README, 'utf8');
}

/** What stands under a heading, its smaller headings included. */
export function section(readme: string, heading: string): string {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`README has no heading "${heading}" any more`);
  const depth = /^#+/.exec(lines[start] as string)?.[0].length ?? 0;
  let inCode = false;
  const end = lines.findIndex((line, index) => {
    if (index <= start) return false;
    if (line.startsWith('```')) inCode = !inCode;
    const hashes = /^(#+) /.exec(line)?.[1];
    return !inCode && hashes !== undefined && hashes.length <= depth;
  });
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** The cells of a section's first table, without its head; code marks are left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^\|[\s|:-]+\|$/.test(line));
  if (start < 0) throw new Error('there is no table here any more');
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith('|')) break;
    const cells = line.slice(1, -1).split(/(?<!\\)\|/);
    rows.push(cells.map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|')));
  }
  return rows;
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

export function codeBlocks(readme: string): CodeBlock[] {
  const blocks = readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, language = '', text = '']) => ({ language, text }));
}

/** Code within lines, and the targets of links. */
export function inlineCode(readme: string): string[] {
  const prose = readme.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

export function linkTargets(readme: string): string[] {
  return [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** A part that tests write: between `<!-- name: … -->` and `<!-- end of name -->`, an empty line on both sides. */
export function generatedPart(readme: string, name: string): string {
  return partOf(readme, name).text;
}

export function withGeneratedPart(readme: string, name: string, text: string): string {
  const { start, end } = partOf(readme, name);
  return `${readme.slice(0, start)}\n${text}\n${readme.slice(end)}`;
}

function partOf(readme: string, name: string): { start: number; end: number; text: string } {
  const start = new RegExp(`^<!-- ${name}: .*-->\n`, 'm').exec(readme);
  const end = readme.indexOf(`<!-- end of ${name} -->`);
  if (start === null || end < 0) throw new Error(`README has no part <!-- ${name}: … --> any more`);
  const from = start.index + start[0].length;
  return { start: from, end, text: readme.slice(from, end).replace(/^\n|\n$/g, '') };
}
