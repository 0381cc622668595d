// The real runner: each attempt is a wrapper of its own, a child process, because a session owns the streams and the
// signals of its process. That wrapper reports its session and its end on a descriptor of its own.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { PlannedStep } from '../model/run.ts';
import { STEP_REPORT_VARIABLE, type StepEnded, type StepReport } from '../model/step-report.ts';
import { inTerminalForeground } from '../stream/process-status.ts';
import { isExecutableFile } from '../stream/resolve-command.ts';
import type { StepOutput } from './step-output.ts';
import { StepProcesses } from './step-processes.ts';
import type { AttemptEnd, AttemptRequest, RunningAttempt, StepRunner, StopOrder } from './step-runner.ts';

/** How long a step that is told to end may take, in ms: when its time is over, and when the run is interrupted. */
const GRACE_MS = { timeout: 5000, interrupt: 10_000 };
/** How long the wrapper may take to store the rest when its command is dead, in ms. */
const STORING_MS = 20_000;
/** Output that somebody left behind goes on writing is not waited for once it is silent for this long, in ms. */
const SILENT_MS = 100;
/** How often is looked whether a command that has lost its wrapper still runs, in ms. */
const LOOK_AGAIN_MS = 100;
/** What is kept of stderr, to say why a wrapper could not even begin, in bytes. */
const TAIL_BYTES = 2048;
const REPORT_FD = 3;

export interface WrappedRunnerOptions {
  /** The program and the script that are this wrapper: `[process.execPath, '…/bin/wrapper.cjs']`. */
  readonly program: readonly [string, string];
  readonly dbPath: string;
  /** Further options for each wrapper. */
  readonly flags: readonly string[];
  /**
   * Where the output goes. `own`: to our own streams; `prefixed`: to them, line by line; `none`: nowhere but into the
   * recording.
   */
  readonly output: 'own' | StepOutput | 'none';
  /** Our own stdin is that of the command; otherwise it has none. */
  readonly passInput: boolean;
  /** The command runs on a terminal of its own, where Ctrl-C ends the command and never reaches us. */
  readonly pty: boolean;
  /** The wrappers share neither our terminal nor its signals. */
  readonly detached: boolean;
}

export class WrappedRunner implements StepRunner {
  readonly #options: WrappedRunnerOptions;

  constructor(options: WrappedRunnerOptions) {
    this.#options = options;
  }

  start(request: AttemptRequest, onSession: (sessionId: string) => void): RunningAttempt {
    const { step, cwd } = request;
    const folder = folderAt(cwd);
    if (folder !== 'there') {
      const failure = `its folder ${cwd} ${folder}`;
      return { ended: Promise.resolve({ ...NOTHING, failure }), stop: () => {} };
    }
    return new WrappedAttempt(step, cwd, this.#options, onSession);
  }
}

function folderAt(path: string): 'there' | 'does not exist' | 'is no folder' | 'cannot be reached' {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'does not exist';
    return found.isDirectory() ? 'there' : 'is no folder';
  } catch {
    return 'cannot be reached';
  }
}

const NOTHING: Omit<AttemptEnd, 'failure'> = {
  session_id: null,
  exit_code: null,
  signal: null,
  lines: 0,
  events: 0,
  events_by_type: {},
  highest_risk: 'none',
  interrupted: false,
};

class WrappedAttempt implements RunningAttempt {
  readonly ended: Promise<AttemptEnd>;
  readonly #child: ChildProcess;
  readonly #processes: StepProcesses;
  readonly #options: WrappedRunnerOptions;
  readonly #onSession: (sessionId: string) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #sessionId: string | null = null;
  #report: StepEnded | undefined;
  #tail = Buffer.alloc(0);
  #orders = 0;
  #hasCommand = false;
  /** What is to be done to the command once it runs. */
  #awaiting: (() => void) | undefined;
  /** What the wrapper was given for its command; whether it had died by then is known only later. */
  #passedOn: NodeJS.Signals | undefined;
  /** The wrapper has died, and its command may have outlived it. */
  #isAlone = false;
  #isGivenUp = false;
  #isOver = false;

  constructor(
    step: PlannedStep,
    cwd: string,
    options: WrappedRunnerOptions,
    onSession: (sessionId: string) => void,
  ) {
    this.#options = options;
    this.#onSession = onSession;
    const [program, script] = options.program;
    const pty = options.pty ? '--pty' : '--no-pty';
    const ours = [
      '--enable-db',
      '--db',
      options.dbPath,
      '--config',
      '/dev/null',
      '--quiet',
      pty,
      ...options.flags,
    ];
    this.#child = spawn(program, [script, ...ours, 'exec', step.agent, '--', ...wordsOf(step.command, cwd)], {
      cwd,
      env: { ...process.env, ...step.env, [STEP_REPORT_VARIABLE]: String(REPORT_FD) },
      stdio: this.#stdio(),
      detached: options.detached,
    });
    this.#processes = new StepProcesses(options.pty);
    this.ended = this.#watch(step.name);
  }

  stop(order: StopOrder): void {
    if (this.#isOver || this.#child.pid === undefined) return;
    if (++this.#orders > 1) {
      this.#kill();
      return;
    }
    if (order.kind === 'timeout') this.#terminate();
    else {
      if (!this.#reachesAlready(order.signal)) this.#passOn(order.signal);
      this.#later(GRACE_MS.interrupt, () => this.#kill());
    }
  }

  /** Ctrl-C at the terminal goes to everybody in its foreground; sending it again would make two of it. */
  #reachesAlready(signal: NodeJS.Signals): boolean {
    return !this.#options.detached && signal === 'SIGINT' && inTerminalForeground();
  }

  /** The wrapper passes signals on to its command, as long as it lives. */
  #passOn(signal: NodeJS.Signals): void {
    this.#passedOn = signal;
    if (this.#isAlone) this.#processes.passOn(signal);
    else this.#child.kill(signal);
  }

  /** The grace begins when the command has been asked, which on a busy machine may have to wait for its start. */
  #terminate(): void {
    this.#onCommand(() => {
      this.#processes.terminate();
      this.#later(GRACE_MS.timeout, () => this.#kill());
    });
    this.#later(GRACE_MS.timeout + STORING_MS, () => this.#kill());
  }

  /** A time limit may be shorter than it takes to start the command. */
  #onCommand(work: () => void): void {
    if (this.#hasCommand) work();
    else this.#awaiting = work;
  }

  #kill(): void {
    this.#onCommand(() => this.#processes.kill());
    this.#later(STORING_MS, () => {
      this.#isGivenUp = true;
      this.#child.kill('SIGKILL');
    });
  }

  #commandIsThere(): void {
    this.#hasCommand = true;
    this.#awaiting?.();
    this.#awaiting = undefined;
  }

  /** An attempt is not over before its command is: another one beside it would do everything twice. */
  async #untilCommandIsGone(): Promise<void> {
    this.#isAlone = true;
    this.#commandIsThere();
    if (this.#passedOn !== undefined) this.#processes.passOn(this.#passedOn);
    while (!this.#isGivenUp && this.#processes.areThere) {
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    }
  }

  #later(ms: number, work: () => void): void {
    if (!this.#isOver) this.#timers.push(setTimeout(work, ms));
  }

  #stdio(): StdioOptions {
    const { output, passInput } = this.#options;
    const streams = { own: ['inherit', 'inherit'], none: ['ignore', 'pipe'] } as const;
    const [out, err] = typeof output === 'string' ? streams[output] : (['pipe', 'pipe'] as const);
    return [passInput ? 'inherit' : 'ignore', out, err, 'pipe'];
  }

  async #watch(name: string): Promise<AttemptEnd> {
    const child = this.#child;
    const reports = createInterface({ input: child.stdio[REPORT_FD] as Readable });
    reports.on('line', (line) => this.#reported(line));
    const reported = new Promise<void>((done) => reports.once('close', done));
    const passed = this.#passOutputOn(name);
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>(
      (done) => {
        child.once('error', (error) => done({ code: null, signal: null, error }));
        child.once('exit', (code, signal) => done({ code, signal }));
      },
    );
    if (exit.error === undefined) await Promise.all([reported, passed()]);
    if (this.#report === undefined && this.#sessionId !== null) await this.#untilCommandIsGone();
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#orders > 0) this.#processes.kill();
    return this.#end(exit);
  }

  #reported(line: string): void {
    const report = parseReport(line);
    if (report === undefined) return;
    if (report.type === 'ended') this.#report = report;
    else if (report.type === 'running') {
      this.#processes.commandPid = report.pid;
      this.#commandIsThere();
    } else {
      this.#sessionId = report.session_id;
      this.#processes.sessionId = report.session_id;
      this.#onSession(report.session_id);
    }
  }

  /** Returns what waits, once the wrapper has ended, until all that was written has been passed on. */
  #passOutputOn(name: string): () => Promise<void> {
    const { output } = this.#options;
    const sources: [Readable | null, NodeJS.WriteStream][] = [
      [this.#child.stdout, process.stdout],
      [this.#child.stderr, process.stderr],
    ];
    const waits = sources.map(([source, target]) => {
      if (source === null) return async () => {};
      const sink = typeof output === 'string' ? undefined : output.sink(name, target);
      let heardAt = performance.now();
      let ended = false;
      const goOn = (): void => void source.resume();
      source.on('data', (chunk: Buffer) => {
        heardAt = performance.now();
        if (target === process.stderr) this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
        if (sink?.write(chunk, goOn) === false) source.pause();
      });
      source.once('close', () => {
        ended = true;
      });
      return async () => {
        while (!ended && (source.isPaused() || performance.now() - heardAt < SILENT_MS)) {
          await new Promise((done) => setTimeout(done, 5));
        }
        sink?.end();
        // Somebody left behind may hold it open for ever.
        (source as Readable & { unref?: () => void }).unref?.();
      };
    });
    return async () => {
      await Promise.all(waits.map((wait) => wait()));
    };
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): AttemptEnd {
    const { error, code, signal } = exit;
    if (error !== undefined)
      return { ...NOTHING, failure: `the wrapper could not be started: ${error.message}` };
    const report = this.#report;
    if (report === undefined) {
      const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      const said = /^wrapper: (.+)$/m.exec(this.#tail.toString())?.[1];
      return { ...NOTHING, session_id: this.#sessionId, failure: said ?? `its wrapper ${how}` };
    }
    const signalName = report.signal === null ? null : nameOfSignal(report.signal);
    const exitCode = report.signal === null ? report.code : 128 + report.signal;
    return {
      session_id: report.session_id,
      exit_code: exitCode,
      signal: signalName,
      lines: report.lines,
      events: report.events,
      events_by_type: report.events_by_type,
      highest_risk: report.highest_risk,
      failure: report.start_failure,
      interrupted: this.#options.pty && exitCode === 128 + constants.signals.SIGINT,
    };
  }
}

/**
 * The words behind `--` for a command. A text with white space is taken for a shell command by the wrapper itself, unless a
 * file has that name, and is then shown as it was written; a single word that is to be no shell command must not look
 * like one.
 */
function wordsOf(command: PlannedStep['command'], cwd: string): readonly string[] {
  if (typeof command === 'string') {
    const isTaken =
      /\s/.test(command) && !isExecutableFile(resolve(cwd, command)) && !isExecutableFile(command);
    return isTaken ? [command] : ['/bin/sh', '-c', command];
  }
  const [first = ''] = command;
  const isPlain = command.length > 1 || /^[\w./+-]+$/.test(first);
  return isPlain ? command : ['/bin/sh', '-c', 'exec "$0"', first];
}

function parseReport(line: string): StepReport | undefined {
  try {
    return JSON.parse(line) as StepReport;
  } catch {
    return undefined; // half a line of a wrapper that was killed
  }
}

function nameOfSignal(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}
