// Finds the place of a replay that a person means by a time, an event or a line. Immediate in a recording of any size:
// times and events are found by halving, lines from the nearest keyframe.

import type { ExtractionStore } from '../../data/extraction-store.ts';
import { RecordingCursor } from '../../data/recording-cursor.ts';
import { lastKeyframe, readKeyframes } from '../../data/recording-index.ts';
import { offsetAfter } from '../../data/recording-seek.ts';
import { WrapperError } from '../../model/errors.ts';
import type { StoredEvent } from '../../model/event.ts';
import type { ReplaySeek } from '../../model/wire-replay.ts';
import { LineCleaner } from '../../stream/line-cleaner.ts';
import { elapsedOf, type ReplayMaterial } from './material.ts';
import type { ReplayPlace } from './place.ts';

/** Without keyframes, lines are counted that far; behind it, the event before the line must do. */
const MOST_COUNTED = 16 * 1024 * 1024;

/**
 * The place right behind everything that had happened at the moment that is meant; a moment outside the session is its
 * start or its end.
 *
 * @throws WrapperError `usage` when there is no such event or line
 */
export function locate(material: ReplayMaterial, events: ExtractionStore, target: ReplaySeek): ReplayPlace {
  if ('position_ms' in target) return placeAt(material, events, target.position_ms);
  if ('timestamp' in target) {
    return placeAt(material, events, Date.parse(target.timestamp) - material.startedMs);
  }
  if ('seq' in target) {
    const event = eventAfter(material, events, target.seq - 1);
    if (event?.seq !== target.seq) throw nothingThere(`event ${target.seq}`, `${material.lastSeq} events`);
    // The event itself comes next, and so do those with it.
    return { ...placeAt(material, events, elapsedOf(event, material.startedMs)), seq: target.seq - 1 };
  }
  return placeAt(material, events, momentOfLine(material, events, target.line));
}

/** The place right behind everything up to a moment. */
function placeAt(material: ReplayMaterial, events: ExtractionStore, ms: number): ReplayPlace {
  const offsetMs = Math.min(Math.max(0, ms), material.durationMs);
  const { recording, changes, startedMs, ended } = material;
  const before = changes.findIndex((change) => Date.parse(change.timestamp) - startedMs > offsetMs);
  // The state in which it ended is the last message of all, and never behind us.
  const most = ended ? Math.max(0, changes.length - 1) : changes.length;
  return {
    offsetMs,
    output: recording === null ? 0 : offsetAfter(recording.path, offsetMs, recording.end),
    seq: lastEventWhere(material, events, (event) => elapsedOf(event, startedMs) <= offsetMs)?.seq ?? 0,
    changes: Math.min(before === -1 ? changes.length : before, most),
  };
}

/** The last event for which something holds that holds for all before it, too. */
function lastEventWhere(
  material: ReplayMaterial,
  events: ExtractionStore,
  holds: (event: StoredEvent) => boolean,
): StoredEvent | undefined {
  let found: StoredEvent | undefined;
  let [from, to] = [0, material.lastSeq];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const event = eventAfter(material, events, middle);
    if (event === undefined || !holds(event)) to = middle;
    else {
      found = event;
      from = event.seq;
    }
  }
  return found;
}

function eventAfter(
  { session }: ReplayMaterial,
  events: ExtractionStore,
  afterSeq: number,
): StoredEvent | undefined {
  return events.getExtractionsBySession(session.sessionId, { afterSeq, limit: 1 })[0];
}

function momentOfLine(material: ReplayMaterial, events: ExtractionStore, line: number): number {
  const { recording, session } = material;
  const total = session.totalLinesProcessed;
  if (session.endedAt !== null && line > total) throw nothingThere(`line ${line}`, `${total} lines`);
  if (recording !== null) {
    const keyframe = lastKeyframe(readKeyframes(recording.index), 'line', line - 1);
    const from = { offset: keyframe?.offset ?? 0, line: keyframe?.line ?? 0 };
    if (recording.end - from.offset <= MOST_COUNTED || keyframe !== undefined) {
      const moment = countLines(recording.path, from, line, recording.end);
      if (moment !== undefined) return moment;
    }
  }
  const event = lastEventWhere(material, events, (candidate) => (candidate.lineNumber ?? 0) <= line);
  if (event === undefined) throw nothingThere(`line ${line}`, 'nothing recorded to find it by');
  return elapsedOf(event, material.startedMs);
}

/** When a line was complete, counted as the extractor counts: over all streams, in the order of their ends. */
function countLines(
  path: string,
  from: { readonly offset: number; readonly line: number },
  wanted: number,
  end: number,
): number | undefined {
  const cursor = new RecordingCursor(path, from.offset, end);
  const cleaners = new Map<string | null, LineCleaner>();
  let count = from.line;
  let last: number | undefined;
  try {
    for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
      cursor.skip();
      if (event.code !== 'o') continue;
      let cleaner = cleaners.get(event.stream);
      if (cleaner === undefined) {
        cleaner = new LineCleaner(() => {
          count++;
        });
        cleaners.set(event.stream, cleaner);
      }
      cleaner.push(Buffer.from(event.data));
      last = event.t;
      if (count >= wanted) return last;
    }
    // A last line without an end is a line, too.
    for (const cleaner of cleaners.values()) cleaner.end();
    return count >= wanted ? last : undefined;
  } finally {
    cursor.close();
  }
}

function nothingThere(what: string, instead: string): WrapperError {
  return new WrapperError('usage', `the session has no ${what}`, { hint: `It has ${instead}.` });
}
