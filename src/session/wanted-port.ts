// Whether a port that was asked for can be had, found out before the agent starts: with a certain port, finding nobody at
// it later is worse than not starting. Loaded only when a port was asked for.

import { createServer } from 'node:net';
import { readServerEntry } from '../data/server-registry.ts';
import { WrapperError } from '../model/errors.ts';

/**
 * Makes sure that `port` is free, or serves this very database already.
 *
 * @throws WrapperError `port_in_use`
 */
export async function assertPortAvailable(dbPath: string, port: number): Promise<void> {
  if (port === 0 || (await canListen(port))) return;
  const server = readServerEntry(dbPath);
  if (server?.port === port) return;
  throw new WrapperError('port_in_use', `port ${port} is in use by another program`, {
    hint: 'Give another one with --port, or none: then a free one is found.',
  });
}

/** Every other failure is the server's to report: it does not keep an agent from running. */
function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
