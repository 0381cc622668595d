// A real HTTP server between the wrapper and an S3 server, which passes everything on but for what a test wants otherwise.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes a request over by returning true; `body` may be changed in place. */
type Interference = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  body: Buffer,
) => boolean | undefined;

export async function startBetween(
  endpoint: string,
  interfere: Interference,
): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const target = new URL(endpoint);
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (interfere(incoming, outgoing, body)) return;
    const { method, url, headers } = incoming;
    const forwarded = request(
      { host: target.hostname, port: target.port, method, path: url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
