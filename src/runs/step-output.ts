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

/** A stream that many steps write to: listened to once, however many they are. */
interface Target {
  readonly stream: NodeJS.WritableStream;
  /** Writers that wait for room. */
  readonly waiting: Set<() => void>;
  isClosed: boolean;
}

export class StepOutput {
  readonly #width: number;
  readonly #targets = new Map<NodeJS.WritableStream, Target>();

  /** @param names of all steps: the column of names is as wide as the longest */
  constructor(names: readonly string[]) {
    this.#width = Math.min(MOST_COLUMNS, Math.max(...names.map((name) => [...name].length)));
  }

  /** A sink that writes to `target`, until that can no longer be written. */
  sink(step: string, target: NodeJS.WritableStream): LineSink {
    const shown = [...step];
    const name = shown.length > this.#width ? `${shown.slice(0, this.#width - 1).join('')}…` : step;
    const prefix = Buffer.from(`${name}${' '.repeat(Math.max(0, this.#width - shown.length))} │ `);
    return prefixingSink(prefix, this.#target(target));
  }

  #target(stream: NodeJS.WritableStream): Target {
    const known = this.#targets.get(stream);
    if (known !== undefined) return known;
    const target: Target = { stream, waiting: new Set(), isClosed: false };
    this.#targets.set(stream, target);
    const goOn = (): void => {
      const writers = [...target.waiting];
      target.waiting.clear();
      for (const writer of writers) writer();
    };
    stream.on('drain', goOn);
    stream.once('error', () => {
      target.isClosed = true;
      goOn();
    });
    return target;
  }
}

function prefixingSink(prefix: Buffer, target: Target): LineSink {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const release = (end: Buffer): Buffer => {
    const line = Buffer.concat([prefix, ...held, end]);
    held = [];
    heldBytes = 0;
    return line;
  };
  return {
    write(chunk, onDrain) {
      if (target.isClosed) return true;
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
      if (lines.length === 0 || target.stream.write(Buffer.concat(lines))) return true;
      target.waiting.add(onDrain);
      return false;
    },
    end() {
      if (heldBytes > 0 && !target.isClosed) target.stream.write(release(Buffer.from('\n')));
    },
  };
}
