// What happens in a run as server-sent events: everything from its start, then what comes, then `end`. The id of an event is
// its number in the run.

import type { RunProgress } from '../model/run.ts';

const HEARTBEAT_MS = 15_000;
/** The id behind everything: whoever comes back with it has all there is. */
const END_ID = 'end';

/** The number after which a client goes on that has seen the event with this id. */
export function numberOf(lastEventId: string | undefined): number {
  if (lastEventId === END_ID) return Number.POSITIVE_INFINITY;
  return /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
}

export class RunEventStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  /** @param onGone called when the reader has gone away */
  constructor(onGone: () => void) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#stop();
        onGone();
      },
    });
    this.#heartbeat = setInterval(() => this.#send(': still here\n\n'), HEARTBEAT_MS).unref();
  }

  send(progress: RunProgress, seq: number): void {
    this.#send(`id: ${seq}\nevent: ${progress.type}\ndata: ${JSON.stringify(progress)}\n\n`);
  }

  /** Says that nothing more comes, and whether the run is stored. */
  end(runId: string, stored: boolean): void {
    const data = JSON.stringify({ type: 'end', run_id: runId, stored });
    this.#send(`id: ${END_ID}\nevent: end\ndata: ${data}\n\n`);
    const controller = this.#controller;
    this.#stop();
    controller?.close();
  }

  #send(text: string): void {
    this.#controller?.enqueue(Buffer.from(text));
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#controller = undefined;
  }
}
