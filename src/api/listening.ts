// Binding: an address is always named, because a server without one listens on every interface. `localhost` means two
// addresses; both must be ours, or a client that resolves the name the other way would reach somebody else.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, WrapperError } from '../model/errors.ts';

/** Connections that the system keeps until they are accepted; one beyond it believes that it is open and hears nothing. */
const BACKLOG = 4096;
/** How often another free port is tried when the one found is taken on ::1. */
const ATTEMPTS = 10;

/**
 * Binds `host`, and ::1 beside 127.0.0.1 where the machine has it.
 *
 * @param make makes a server that is ready to listen
 * @param port 0 for any free one
 * @returns the port
 * @throws WrapperError `port_in_use`, `address_unusable`
 */
export async function bind(make: () => Server, host: string, port: number): Promise<number> {
  const both = host === 'localhost' || host === '127.0.0.1';
  const address = host === 'localhost' ? '127.0.0.1' : host;
  for (let attempt = 1; ; attempt++) {
    const first = make();
    const bound = await listen(first, address, port);
    if (!both) return bound;
    try {
      await listen(make(), '::1', bound);
      return bound;
    } catch (error) {
      // A machine without IPv6 has nobody else there either.
      if (!(error instanceof WrapperError && error.code === 'port_in_use')) return bound;
      await new Promise((resolve) => first.close(resolve));
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(describe(error, host, port));
    server.once('error', failed);
    server.listen({ host, port, exclusive: true, ipv6Only: host === '::1', backlog: BACKLOG }, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function describe(error: NodeJS.ErrnoException, host: string, port: number): WrapperError {
  if (error.code === 'EADDRINUSE') {
    return new WrapperError('port_in_use', `port ${port} on ${host} is in use`, {
      hint: 'Give another one with --port, or none.',
      cause: error,
    });
  }
  return new WrapperError('address_unusable', `cannot listen on ${host} port ${port}: ${messageOf(error)}`, {
    hint: 'Give an address of this machine with --host, and a port above 1023.',
    cause: error,
  });
}
