import Fastify from 'fastify';

export interface HealthDeps {
  readonly host: string;
  readonly port: number;
  /** Whether the database answers; never the vendor's health, which must not restart the program. */
  isReady(): Promise<boolean>;
}

export interface HttpService {
  readonly url: string;
  /** Says that it is not ready any more; requests under way go on. */
  drain(): void;
  close(): Promise<void>;
}

/** The HTTP service (surface.md, HTTP): for now whether the program is alive and able to work. */
export async function serve({ host, port, isReady }: HealthDeps): Promise<HttpService> {
  const app = Fastify({
    bodyLimit: 65_536,
    requestTimeout: 10_000,
    connectionTimeout: 10_000,
    logger: false,
  });
  let isDraining = false;
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const ready = !isDraining && (await isReady());
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
  const url = await app.listen({ host, port });
  return {
    url,
    drain() {
      isDraining = true;
    },
    close: () => app.close(),
  };
}
