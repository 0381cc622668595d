// A body on its way to whoever asked for it, watched: it must be as long as announced, be what was stored, and not stall. Only the
// time in which the reader waits for the store counts, so a slow reader is no stall.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { messageOf } from '../../model/errors.ts';
import { ArtifactDownloadError } from '../../model/persistence-errors.ts';

export interface ExpectedBody {
  /** How messages name the object. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Null when nobody knows. */
  readonly sha256: string | null;
  /** Null for no limits. */
  readonly pace: BodyPace | null;
}

/** How slow a body may be. */
interface BodyPace {
  /** Milliseconds without a byte. */
  readonly stall: number;
  /** Milliseconds of waiting after which its bytes must have come at `SLOWEST`, taken together. */
  readonly patience: number;
}

/** Bytes a second. */
const SLOWEST = 1024;

/** The bytes of `source`; fails with ArtifactDownloadError where they are not as expected. Destroying it destroys `source`. */
export function checkedBody(source: Readable, expected: ExpectedBody): Readable {
  const body = Readable.from(watched(source, expected), { objectMode: false });
  // A generator that waits for bytes cannot be ended from outside; its source can.
  body.once('close', () => source.destroy());
  return body;
}

async function* watched(source: Readable, expected: ExpectedBody): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const chunks = (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let size = 0;
  let waited = 0;
  for (;;) {
    const asked = performance.now();
    const { value, done } = await within(expected, () => chunks.next());
    waited += performance.now() - asked;
    if (done) break;
    size += value.length;
    if (expected.pace !== null && waited > expected.pace.patience && size < (waited / 1000) * SLOWEST) {
      throw new ArtifactDownloadError(
        `${expected.name} came too slowly: ${size} bytes in ${Math.round(waited / 1000)} s`,
        { hint: 'Try again.' },
      );
    }
    hash.update(value);
    yield value;
  }
  if (size !== expected.size) {
    throw new ArtifactDownloadError(`${expected.name} ended after ${size} of ${expected.size} bytes`, {
      hint: 'Try again.',
    });
  }
  if (expected.sha256 !== null && hash.digest('hex') !== expected.sha256) {
    throw new ArtifactDownloadError(`${expected.name} is not what was stored: its SHA-256 differs`, {
      hint: 'Something between here and there has changed it; store it again.',
    });
  }
}

/** Waits for the next bytes for as long as is allowed, and tells what went wrong in the words of the store's errors. */
async function within<T>(expected: ExpectedBody, next: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    if (expected.pace === null) return;
    const { stall } = expected.pace;
    timer = setTimeout(() => {
      reject(
        new ArtifactDownloadError(`${expected.name} stalled: no byte came for ${stall} ms`, {
          hint: 'Try again.',
        }),
      );
    }, stall);
  });
  try {
    return await Promise.race([next(), stalled]);
  } catch (error) {
    if (error instanceof ArtifactDownloadError) throw error;
    throw new ArtifactDownloadError(`${expected.name} broke off: ${messageOf(error)}`, {
      hint: 'Try again.',
    });
  } finally {
    clearTimeout(timer);
  }
}
