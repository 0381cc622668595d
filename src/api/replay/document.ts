// A session as one JSON document, without timing. Made piece by piece: memory does not depend on the session.

import { RecordingCursor } from '../../data/recording-cursor.ts';
import { eventDocument, sessionDocument, stateChangeDocument } from '../../model/documents.ts';
import { isoTimestamp } from '../../model/time.ts';
import type { ReplaySeek } from '../../model/wire-replay.ts';
import { locate } from './locate.ts';
import { openMaterial, type ReplayStores } from './material.ts';
import { START } from './place.ts';

const PAGE = 500;
const PIECE = 64 * 1024;

/**
 * The pieces of the document (`replayDocumentSchema` in wire-replay.ts).
 *
 * @param options.from what comes behind this place only
 * @throws WrapperError `session_unknown`, `usage` when there is no such place; before the first piece
 */
export function replayDocument(
  stores: () => ReplayStores,
  sessionId: string,
  options: { readonly output: boolean; readonly from?: ReplaySeek | undefined; readonly now: () => number },
): Generator<string> {
  const material = openMaterial(stores(), sessionId);
  const { from } = options;
  const start = from === undefined ? START : locate(material, stores().extractions, from);
  return pieces();

  function* pieces(): Generator<string> {
    const { session, durationMs, changes } = material;
    const head = { session: sessionDocument(session), duration_ms: durationMs };
    yield `${JSON.stringify(head).slice(0, -1)},"state_changes":${JSON.stringify(changes.slice(start.changes).map(stateChangeDocument))}`;
    yield ',"events":[';
    yield* joined(events());
    yield '],"output":[';
    if (options.output) yield* joined(output());
    yield `],"exported_at":${JSON.stringify(isoTimestamp(options.now()))}}\n`;
  }

  function* events(): Generator<string> {
    for (let afterSeq = start.seq; afterSeq < material.lastSeq; ) {
      const page = stores().extractions.getExtractionsBySession(sessionId, { afterSeq, limit: PAGE });
      for (const event of page) {
        if (event.seq > material.lastSeq) return;
        yield JSON.stringify(eventDocument(event));
        afterSeq = event.seq;
      }
      if (page.length === 0) return;
    }
  }

  function* output(): Generator<string> {
    if (material.recording === null) return;
    const cursor = new RecordingCursor(material.recording.path, start.output, material.recording.end);
    try {
      for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
        const { t, stream, code, data } = event;
        yield JSON.stringify({ elapsed_ms: t, stream, code, data });
        cursor.skip();
      }
    } finally {
      cursor.close();
    }
  }
}

/** Elements with commas between them, several to a piece. */
function* joined(elements: Iterable<string>): Generator<string> {
  let piece = '';
  let first = true;
  for (const element of elements) {
    piece += first ? element : `,${element}`;
    first = false;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** A stream of the pieces, made as they are asked for; whoever stops reading stops the making. */
export function streamOf(pieces: Generator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // A piece a turn, so that a large document does not keep everybody else waiting.
        await new Promise((resolve) => setImmediate(resolve));
        let { done, value } = pieces.next();
        while (done !== true && value === '') ({ done, value } = pieces.next());
        if (done === true) controller.close();
        else controller.enqueue(Buffer.from(value));
      },
      cancel: () => {
        pieces.return(undefined);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: PIECE }),
  );
}
