// Keeps threads out of SQLite while the process ends. A call that fails in a thread that is being ended aborts the whole
// process (better-sqlite3 makes its error in an isolate that takes no more orders), and the agent's exit status would
// be lost with it. So the end waits until no thread is inside a call, and lets none in any more.

import type { Worker } from 'node:worker_threads';

const NAME = 'wrapper.exit-gate';
/** The first place of the shared memory says whether the gate is closed; each of the others, that a thread is inside. */
const CLOSED = 0;
const PLACES = 64;
/**
 * A call waits for a lock for a moment only (lock-patience.ts). One that takes longer than this stands before a disk that
 * does not answer; ending its thread would wait for it just as long.
 */
const CLOSE_WITHIN_MS = 6000;

interface Gate {
  readonly memory: Int32Array;
  /** Place of this thread. */
  readonly own: number;
}

/** Undefined in the main thread, and in a process that has made no gate. */
let gate: Gate | undefined;
let looked = false;
let depth = 0;

/** Starts a thread that opens databases, so that the end of the process waits while it is inside a call. */
export function startThroughGate(start: () => Worker): Worker {
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
  thread.once('exit', () => leave({ memory, own: place }));
  return thread;
}

/** Runs calls of SQLite. In a thread whose process ends it does not return any more. */
export function throughExitGate<T>(calls: () => T): T {
  if (!looked) gate = findGate();
  if (gate === undefined || depth > 0) return calls();
  Atomics.store(gate.memory, gate.own, 1);
  if (Atomics.load(gate.memory, CLOSED) === 1) {
    leave(gate);
    Atomics.wait(gate.memory, CLOSED, 1);
  }
  depth++;
  try {
    return calls();
  } finally {
    depth--;
    leave(gate);
  }
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
    Atomics.wait(memory, place, 1, Math.max(0, deadline - performance.now()));
  }
}
