// Keeps threads out of SQLite while the process ends. A call that fails in a thread that is being ended aborts the whole
// process (better-sqlite3 makes its error in an isolate that takes no more orders), and the agent's exit status would
// be lost with it. So the end waits until no thread is inside a call, and lets none in any more.

import type { Worker } from 'node:worker_threads';
import { WrapperError } from '../model/errors.ts';

const NAME = 'wrapper.exit-gate';
/** The first place of the shared memory says whether the gate is closed; each of the others, that a thread is inside. */
const CLOSED = 0;
const PLACES = 64;
/** What stands in a place. */
const INSIDE = 1;
const STANDING = 2;
/**
 * A call waits for a lock for a moment only (lock-patience.ts). One that takes longer than this stands before a disk that
 * does not answer; ending its thread would wait for it just as long.
 */
const CLOSE_WITHIN_MS = 6000;
/**
 * How long a thread stands before the closed gate, in ms. It is usually ended there. But what ends it (Node's ExitEnv) breaks
 * off one callback only: the next one has to come back to the event loop, which ends then.
 */
const STAND_MS = 20;
/** How long the end of the process waits for a thread to stand still, in ms. */
const STILL_WITHIN_MS = 300;

interface Gate {
  readonly memory: Int32Array;
  /** Place of this thread. */
  readonly own: number;
}

/** Undefined in the main thread, and in a process that has made no gate. */
let gate: Gate | undefined;
let looked = false;
let depth = 0;
/** In the main thread: places of those that stand still before the process ends, and how they are told to. */
const standing = new Map<number, () => void>();

/**
 * Starts a thread that opens databases, so that the end of the process waits while it is inside a call.
 *
 * @param tell tells a thread that serves to call `standStill`: Node aborts the process when it breaks off a thread whose
 *   HTTP parser is at work
 */
export function startThroughGate(start: () => Worker, tell?: (thread: Worker) => void): Worker {
  const { getEnvironmentData, setEnvironmentData } = threads();
  if (getEnvironmentData(NAME) === undefined) {
    setEnvironmentData(NAME, new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
    process.on('exit', () =>
      closeGate(new Int32Array(getEnvironmentData(NAME) as unknown as SharedArrayBuffer)),
    );
  }
  const memory = new Int32Array(getEnvironmentData(NAME) as unknown as SharedArrayBuffer);
  const thread = start();
  const place = placeOf(thread.threadId);
  // A thread that was ended inside a call has not said that it left.
  thread.once('exit', () => {
    standing.delete(place);
    leave({ memory, own: place });
  });
  if (tell !== undefined) standing.set(place, () => tell(thread));
  return thread;
}

/**
 * Runs calls of SQLite.
 *
 * @throws WrapperError in a thread whose process ends; the calls are not run then
 */
export function throughExitGate<T>(calls: () => T): T {
  if (!looked) gate = findGate();
  if (gate === undefined || depth > 0) return calls();
  Atomics.store(gate.memory, gate.own, INSIDE);
  if (Atomics.load(gate.memory, CLOSED) === 1) {
    leave(gate);
    Atomics.wait(gate.memory, CLOSED, 1, STAND_MS);
    throw new WrapperError('storage_unavailable', 'the process is ending');
  }
  depth++;
  try {
    return calls();
  } finally {
    depth--;
    leave(gate);
  }
}

/** Waits where it does no harm to be ended. To be called from the handler of a message, and with nothing after it. */
export function standStill(): void {
  if (!looked) gate = findGate();
  if (gate === undefined) return;
  Atomics.store(gate.memory, gate.own, STANDING);
  Atomics.notify(gate.memory, gate.own);
  Atomics.wait(gate.memory, CLOSED, 1, CLOSE_WITHIN_MS);
}

/** Not imported above: a run that is over at once needs no threads. */
function threads(): typeof import('node:worker_threads') {
  return process.getBuiltinModule('node:worker_threads');
}

function findGate(): Gate | undefined {
  looked = true;
  const { getEnvironmentData, isMainThread, threadId } = threads();
  const memory = isMainThread
    ? undefined
    : (getEnvironmentData(NAME) as unknown as SharedArrayBuffer | undefined);
  return memory === undefined ? undefined : { memory: new Int32Array(memory), own: placeOf(threadId) };
}

/** Thread ids are not used again; far fewer threads than places live at a time. */
function placeOf(threadId: number): number {
  return 1 + (threadId % (PLACES - 1));
}

function leave({ memory, own }: Gate): void {
  Atomics.store(memory, own, 0);
  Atomics.notify(memory, own);
}

function closeGate(memory: Int32Array): void {
  Atomics.store(memory, CLOSED, 1);
  const deadline = performance.now() + CLOSE_WITHIN_MS;
  for (let place = 1; place < PLACES; place++) {
    Atomics.wait(memory, place, INSIDE, Math.max(0, deadline - performance.now()));
  }
  for (const [place, tell] of standing) {
    tell();
    waitUntilStill(memory, place);
  }
}

function waitUntilStill(memory: Int32Array, place: number): void {
  const deadline = performance.now() + STILL_WITHIN_MS;
  for (;;) {
    const value = Atomics.load(memory, place);
    const left = deadline - performance.now();
    if (value === STANDING || left <= 0) return;
    Atomics.wait(memory, place, value, left);
  }
}
