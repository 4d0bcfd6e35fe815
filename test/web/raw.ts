import { connect } from 'node:net';

/** Says something to the service word by word, as no client of good faith would. @returns all it answered. */
export async function sayRaw(
  url: string,
  parts: readonly (string | Buffer)[],
  pauseMs = 0,
  patienceMs = 20_000,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((done) => {
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => done());
    socket.on('close', () => done());
    socket.setTimeout(patienceMs, () => socket.destroy());
  });
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
  }
  await ended;
  return Buffer.concat(chunks).toString('utf8');
}
