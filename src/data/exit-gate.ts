// Keeps threads out of SQLite while the process ends. A call that fails in a thread that is being ended aborts the whole
// process (better-sqlite3 makes its error in an isolate that takes no more orders), and the agent's exit status would
// be lost with it. So the end waits until no thread is inside a call, and lets none in any more.

const NAME = 'wrapper.exit-gate';
/** Places in the shared memory: threads that are inside a call, and whether the gate is closed. */
const INSIDE = 0;
const CLOSED = 1;
/** A little longer than a call waits for a lock (5 s); ending the threads would wait for the call just as long. */
const CLOSE_WITHIN_MS = 6000;

/** Undefined in the main thread, and in a process that has made no gate. */
let gate: Int32Array | undefined;
let looked = false;
let depth = 0;

/** Makes the gate of this process. For the main thread, before it starts threads that open databases. */
export function makeExitGate(): void {
  const { getEnvironmentData, setEnvironmentData } = threads();
  if (getEnvironmentData(NAME) !== undefined) return;
  const memory = new SharedArrayBuffer(8);
  setEnvironmentData(NAME, memory);
  process.on('exit', () => closeGate(new Int32Array(memory)));
}

/** Runs calls of SQLite. In a thread whose process ends it does not return any more. */
export function throughExitGate<T>(calls: () => T): T {
  if (!looked) gate = findGate();
  if (gate === undefined || depth > 0) return calls();
  Atomics.add(gate, INSIDE, 1);
  if (Atomics.load(gate, CLOSED) === 1) {
    leave(gate);
    Atomics.wait(gate, CLOSED, 1);
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

function findGate(): Int32Array | undefined {
  looked = true;
  const { getEnvironmentData, isMainThread } = threads();
  const memory = isMainThread ? undefined : (getEnvironmentData(NAME) as SharedArrayBuffer | undefined);
  return memory === undefined ? undefined : new Int32Array(memory);
}

function leave(memory: Int32Array): void {
  if (Atomics.sub(memory, INSIDE, 1) === 1) Atomics.notify(memory, INSIDE);
}

function closeGate(memory: Int32Array): void {
  Atomics.store(memory, CLOSED, 1);
  const deadline = performance.now() + CLOSE_WITHIN_MS;
  for (;;) {
    const inside = Atomics.load(memory, INSIDE);
    const left = deadline - performance.now();
    if (inside === 0 || left <= 0) return;
    Atomics.wait(memory, INSIDE, inside, left);
  }
}
