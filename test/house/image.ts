import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { DockerfileParser, type Instruction, ModifiableInstruction } from 'dockerfile-ast';

/* Reads our Dockerfile, and does in a folder what an engine would do in an image, as far as our Dockerfile goes. */

export interface Step {
  readonly line: number;
  readonly keyword: string;
  /** What follows the keyword and its flags. */
  readonly text: string;
  readonly flags: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

export function readStages(dockerfile: string): Stage[] {
  const stages: { base: string; name: string | undefined; steps: Step[] }[] = [];
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    const step = stepOf(instruction);
    const stage = stages.at(-1);
    if (step.keyword === 'FROM') {
      const [base = '', , name] = words(step.text);
      stages.push({ base, name, steps: [] });
    } else if (stage === undefined) {
      throw new Error(`line ${step.line}: ${step.keyword} before FROM`);
    } else {
      stage.steps.push(step);
    }
  }
  return stages;
}

function stepOf(instruction: Instruction): Step {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  return {
    line: instruction.getRange().start.line + 1,
    keyword: instruction.getKeyword(),
    text: instruction.getArgumentsContent() ?? '',
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
  };
}

export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** The words of an exec form. @throws Error where it is a shell's line. */
export function execForm(step: Step): string[] {
  const parsed: unknown = JSON.parse(step.text.replace(/^CMD\s+/, ''));
  if (Array.isArray(parsed) && parsed.every((word) => typeof word === 'string')) return parsed;
  throw new Error(`line ${step.line}: ${step.keyword} is not an exec form`);
}

/** NAME=value pairs of ENV and LABEL, with or without quotes. */
export function pairs(step: Step): [string, string][] {
  return [...step.text.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)].map((match) => [
    match[1] ?? '',
    match[2] ?? match[3] ?? '',
  ]);
}

/** Tells which paths of the context an engine never sees: the last line that matches a path or a folder above it wins. */
export function readIgnore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ ignore: !line.startsWith('!'), pattern: globOf(line.replace(/^!/, '')) }));
  return (path) => {
    const above = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    return rules.reduce(
      (ignored, { ignore, pattern }) => (above.some((part) => pattern.test(part)) ? ignore : ignored),
      false,
    );
  };
}

function globOf(glob: string): RegExp {
  const source = glob
    .replace(/^\/|\/$/g, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*|\?/g, (wild) => ({ '**/': '(?:.*/)?', '*': '[^/]*', '?': '[^/]' })[wild] ?? wild);
  return new RegExp(`^${source}$`);
}

export interface Image {
  /** The folder that stands for the image's root. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly volumes: readonly string[];
}

/** Builds the last stage under `scratch`. Runs what RUN says on this machine, in the stage's folder, with this Node. */
export function buildImage(
  stages: readonly Stage[],
  context: string,
  ignored: (path: string) => boolean,
  scratch: string,
): Image {
  const roots = new Map<string, string>();
  let image: Image | undefined;
  for (const [index, stage] of stages.entries()) {
    const root = join(scratch, stage.name ?? `stage-${index}`);
    roots.set(stage.name ?? String(index), root);
    image = buildStage(stage, root, { context, ignored, roots });
  }
  if (image === undefined) throw new Error('a Dockerfile has at least one stage');
  return image;
}

interface Sources {
  readonly context: string;
  readonly ignored: (path: string) => boolean;
  readonly roots: ReadonlyMap<string, string>;
}

function buildStage(stage: Stage, root: string, sources: Sources): Image {
  // What the base image brings: a Node that the image's user can reach, wherever the one that runs us lies.
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  cpSync(process.execPath, join(root, 'usr/local/bin/node'));
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);

  const image: Building = {
    root,
    env: {},
    uid: 0,
    gid: 0,
    entrypoint: [],
    command: [],
    healthcheck: [],
    volumes: [],
  };
  let here = '/';
  for (const step of stage.steps) {
    if (step.keyword === 'WORKDIR') {
      here = step.text;
      mkdirSync(join(root, here), { recursive: true });
    } else if (step.keyword === 'COPY') {
      copy(step, join(root, here), root, sources);
    } else if (step.keyword === 'RUN') {
      run(step, join(root, here), root);
    } else {
      set(image, step);
    }
  }
  return image;
}

type Building = { -readonly [Key in keyof Image]: Image[Key] };

function set(image: Building, step: Step): void {
  switch (step.keyword) {
    case 'ENV':
      image.env = { ...image.env, ...Object.fromEntries(pairs(step)) };
      return;
    case 'USER':
      [image.uid = 0, image.gid = 0] = step.text.split(':').map(Number);
      return;
    case 'ENTRYPOINT':
      image.entrypoint = execForm(step);
      return;
    case 'CMD':
      image.command = execForm(step);
      return;
    case 'HEALTHCHECK':
      image.healthcheck = execForm(step);
      return;
    case 'VOLUME':
      image.volumes = execForm(step);
      return;
    case 'LABEL':
    case 'EXPOSE':
    case 'STOPSIGNAL':
      return;
    default:
      throw new Error(`line ${step.line}: ${step.keyword} is more than this test can follow`);
  }
}

function copy(step: Step, here: string, root: string, { context, ignored, roots }: Sources): void {
  const names = words(step.text);
  const target = names.pop() ?? '';
  const to = target.startsWith('/') ? join(root, target) : join(here, target);
  const stage = step.flags.from;
  const from = stage === undefined ? context : roots.get(stage);
  if (from === undefined) throw new Error(`line ${step.line}: there is no stage ${stage} above`);
  for (const name of names) {
    const source = join(from, name);
    const isFolder = statSync(source).isDirectory();
    cpSync(source, isFolder || !target.endsWith('/') ? to : join(to, basename(name)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => stage !== undefined || !ignored(relative(context, path)),
    });
  }
  const [uid, gid] = (step.flags.chown ?? '').split(':').map(Number);
  if (uid !== undefined && gid !== undefined && step.flags.chown !== undefined) chownAll(to, uid, gid);
}

function chownAll(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownAll(join(path, name), uid, gid);
}

function run(step: Step, here: string, root: string): void {
  execFileSync('/bin/sh', ['-c', step.text], {
    cwd: here,
    env: { ...machineEnv(), PATH: `${join(root, 'usr/local/bin')}:${npmPath()}` },
    stdio: 'pipe',
    timeout: 50_000,
  });
}

/** The environment without what an npm above us says about its own project: ours has another folder. */
function machineEnv(): Record<string, string | undefined> {
  const kept = /^npm_config_(registry|cache|userconfig|cafile|proxy|https_proxy|noproxy)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_|^(INIT_CWD|NODE_OPTIONS|NODE_ENV)$/i.test(name) || kept.test(name),
    ),
  );
}

/** The path without the commands of packages: the npm that is wanted is the machine's. */
function npmPath(): string {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.filter((folder) => !folder.endsWith('node_modules/.bin')).join(':');
}

/** What a path of the image, or a list of them, is called on this machine; other words stay as they are. */
export function onMachine(image: Image, word: string): string {
  const isInside = (path: string): boolean =>
    path.startsWith('/') &&
    (existsSync(join(image.root, path)) || image.volumes.some((volume) => path.startsWith(`${volume}/`)));
  return word
    .split(':')
    .map((path) => (isInside(path) ? join(image.root, path) : path))
    .join(':');
}
