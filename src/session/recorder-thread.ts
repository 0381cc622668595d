// The recorder's worker thread: drives a Recorder from the ring and from messages. Also the module that the main thread
// loads to do the same work itself, for a command that is over before a thread would be up.

import type { MessagePort } from 'node:worker_threads';
import { ChunkRing } from './chunk-ring.ts';
import { type FromLive, LivePublishing, type ToLive } from './live-publishing.ts';
import { Recorder } from './recorder.ts';
import type { RecorderPlan, RecorderReport, SessionEnd } from './recorder-plan.ts';

/** Main thread → recorder. */
export type ToRecorder =
  | { readonly type: 'wake' }
  | { readonly type: 'finish'; readonly end: SessionEnd }
  | ToLive;

/** Recorder → main thread. `alive` is sent while finishing, so that a stuck disk can be told from a long backlog. */
export type FromRecorder =
  /** Everything that came before is on disk. */
  | { readonly type: 'ready' }
  | { readonly type: 'alive'; readonly waitingBytes: number }
  | { readonly type: 'report'; readonly report: RecorderReport }
  | FromLive;

export interface RecorderThreadData {
  readonly plan: RecorderPlan;
  readonly ring: SharedArrayBuffer;
}

/** One turn works this long before messages and timers get their turn, in ms. */
const TURN_MS = 20;
/** Pause between two looks at the ring while output is only kept, in ms. */
const REST_MS = 4;
const TICK_MS = 250;
const ALIVE_EVERY_MS = 100;

/** Runs a whole session that is already over. */
export function recordNow(plan: RecorderPlan, ring: ChunkRing, end: SessionEnd): Promise<RecorderReport> {
  return new Recorder(plan, ring, true).finish(end, () => {});
}

/** Runs the thread; `port` and `data` are those of `node:worker_threads`, which the main thread does without. */
export function runRecorderThread(port: MessagePort, data: RecorderThreadData): void {
  const ring = new ChunkRing(data.ring);
  const recorder = new Recorder(data.plan, ring);
  const live = new LivePublishing(data.plan, recorder, (message) =>
    port.postMessage(message satisfies FromRecorder),
  );
  let finishing = false;
  let turning = false;
  let ready = false;

  const turn = (): void => {
    turning = false;
    if (finishing) return;
    const state = recorder.work(TURN_MS);
    if (!ready) port.postMessage({ type: 'ready' } satisfies FromRecorder);
    ready = true;
    if (state === 'rest') setTimeout(schedule, REST_MS);
    else if (state === 'more' || !ring.fallAsleep()) schedule();
    else settleInTime();
  };
  const schedule = (): void => {
    if (turning) return;
    turning = true;
    setImmediate(turn);
  };
  let settling: NodeJS.Timeout | undefined;
  /** What waits for lines to come is decided when it is due, and not with the next tick only. */
  const settleInTime = (): void => {
    const waitMs = recorder.settlesInMs;
    if (finishing || settling !== undefined || waitMs === undefined) return;
    // Not before it is due: timers are up to a millisecond early.
    settling = setTimeout(() => {
      settling = undefined;
      recorder.settle();
      settleInTime();
    }, Math.ceil(waitMs) + 1);
  };
  const ticker = setInterval(() => {
    recorder.tick();
    schedule();
  }, TICK_MS);

  let lastAlive = 0;
  const finish = async (end: SessionEnd): Promise<void> => {
    finishing = true;
    clearInterval(ticker);
    clearTimeout(settling);
    const report = await recorder.finish(end, (waitingBytes) => {
      if (performance.now() - lastAlive < ALIVE_EVERY_MS) return;
      lastAlive = performance.now();
      port.postMessage({ type: 'alive', waitingBytes } satisfies FromRecorder);
    });
    live.close();
    port.postMessage({ type: 'report', report } satisfies FromRecorder);
  };
  port.on('message', (message: ToRecorder) => {
    if (message.type === 'wake') schedule();
    else if (message.type === 'finish') void finish(message.end);
    else live.received(message);
  });
  schedule();
}
