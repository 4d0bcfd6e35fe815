import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface SourceFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** All files under these folders, links left out: what a link points to is read where it lies. */
export function readTree(folders: readonly string[], extension: RegExp): SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** Whether the whole statement goes when the types are stripped: `import type`, `export type`. */
  readonly typeOnly: boolean;
}

const STATEMENT = /\b(?:import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?[^;'"`]*?\bfrom\s*(['"])/g;
const SIDE_EFFECT = /\bimport\s*(['"])/g;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(['"`])/g;

/** What a file imports, however it is written. */
export function importsOf(text: string): Import[] {
  const bare = bareCode(text);
  const found = [
    ...matches(bare, text, STATEMENT, (match) => match[1] !== undefined),
    ...matches(bare, text, SIDE_EFFECT, () => false),
    ...matches(bare, text, DYNAMIC, () => false),
  ];
  return found.sort((a, b) => a.line - b.line);
}

function matches(
  bare: string,
  text: string,
  pattern: RegExp,
  typeOnly: (match: RegExpExecArray) => boolean,
): Import[] {
  return [...bare.matchAll(pattern)].map((match) => {
    const start = match.index + match[0].length;
    const quote = bare.charAt(start - 1);
    return {
      line: lineOf(text, start),
      specifier: text.slice(start, bare.indexOf(quote, start)),
      typeOnly: typeOnly(match),
    };
  });
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A slash after one of these, or at the start, begins a regular expression and does not divide. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|void|do|else|await|yield))$/;

/**
 * The text with comments and the insides of strings, templates and regular expressions blanked, each character in
 * its place. The quotes stay, and so does code inside a template's `${}`.
 */
export function bareCode(text: string): string {
  const out = text.split('');
  /** For each template that is open around the place: how many braces of the code in its `${}` are open. */
  const templates: number[] = [];
  let tail = '';
  let at = 0;

  const blank = (end: number): void => {
    for (; at < end && at < text.length; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  const keep = (count = 1): void => {
    tail = (tail + text.slice(at, at + count)).trimEnd().slice(-12);
    at += count;
  };
  const template = (): void => {
    const end = closing(text, at, /\\[\s\S]|`|\$\{/g, (hit) => hit === '`' || hit === '${');
    blank(end);
    if (text.startsWith('${', at)) {
      templates.push(0);
      keep(2);
    } else {
      keep();
    }
  };

  while (at < text.length) {
    const char = text.charAt(at);
    const open = templates.at(-1);
    if (text.startsWith('//', at) || (at === 0 && text.startsWith('#!'))) {
      blank(indexOr(text, '\n', at));
    } else if (text.startsWith('/*', at)) {
      blank(indexOr(text, '*/', at + 2) + 2);
    } else if (char === '/' && BEFORE_REGEX.test(tail)) {
      keep();
      blank(closing(text, at, /\\.|\[(?:\\.|[^\]\\\n])*\]|\/|\n/g, (hit) => hit === '/' || hit === '\n'));
      keep();
    } else if (char === "'" || char === '"') {
      keep();
      blank(closing(text, at, /\\[\s\S]|['"\n]/g, (hit) => hit === char || hit === '\n'));
      keep();
    } else if (char === '`') {
      keep();
      template();
    } else if (open !== undefined && char === '}' && open === 0) {
      templates.pop();
      keep();
      template();
    } else {
      if (open !== undefined && char === '{') templates[templates.length - 1] = open + 1;
      if (open !== undefined && char === '}') templates[templates.length - 1] = open - 1;
      keep();
    }
  }
  return out.join('');
}

/** Where the first of the pattern's hits that ends something stands. */
function closing(text: string, from: number, pattern: RegExp, ends: (hit: string) => boolean): number {
  pattern.lastIndex = from;
  for (let hit = pattern.exec(text); hit !== null; hit = pattern.exec(text)) {
    if (ends(hit[0])) return hit.index;
  }
  return text.length;
}

function indexOr(text: string, search: string, from: number): number {
  const index = text.indexOf(search, from);
  return index === -1 ? text.length : index;
}
