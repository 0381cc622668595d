// The recorder, driven as its thread drives it: what it stores while nothing comes is what its recording says later.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { readRecording } from '../../../src/data/recording-reader.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import type { ExtractionEvent } from '../../../src/model/event.ts';
import { ChunkRing, type FrameKind } from '../../../src/session/chunk-ring.ts';
import type { RecorderPlan } from '../../../src/session/recorder-plan.ts';
import { type FromRecorder, runRecorderThread } from '../../../src/session/recorder-thread.ts';
import { extractAgain } from '../../../src/session/recovery.ts';
import { builtinPatternSet } from '../../../src/stream/pattern-set.ts';
import { temporaryFolder } from '../../support/wrapper.ts';
import { sampleSession } from '../data/samples.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function start() {
  const dbPath = join(temporaryFolder(), 'wrapper.db');
  const startedAtMs = Date.now();
  const session = sampleSession({ startedAt: new Date(startedAtMs).toISOString() });
  const plan: RecorderPlan = {
    session,
    startedAtMs,
    dbPath,
    patterns: null,
    record: true,
    maxRecordingBytes: 0,
    mode: 'pipe',
    cols: 80,
    rows: 24,
    live: null,
  };
  const ring = new ChunkRing();
  const { port1: mine, port2: its } = new MessageChannel();
  ports.push(mine);
  runRecorderThread(its, { plan, ring: ring.memory });
  const elapsed = () => Date.now() - startedAtMs;
  const { cast } = sessionFiles(dbPath, session.sessionId);
  return {
    print(kind: FrameKind, text: string, elapsedMs = elapsed()): void {
      ring.write(kind, elapsedMs, Buffer.from(text));
      mine.postMessage({ type: 'wake' });
    },
    recording: () => readFileSync(cast, 'utf8'),
    output: () => [...readRecording(cast)].filter(({ code, data }) => code === 'o' && data !== ''),
    async finish(): Promise<void> {
      const end = { state: 'completed', exitCode: 0, droppedBytes: 0, metadata: null } as const;
      const over = new Promise<void>((resolve) => {
        mine.on('message', ({ type }: FromRecorder) => type === 'report' && resolve());
      });
      const endedAt = new Date().toISOString();
      mine.postMessage({ type: 'finish', end: { ...end, endedAt, elapsedMs: elapsed() } });
      await over;
    },
    stored(): unknown[] {
      const database = openDatabase(dbPath, { readonly: true });
      const events = new ExtractionStore(database).getExtractionsBySession(session.sessionId);
      database.close();
      return events.map(brief);
    },
    readAgain(): unknown[] {
      const events: ExtractionEvent[] = [];
      extractAgain(cast, { session, startedAtMs }, builtinPatternSet(), 0, (more) => events.push(...more));
      return events.map(brief);
    },
  };
}

const brief = ({ seq, eventType, lineNumber, stream }: ExtractionEvent) => [
  seq,
  eventType,
  lineNumber,
  stream,
];

it('reports what waits for other lines while nothing comes, and finds the same again', async () => {
  const recorder = start();
  recorder.print('stdout', 'Error: one\n$ rm -rf /tmp/zz\nnot a whole l');
  // Nothing comes until the event is there: a command of high risk leaves a marker in the recording.
  await expect.poll(recorder.recording, { timeout: 10_000 }).toContain('"m","command: ');
  recorder.print('stderr', 'Error: two\n');
  recorder.print('stdout', 'ine\n    at f (/a/b.js:1:2)\n');
  await recorder.finish();
  expect(recorder.stored()).toHaveLength(4);
  expect(recorder.readAgain()).toEqual(recorder.stored());
});

it('records the ends of words with the time at which they were printed', async () => {
  const recorder = start();
  const words = [' Hello', ' world', ' gl'];
  for (const [n, word] of words.entries()) recorder.print('stdout', word, 1 + n);
  await recorder.finish();
  const printed = new Map<number, string>();
  for (const { t, data } of recorder.output()) printed.set(t, (printed.get(t) ?? '') + data);
  expect([...printed]).toEqual(words.map((word, n) => [1 + n, word]));
});
