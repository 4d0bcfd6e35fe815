#!/usr/bin/env node
/**
 * Where the program starts: looks at the Node that runs it, then hands over to cli/main.ts.
 *
 * `src/cli.ts` is a link to this file. Node decides by the real file's name what a file is, and a `.cjs` is plain
 * JavaScript to every Node there is; a `.ts` would be refused by Node 20 with a stack trace before a line of ours has
 * run. So this file keeps to words that old ones know, imports nothing before it has looked, and, because a copy that
 * follows links makes an ES module of it, says nothing that only CommonJS knows (no `require`, no `module`).
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `adherence needs Node 24.12 or newer; this is Node ${process.versions.node}. On Linux x64 node_modules/.bin/node is one.\n`,
  );
  process.exitCode = 2;
} else {
  import('./cli/main.ts')
    .then((program) => program.main(process.argv.slice(2)))
    .then(
      (status) => {
        process.exitCode = status;
      },
      (error) => {
        // main() answers for its own errors: what arrives here kept it from being loaded, such as a missing package.
        process.stderr.write(`adherence cannot start: ${error instanceof Error ? error.message : error}\n`);
        process.exitCode = 1;
      },
    );
}
