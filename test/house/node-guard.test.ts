import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from './source.ts';

const ENTRY = join(ROOT, 'src/cli.ts');
const NEEDED = /^>=(\d+\.\d+) /.exec(packageJson.engines.node)?.[1] ?? '';
const NO_NODE = 'no Node here';

/** Starts the program with some Node and asks for help, without the settings that say how tests are run. */
function help(node: string, ...flags: readonly string[]) {
  const env = { PATH: process.env.PATH };
  return spawnSync(node, [...flags, ENTRY, '--help'], { encoding: 'utf8', env, timeout: 20_000 });
}

function versionOf(node: string): string {
  return spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim() || NO_NODE;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** The Nodes of this machine that the program cannot run on. */
const OLD = [
  ...new Set(['/usr/bin/node', '/usr/local/bin/node'].filter(existsSync).map((path) => realpathSync(path))),
]
  .map((path) => ({ path, version: versionOf(path) }))
  .filter(({ version }) => version !== NO_NODE && isTooOld(version));

function inOneLine(version: string): string {
  return `adherence needs Node ${NEEDED} or newer; this is Node ${version}. On Linux x64 node_modules/.bin/node is one.\n`;
}

describe('a Node that is too old', () => {
  if (OLD.length === 0)
    process.stdout.write('The entry is not tried on an old Node: this machine has none.\n');

  it.skipIf(OLD.length === 0)('is told so in one line', () => {
    for (const { path, version } of OLD) {
      const { status, stdout, stderr } = help(path);
      expect(stderr).toBe(inOneLine(version));
      expect(stdout).toBe('');
      expect(status).toBe(2);
    }
  });

  it.each(['0.12.18', '18.20.8', '22.18.0', '24.0.0', '24.11.9'])('is told so when it is %s', (version) => {
    const { status, stdout, stderr } = help(process.execPath, '--import', calling(version));
    expect(stderr).toBe(inOneLine(version));
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it.each(['24.12.0', '24.21.0', '25.0.0'])('is not %s', (version) => {
    const { status, stderr } = help(process.execPath, '--import', calling(version));
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('the entry', () => {
  it('is a link to plain JavaScript, which every Node can run', () => {
    expect(lstatSync(ENTRY).isSymbolicLink()).toBe(true);
    expect(readlinkSync(ENTRY)).toBe('cli.cjs');
  });

  it('runs by itself where a container calls it by name', () => {
    expect(lstatSync(join(ROOT, 'src/cli.cjs')).mode & 0o111).toBe(0o111);
  });
});

/** A module that makes this Node call itself another version. */
function calling(version: string): string {
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
  return `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
}
