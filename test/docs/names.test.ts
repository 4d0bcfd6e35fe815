import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/variables.ts';
import { ROOT } from '../house/source.ts';
import { allCommands, servedRoutes } from './generated.ts';
import { codeBlocks, inlineCode, linkTargets, readReadme, section } from './readme.ts';

const readme = readReadme();
const shell = codeBlocks(readme)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));

describe('what the README names', () => {
  it('as files and folders is there', () => {
    const tops = /^(src|jobs|db|test)\//;
    const code = [...inlineCode(readme), ...codeBlocks(readme).flatMap(({ text }) => text.split(/[\s()]+/))];
    const paths = [...new Set(code.filter((text) => tops.test(text)))];
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('as links leads somewhere', () => {
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
    const broken = linkTargets(readme).filter((target) =>
      target.startsWith('#') ? !headings.includes(target.slice(1)) : !existsSync(join(ROOT, target)),
    );
    expect(broken).toEqual([]);
  });

  it('as functions stands in the file beside it', () => {
    const flow = section(readme, 'How one window flows');
    const steps = [...flow.matchAll(/(\w+)\(\)\s+(\S+\.ts)/g)];
    expect(steps.length).toBeGreaterThan(15);
    const missing = steps.filter(
      ([, name = '', path = '']) => !declarationOf(name).test(readFileSync(join(ROOT, path), 'utf8')),
    );
    expect(missing.map(([step]) => step)).toEqual([]);
  });

  it('as variables is one', () => {
    const names = readme.match(/\b(?:ADHERENCE|CXONE|HTTP|WEBHOOK|LOG)_[A-Z_]+[A-Z]\b/g) ?? [];
    const known = Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`]);
    expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('as routes is served', () => {
    const served = servedRoutes().map(({ method, path }) => `${method} ${path}`);
    const named = inlineCode(readme).filter((text) => /^(GET|POST|PUT|DELETE) \/[\w{]/.test(text));
    expect(named).toContain('GET /readyz');
    expect([...new Set(named)].filter((text) => !served.includes(text))).toEqual([]);
  });

  it('as scripts of npm is one', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const text = [...shell, ...inlineCode(readme)].join('\n');
    const named = [...text.matchAll(/\bnpm run ([\w-]+)/g)].map(([, script = '']) => script);
    expect(named).toContain('demo');
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
    const others = [...text.matchAll(/\bnpm (?!run\b)([\w-]+)/g)].map(([, word]) => word);
    expect([...new Set(others)].sort()).toEqual(['ci', 'cit', 'start', 'test']);
  });
});

describe('commands in the README', () => {
  let commands: Awaited<ReturnType<typeof allCommands>>;
  beforeAll(async () => {
    commands = await allCommands();
  });

  it('exist, with every option that is shown', () => {
    const calls = [...shell, ...inlineCode(readme)].flatMap(callsIn);
    expect(calls.length).toBeGreaterThan(8);
    for (const call of calls) {
      const names = [...commands.keys()].filter((name) => `${call} `.startsWith(`${name} `));
      const [name = ''] = names.sort((a, b) => b.length - a.length);
      const command = commands.get(name);
      expect.soft(command, `adherence ${call}`).toBeDefined();
      expect.soft(command && surplusOf(command, call.slice(name.length)), `adherence ${call}`).toEqual([]);
      const known = command?.options.map(({ long }) => long) ?? [];
      const options = call.match(/--[\w-]+/g) ?? [];
      expect
        .soft(
          options.filter((option) => !known.includes(option) && option !== '--help'),
          call,
        )
        .toEqual([]);
    }
  });

  it('are used for backups as soon as they exist', () => {
    const missing = ['backup', 'restore', 'resume'].filter(
      (name) => commands.has(name) && !section(readme, 'Backup').includes(`adherence ${name}`),
    );
    expect(missing, 'say in "Backup" how to use them').toEqual([]);
  });
});

/** A function, a method or a property that is one. */
function declarationOf(name: string): RegExp {
  return new RegExp(`(?:function\\*? |const )${name}\\b|^\\s+(?:async )?\\*?${name}(?:\\(|: async \\()`, 'm');
}

/** The words of a call that are neither options nor their values, beyond the arguments that the command takes. */
function surplusOf(command: Command, rest: string): string[] {
  const words = rest.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const takesNext = (word = ''): boolean =>
    command.options.some(({ long, required, optional }) => long === word && (required || optional));
  const places = words.filter((word, i) => !word.startsWith('--') && !takesNext(words[i - 1]));
  const isVariadic = command.registeredArguments.some(({ variadic }) => variadic);
  return isVariadic ? [] : places.slice(command.registeredArguments.length);
}

/** What follows `adherence` in a line of a shell, of a crontab, or behind `docker exec`. */
function callsIn(line: string): string[] {
  const commands = line.split(/&&|;/).map((command) => command.trim());
  const ours = commands.map((command) =>
    /^(?:[\d*/]+ .*? {2,}|docker exec adherence )?adherence (.+)$/.exec(command),
  );
  return ours.flatMap((match) => match?.[1] ?? []);
}

/** As the places that show Markdown make it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}
