// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are source text to be checked.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawers, exceptedPaths, forbiddenSql, forbiddenWords, tooLong } from './language.ts';
import { forbiddenImports } from './rooms.ts';
import { bareCode, importsOf, ROOT, readTree } from './source.ts';

const FOLDERS = ['src', 'jobs', 'db'].filter((folder) => existsSync(join(ROOT, folder)));
const CODE = readTree(FOLDERS, /\.(ts|cjs|mjs|js)$/);
const MIGRATIONS = readTree(['db/migrations'], /\.sql$/);

/** One made-up file with these lines. */
function file(path: string, ...lines: string[]) {
  return { path, text: `${lines.join('\n')}\n` };
}

describe('the house', () => {
  it('imports along the table of rooms only', () => {
    expect(CODE.length).toBeGreaterThan(50);
    expect(CODE.flatMap(forbiddenImports)).toEqual([]);
  });

  it('reads the clock, the environment and the console where they belong, and strips to JavaScript', () => {
    expect(CODE.flatMap(forbiddenWords)).toEqual([]);
  });

  it('has no file that wants to be two', () => {
    expect(CODE.flatMap(tooLong)).toEqual([]);
  });

  it('has no drawers', () => {
    expect(CODE.flatMap(drawers)).toEqual([]);
  });

  it('has migrations that lose no rows and leave the transaction to the runner', () => {
    expect(MIGRATIONS.length).toBeGreaterThan(0);
    expect(MIGRATIONS.flatMap(forbiddenSql)).toEqual([]);
    expect(MIGRATIONS.map(({ path }) => path)).toEqual(
      MIGRATIONS.map((_, index) =>
        expect.stringMatching(`^db/migrations/${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.sql$`),
      ),
    );
  });

  it('makes exceptions only for what is there', () => {
    expect(exceptedPaths().filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('the checker of imports', () => {
  it('says which file may not import which, and where it should go instead', () => {
    expect(
      forbiddenImports(file('src/domain/judge.ts', "import { openStore } from '../store/sqlite/store.ts';")),
    ).toEqual([
      'src/domain/judge.ts:1 (domain) may not import src/store/sqlite/store.ts. The domain holds the rules, from data to ' +
        'data: no library, no Node, no other room. What reads, writes, waits or looks at the clock belongs in ' +
        'src/usecases, which calls the domain and hands it what it found.',
    ]);
  });

  it.each([
    [
      'src/domain/x.ts',
      "import { DateTime } from 'luxon';",
      'may not import luxon: it is for csv, web, simulator',
    ],
    ['src/domain/x.ts', "import { createHash } from 'node:crypto';", 'may not import node:crypto'],
    [
      'src/domain/x.ts',
      "import type { Store } from '../usecases/ports.ts';",
      'may not import src/usecases/ports.ts',
    ],
    [
      'src/usecases/x.ts',
      "import { readFile } from 'node:fs/promises';",
      'ports.ts; src/store, src/cxone or src/csv',
    ],
    [
      'src/usecases/x.ts',
      "import type { Rows } from '../store/sqlite/rows.ts';",
      'may not import src/store/sqlite/rows.ts',
    ],
    ['src/cxone/x.ts', "import { clip } from '../csv/clip.ts';", 'handed to it by src/program.ts'],
    ['src/cxone/x.ts', "import { limit } from '../usecases/ports.ts';", 'except with `import type`'],
    [
      'src/cxone/x.ts',
      "import type { Run } from '../usecases/run-once.ts';",
      'may not import src/usecases/run-once.ts',
    ],
    ['src/store/sqlite/x.ts', "import { request } from 'undici';", 'may not import undici'],
    [
      'src/web/x.ts',
      "import { openStore } from '../store/sqlite/store.ts';",
      'whose implementations src/program.ts hands in',
    ],
    ['src/simulator/x.ts', "import { wire } from '../cxone/wire.ts';", 'may share nothing with the program'],
    ['src/cli/x.ts', "import { judge } from '../domain/judge.ts';", 'they call the program'],
    ['jobs/x.ts', "import { openStore } from '../src/store/sqlite/store.ts';", 'they call the program'],
    ['db/x.ts', "import { Instant } from '../src/domain/instant.ts';", 'outlive the code'],
    ['src/program.ts', "import { run } from './cli/run.ts';", 'not the other way round'],
    ['src/config/x.ts', "import { log } from '../log.ts';", 'handed in by src/program.ts'],
    ['src/domain/x.ts', "import { a } from './a';", 'write .ts at the end'],
    [
      'src/domain/x.ts',
      "import { a } from '../../test/support/days.ts';",
      'may not import test/support/days.ts',
    ],
    ['src/csv/x.ts', "import leftPad from 'left-pad';", 'which has no room yet'],
    ['src/misplaced.ts', '', 'is in no room'],
    ['src/vendor/x.ts', '', 'is in no room'],
  ])('catches in %s: %s', (path, line, sentence) => {
    expect(forbiddenImports(file(path, line))).toEqual([expect.stringContaining(sentence)]);
  });

  it.each([
    ['src/cxone/x.ts', "import type { Vendor } from '../usecases/ports.ts';"],
    ['src/store/sqlite/x.ts', "import { runs } from '../../../db/schema.ts';"],
    ['src/web/x.ts', "import { prune } from '../usecases/prune.ts';"],
    ['src/program.ts', "import { startSimulator } from './simulator/server.ts';"],
    ['src/domain/x.ts', "// import { openStore } from '../store/sqlite/store.ts';"],
    ['src/domain/x.ts', `const text = "import { openStore } from '../store/sqlite/store.ts'";`],
  ])('lets through in %s: %s', (path, line) => {
    expect(forbiddenImports(file(path, line))).toEqual([]);
  });

  it('finds imports in every form', () => {
    const { text } = file(
      'x.ts',
      '#!/usr/bin/env node',
      "import a, { type b } from './a.ts';",
      'import {',
      '  c, // from "./no.ts"',
      '  type d,',
      "} from './c.ts';",
      "import type { e } from './e.ts';",
      "import type f, { g } from './f.ts';",
      "export * from './h.ts';",
      "export type { i } from './i.ts';",
      "import './j.ts';",
      "const k = await import('./k.ts');",
      'const l = /[/\'"]/.test(`${a ? `"${b}"` : \'}\'} import "./no.ts"`);',
      "import type from './m.ts';",
    );
    expect(importsOf(text)).toEqual([
      { line: 2, specifier: './a.ts', typeOnly: false },
      { line: 6, specifier: './c.ts', typeOnly: false },
      { line: 7, specifier: './e.ts', typeOnly: true },
      { line: 8, specifier: './f.ts', typeOnly: true },
      { line: 9, specifier: './h.ts', typeOnly: false },
      { line: 10, specifier: './i.ts', typeOnly: true },
      { line: 11, specifier: './j.ts', typeOnly: false },
      { line: 12, specifier: './k.ts', typeOnly: false },
      { line: 14, specifier: './m.ts', typeOnly: false },
    ]);
  });

  it('tells code from comments, strings, templates and regular expressions', () => {
    const blanked = bareCode(
      "a(/'/); b = 4 / 2; // c\n'd' + `e${f + `g${h}` + { i: 1 }.i}j`; /* k */ l / 'm';",
    );
    expect(blanked.replace(/ +/g, ' ')).toBe(
      "a(/ /); b = 4 / 2; \n' ' + ` ${f + ` ${h}` + { i: 1 }.i} `; l / ' ';",
    );
  });
});

describe('the checker of words', () => {
  it.each([
    ['const now = Date.now();', 'src/clock.ts'],
    ['const clock = Date.now;', 'src/clock.ts'],
    ['const now = new Date();', 'src/clock.ts'],
    ['const now = new Date( );', 'src/clock.ts'],
    ['const now = new Date;', 'src/clock.ts'],
    ['const text = Date();', 'src/clock.ts'],
    ['setTimeout(go, 5);', "the Clock's sleep"],
    ["import { setTimeout as wait } from 'node:timers/promises';", "the Clock's sleep"],
    ['const signal = AbortSignal.timeout(5);', 'timeoutSignal'],
    ['const home = process.env.HOME;', 'from the Config'],
    ['const text = `${process.env.HOME}`;', 'from the Config'],
    ["console.log('x');", 'past the log'],
    ['export const enum Kind { a }', '`as const` table'],
    ['namespace Kinds {}', 'A file is a module already'],
  ])('catches %s', (line, sentence) => {
    expect(forbiddenWords(file('src/usecases/x.ts', line))).toEqual([expect.stringContaining(sentence)]);
  });

  it.each([
    'const at = new Date(instant);',
    'const at = Date.parse(text);',
    "const text = 'new Date() or Date.now()';",
    '// process.env is read by the configuration',
    'const kind = row.enum;',
    'clearTimeout(timer);',
  ])('lets through %s', (line) => {
    expect(forbiddenWords(file('src/usecases/x.ts', line))).toEqual([]);
  });

  it('lets the clock read the time and the configuration the environment', () => {
    expect(forbiddenWords(file('src/clock.ts', 'const now = Date.now();', 'setTimeout(go, 5);'))).toEqual([]);
    expect(forbiddenWords(file('src/config/x.ts', 'const home = process.env.HOME;'))).toEqual([]);
  });

  it('catches long files and drawers', () => {
    const long = file('src/domain/x.ts', ...Array.from({ length: 301 }, () => 'x();'));
    expect(tooLong(long)).toEqual([expect.stringContaining('src/domain/x.ts has 301 lines')]);
    expect(tooLong(file('src/domain/x.ts', ...Array.from({ length: 300 }, () => 'x();')))).toEqual([]);
    for (const path of [
      'src/utils/x.ts',
      'src/domain/helpers.ts',
      'src/common.ts',
      'src/types/x.ts',
      'src/adapters/x.ts',
    ]) {
      expect(drawers(file(path))).toEqual([expect.stringContaining(path)]);
    }
  });

  it.each([
    ['DROP TABLE runs;', 'drops a table'],
    ['  agent TEXT REFERENCES agents (id) on delete cascade', 'cascades'],
    ['COMMIT;', 'one of its own'],
    ['begin immediate;', 'one of its own'],
  ])('catches in a migration: %s', (line, sentence) => {
    expect(forbiddenSql(file('db/migrations/0002-x.sql', '-- DROP TABLE old;', line))).toEqual([
      expect.stringMatching(`^db/migrations/0002-x.sql:2 .*${sentence}`),
    ]);
  });
});
