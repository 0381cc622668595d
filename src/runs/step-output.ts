// The output of steps that run at the same time, as one text: whole lines, each with the name of its step before it. Bytes
// are passed on as they are.

/** Longest line that is held back for its end, in bytes. */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;
const MOST_COLUMNS = 24;

/** Takes the chunks of one stream of one step. */
export interface LineSink {
  /** False when the writer should wait for `onDrain`. */
  write(chunk: Buffer, onDrain: () => void): boolean;
  /** Writes a line that has no end yet. */
  end(): void;
}

export class StepOutput {
  readonly #width: number;

  /** @param names of all steps: the column of names is as wide as the longest */
  constructor(names: readonly string[]) {
    this.#width = Math.min(MOST_COLUMNS, Math.max(...names.map((name) => [...name].length)));
  }

  /** A sink that writes to `target`, until that can no longer be written. */
  sink(step: string, target: NodeJS.WritableStream): LineSink {
    const shown = [...step];
    const name = shown.length > this.#width ? `${shown.slice(0, this.#width - 1).join('')}…` : step;
    const prefix = Buffer.from(`${name}${' '.repeat(Math.max(0, this.#width - shown.length))} │ `);
    return prefixingSink(prefix, target);
  }
}

function prefixingSink(prefix: Buffer, target: NodeJS.WritableStream): LineSink {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isClosed = false;
  const waiting = new Set<() => void>();
  const goOn = (): void => {
    for (const writer of waiting) writer();
    waiting.clear();
  };
  target.on('drain', goOn);
  target.once('error', () => {
    isClosed = true;
    goOn();
  });
  const release = (end: Buffer): Buffer => {
    const line = Buffer.concat([prefix, ...held, end]);
    held = [];
    heldBytes = 0;
    return line;
  };
  return {
    write(chunk, onDrain) {
      if (isClosed) return true;
      const lines: Buffer[] = [];
      let at = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
        lines.push(release(chunk.subarray(at, end + 1)));
        at = end + 1;
      }
      if (at < chunk.length) {
        held.push(Buffer.from(chunk.subarray(at)));
        heldBytes += chunk.length - at;
        if (heldBytes > LONGEST_LINE) lines.push(release(Buffer.from('\n')));
      }
      if (lines.length === 0 || target.write(Buffer.concat(lines))) return true;
      waiting.add(onDrain);
      return false;
    },
    end() {
      target.off('drain', goOn);
      if (heldBytes > 0 && !isClosed) target.write(release(Buffer.from('\n')));
    },
  };
}
