// The server as a thread of a wrapped session. Whatever happens here, the session goes on; what the thread has to say, it
// says to the main thread.

import type { MessagePort } from 'node:worker_threads';
import { standStill } from '../data/exit-gate.ts';
import { messageOf } from '../model/errors.ts';
import { WRAPPER_VERSION } from '../model/version.ts';
import type { FromServer, ServerThreadData, ToServerThread } from '../session/server-host.ts';
import { liveHub } from './live/hub.ts';
import { serve } from './serving.ts';

// `wrapper serve` finds it in this bundle, which holds all that a server needs.
export { serve } from './serving.ts';

/** Serves until it is told to close; the thread ends when nothing is left to do. */
export async function runServerThread(parent: MessagePort, data: ServerThreadData): Promise<void> {
  const tell = (message: FromServer): void => parent.postMessage(message);
  const closing = new Promise<void>((resolve) => {
    parent.on('message', (message: ToServerThread) => {
      if (message.type === 'close') resolve();
      else standStill();
    });
  });
  try {
    const serving = await serve({ ...data, version: WRAPPER_VERSION });
    liveHub(serving.server.context).onAbandoned = () => tell({ type: 'abandoned' });
    tell({ type: 'listening', url: serving.server.url });
    await closing;
    await serving.close();
  } catch (error) {
    tell({ type: 'failed', message: messageOf(error) });
  } finally {
    // An open port keeps the thread alive.
    parent.close();
  }
}
