// A replay as a stream of server-sent events. The reader sets the pace: when its buffers are full, the replay waits.

import type { Replay, SentMessage } from './replay.ts';

/** Held for a slow reader at the most, in bytes, beside one batch. */
const HELD_BYTES = 256 * 1024;
/** A comment that often while nothing happens, so that whoever stands between does not take the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** The id behind everything: whoever comes back with it has all there is. */
export const END_ID = 'end';

/**
 * Plays into a stream; when it ends or its reader goes away, `onEnd` is called once and nothing is left.
 *
 * @param onEnd gets the error, if there was one
 */
export function eventStream(replay: Replay, onEnd: (error?: unknown) => void): ReadableStream<Uint8Array> {
  let room: (() => void) | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let ended = false;
  const finish = (error?: unknown): void => {
    clearInterval(heartbeat);
    room?.();
    if (!ended) onEnd(error);
    ended = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        heartbeat = setInterval(() => {
          if (room === undefined) controller.enqueue(Buffer.from(': still here\n\n'));
        }, HEARTBEAT_MS);
        heartbeat.unref();
        replay
          .play((messages) => {
            controller.enqueue(Buffer.from(messages.map(eventText).join('')));
            if ((controller.desiredSize ?? 0) > 0) return undefined;
            return new Promise<void>((resolve) => {
              room = () => {
                room = undefined;
                resolve();
              };
            });
          })
          .then(
            () => {
              finish();
              controller.close();
            },
            (error: unknown) => {
              finish(error);
              controller.error(error);
            },
          )
          // Closed by the reader while the last messages were made: there is nobody to tell.
          .catch(() => {});
      },
      pull: () => room?.(),
      cancel: () => {
        replay.abandon();
        finish();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HELD_BYTES }),
  );
}

function eventText({ message, id }: SentMessage): string {
  const place = message.type === 'replay_complete' && message.reason === 'end' ? END_ID : id;
  const line = place === null ? '' : `id: ${place}\n`;
  return `event: ${message.type}\n${line}data: ${JSON.stringify(message)}\n\n`;
}
