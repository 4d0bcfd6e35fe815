import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliver } from './delivery.ts';
import { startPushing } from './push-sender.ts';
import { Vendor, type VendorOptions } from './vendor.ts';
import { refusal, type VendorRequest } from './wire.ts';

export interface SimulatorOptions extends Omit<VendorOptions, 'clock'> {
  /** Any free one when left out. */
  readonly port?: number;
  /** The loopback address when left out. */
  readonly host?: string;
  /** Where events are pushed, given `webhookSecret`. */
  readonly webhookUrl?: string;
  /** The machine's clock when left out. */
  readonly clock?: VendorOptions['clock'];
}

/** A simulator that listens. */
export interface Simulator {
  /** Without a slash at the end. */
  readonly url: string;
  readonly vendor: Vendor;
  /** Stops listening and ends all connections, whatever is under way on them. */
  close(): Promise<void>;
}

const LARGEST_REQUEST_BYTES = 1_048_576;

/**
 * Starts the simulator.
 * @throws the socket's error when the port cannot be had
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const vendor = new Vendor({ ...options, clock: options.clock ?? Date.now });
  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
    serve(vendor, message, response);
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stopPushing = options.webhookUrl === undefined ? undefined : startPushing(vendor, options.webhookUrl);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    vendor,
    close: () => {
      stopPushing?.();
      return close(server);
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

function serve(vendor: Vendor, message: IncomingMessage, response: ServerResponse): void {
  if (message.method === 'GET' || message.method === 'HEAD') {
    respond(vendor, message, '', response);
    return;
  }
  const chunks: Buffer[] = [];
  let receivedBytes = 0;
  message.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    if (receivedBytes <= LARGEST_REQUEST_BYTES) chunks.push(chunk);
  });
  message.on('end', () => {
    if (receivedBytes <= LARGEST_REQUEST_BYTES)
      respond(vendor, message, Buffer.concat(chunks).toString(), response);
    else
      deliver(
        { ...refusal(413, 'too_large', 'The body is too large'), delivery: { kind: 'whole' } },
        response,
      );
  });
}

function respond(vendor: Vendor, message: IncomingMessage, body: string, response: ServerResponse): void {
  const request: VendorRequest = {
    method: message.method ?? 'GET',
    path: message.url ?? '/',
    // Repeated headers come as a list, which none that the vendor reads is.
    headers: message.headers as VendorRequest['headers'],
    body,
  };
  vendor.handle(request).then(
    (answer) => deliver(answer, response),
    // A mistake in the simulator itself: no client must take it for the vendor's weather.
    (error: unknown) => response.writeHead(500).end(`simulator: ${String(error)}`),
  );
}
