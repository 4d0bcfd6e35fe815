import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all: under another name first, forced to the disk, then renamed into place, so
 * that nobody ever reads half of it. Makes the folder where there is none.
 */
export async function writeWhole(path: string, chunks: AsyncIterable<string>): Promise<void> {
  await makeFolder(dirname(path));
  const partial = `${path}.${process.pid}.tmp`;
  const file = await open(partial, 'w', 0o640);
  try {
    // Not `write`, which writes what fits when the disk is full and says so only in its answer.
    for await (const chunk of chunks) await file.appendFile(chunk);
    await file.sync();
    await file.close();
    await rename(partial, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

/** Not `recursive`: where the system answers ENOENT for a folder whose parent is there, as /proc does, Node tries for ever. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await mkdir(path);
  }
}
