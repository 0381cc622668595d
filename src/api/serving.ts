// Serving a database, once the right to it has been won: on the usual port if that is free, announced in the registry
// beside the database. The same for `wrapper serve` and for the thread of a wrapped session.

import { databaseIdentity } from '../data/database-identity.ts';
import { WrapperError } from '../model/errors.ts';
import { isoTimestamp } from '../model/time.ts';
import { announceServer } from '../session/election.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';
import { yieldProcessor } from './yield-processor.ts';

/** Where a server is found without looking. */
const USUAL_PORT = 8151;

export interface ServingOptions extends Omit<ServerOptions, 'port'> {
  /** The port that was asked for, or nothing else; null for the usual one, or any free one when that is taken. */
  readonly port: number | null;
  /** The wrapped session in whose process this is; null for `wrapper serve`. */
  readonly sessionId: string | null;
}

export interface Serving {
  readonly server: RunningServer;
  /** Whether the usual port was wanted and belongs to somebody else. */
  readonly portTaken: boolean;
  /** Takes the announcement back and ends the server. Calling it twice is harmless. */
  close(): Promise<void>;
}

/**
 * Serves and says so in the registry. Only for whoever has won the election.
 *
 * @throws WrapperError as `startServer`
 */
export async function serve(options: ServingOptions): Promise<Serving> {
  const { server, portTaken } = await startOnPort(options);
  let withdraw: () => void;
  try {
    ({ withdraw } = announceServer(options.dbPath, {
      url: server.url,
      host: server.host,
      port: server.port,
      session_id: options.sessionId,
      version: options.version,
      database_id: databaseIdentity(options.dbPath),
      started_at: isoTimestamp(server.context.startedAt),
    }));
  } catch (error) {
    await server.close();
    throw new WrapperError('storage_unavailable', 'the server cannot be announced beside the database', {
      cause: error,
    });
  }
  // Not before: while nobody serves, somebody may wait. What a run starts is to be as urgent as without us.
  if (options.runs === undefined) yieldProcessor();
  return {
    server,
    portTaken,
    close: async () => {
      withdraw();
      await server.close();
    },
  };
}

async function startOnPort(options: ServingOptions): Promise<{ server: RunningServer; portTaken: boolean }> {
  if (options.port !== null)
    return { server: await startServer({ ...options, port: options.port }), portTaken: false };
  try {
    return { server: await startServer({ ...options, port: USUAL_PORT }), portTaken: false };
  } catch (error) {
    if (!(error instanceof WrapperError && error.code === 'port_in_use')) throw error;
    return { server: await startServer({ ...options, port: 0 }), portTaken: true };
  }
}
