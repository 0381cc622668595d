// A wrapped session put together: the supervisor forwards, the recorder host gets copies, dead sessions of earlier
// runs are recovered on the side, and the child's end decides ours.

import { ownIdentity } from '../data/process-identity.ts';
import { sessionFiles } from '../data/session-files.ts';
import { contentHash } from '../model/content-hash.ts';
import type { ControlRequest } from '../model/control.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import { newSessionId } from '../model/ids.ts';
import type { NewSession, SessionState } from '../model/session.ts';
import { isoTimestamp, systemClock } from '../model/time.ts';
import type { ChildExit } from '../stream/child.ts';
import { shellStatus } from '../stream/exit-like-child.ts';
import type { PatternSet } from '../stream/pattern-set.ts';
import { terminalIsOurs } from '../stream/process-status.ts';
import { type Command, resolveCommand } from '../stream/resolve-command.ts';
import { type SupervisorOptions, supervise, windowSize } from '../stream/supervisor.ts';
import { makeDatabaseFolder, refuseMistakes } from './database-place.ts';
import type { RecorderReport } from './recorder-plan.ts';
import { type RecordingParts, SessionRecording } from './session-recording.ts';

declare const __WRAPPER_VERSION__: string;

/** Signals that end a job; while the last events are being stored they must not cut that short at once. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** What the storing of the last events is given after the first of them, in ms. */
const PATIENCE_MS = 1500;

export interface SessionRequest {
  readonly agent: string;
  readonly command: Command;
  /** The command as a person would type it. */
  readonly displayCommand: string;
  readonly settings: {
    readonly enableDb: boolean;
    readonly db: string;
    readonly pty: boolean | null;
    readonly environment: string | null;
    readonly patterns: string | null;
    readonly recordInput: boolean;
    readonly record: boolean;
    readonly maxRecording: number;
    /** Whether this session may serve the database when nobody does. */
    readonly serve?: boolean | null | undefined;
    /** What is served as the database of the campaigns; null for the database itself. */
    readonly campaignsDb?: string | null | undefined;
    /** The port to serve on; null for the usual one. */
    readonly port?: number | null | undefined;
  };
  /** The database was named on the command line: a folder that cannot be made is then the caller's mistake. */
  readonly explicitDb: boolean;
  /** Look for events even if nothing is stored. */
  readonly extract: boolean;
  readonly parts: RecordingParts;
  /** Told the id of the session, before anything is started. */
  readonly onSession?: ((sessionId: string) => void) | undefined;
  /** Told the process of the command, when it has been started. */
  readonly onCommand?: ((pid: number) => void) | undefined;
  /** Called while the end of the session waits for a backlog to be stored. */
  onWaiting(bytes: number): void;
}

export interface SessionOutcome {
  readonly sessionId: string;
  readonly exit: ChildExit;
  /** Undefined when nothing was recorded. */
  readonly report: RecorderReport | undefined;
  /** Why the command could not be started. */
  readonly startFailure: WrapperError | undefined;
  /** Why output of the command could not be passed on. */
  readonly outputFailure: Error | undefined;
}

/**
 * Runs a command from start to end.
 *
 * @throws WrapperError before anything is started: pattern file, database file
 */
export async function runSession(request: SessionRequest): Promise<SessionOutcome> {
  const { settings } = request;
  const sessionId = newSessionId();
  if (settings.enableDb) refuseMistakes(settings.db, request.explicitDb);
  const patterns = await customPatterns(request);
  if (settings.enableDb) makeDatabaseFolder(settings.db, request.explicitDb);

  request.onSession?.(sessionId);
  const mode = (settings.pty ?? terminalIsOurs()) ? 'pty' : 'pipe';
  const startedAtMs = systemClock.wall();
  const began = systemClock.monotonic();
  const elapsed = (): number => systemClock.monotonic() - began;
  const recording = new SessionRecording(
    sessionId,
    request.parts,
    elapsed,
    settings.port ?? null,
    settings.campaignsDb ?? undefined,
  );
  const size = windowSize();
  const startRecording = (): void => {
    if (!request.extract) return;
    recording.start(() => ({
      session: describeSession(request, sessionId, startedAtMs, mode),
      startedAtMs,
      dbPath: settings.enableDb ? settings.db : null,
      patterns,
      record: settings.record,
      maxRecordingBytes: settings.maxRecording,
      mode,
      ...size,
      live: settings.enableDb ? { mayServe: settings.serve !== false } : null,
    }));
  };
  let impatient: Promise<void> | undefined;
  const { exit, startFailure, outputFailure } = await runCommand(request.command, {
    env: childEnvironment(settings.enableDb ? sessionId : undefined),
    mode,
    observeInput: settings.recordInput && settings.enableDb,
    onStart: (running) => {
      request.onCommand?.(running.child.pid);
      recording.control.attach(running);
      startRecording();
    },
    onChunk: (stream, chunk) => recording.write(stream, chunk),
    onInput: (bytes) => {
      if (settings.recordInput) void recording.write('input', bytes);
    },
    onResize: ({ cols, rows }) =>
      void recording.write('resize', new Uint8Array(Uint16Array.of(cols, rows).buffer)),
    onSuspend: (suspended) => void recording.write('suspend', Uint8Array.of(suspended ? 1 : 0)),
    onWakingSignal: (signal) => void recording.signalled(signal),
    // At once: a signal that comes in between would take the place of the command's status.
    onEnd: () => {
      impatient = impatience();
    },
  });
  if (startFailure !== undefined && settings.enableDb) startRecording();
  const { killedBy } = recording.control;
  const report = await recording.finish(
    {
      state: startFailure === undefined ? endState(exit, killedBy) : 'failed',
      exitCode: shellStatus(exit),
      endedAt: isoTimestamp(startedAtMs + elapsed()),
      elapsedMs: elapsed(),
      metadata: endMetadata(exit, startFailure, killedBy),
    },
    request.onWaiting,
    impatient ?? impatience(),
  );
  return { sessionId, exit, report, startFailure, outputFailure };
}

/**
 * Resolves when a signal asks us to end although not everything is stored: a moment after the first, so that an ordinary
 * end is not cut short, and at once after the second.
 */
function impatience(): Promise<void> {
  let asked = false;
  return new Promise((resolve) => {
    for (const signal of ENDING) {
      process.on(signal, () => {
        if (asked) resolve();
        asked = true;
        setTimeout(resolve, PATIENCE_MS).unref();
      });
    }
  });
}

/** Runs the command to its end, or says why it could not be started. */
async function runCommand(
  command: Command,
  supervision: Omit<SupervisorOptions, 'command'>,
): Promise<Pick<SessionOutcome, 'exit' | 'startFailure' | 'outputFailure'>> {
  try {
    const file = resolveCommand(command.file, process.env);
    const ended = await supervise({ ...supervision, command: { ...command, file } });
    return { ...ended, startFailure: undefined };
  } catch (error) {
    const startFailure = toStartFailure(error, command.file);
    const exit: ChildExit = { code: startStatus(startFailure), signal: null };
    return { exit, startFailure, outputFailure: undefined };
  }
}

/** The caller's pattern file, validated before anything starts, whether or not anything is looked for. */
async function customPatterns({ settings }: SessionRequest): Promise<PatternSet | null> {
  if (settings.patterns === null) return null;
  const { loadPatternSet } = await import('../stream/pattern-set.ts');
  return loadPatternSet(settings.patterns);
}

function describeSession(
  request: SessionRequest,
  sessionId: string,
  startedAtMs: number,
  mode: 'pty' | 'pipe',
): NewSession {
  const { settings } = request;
  const files = sessionFiles(settings.db, sessionId);
  return {
    sessionId,
    agentName: request.agent,
    environment: settings.environment,
    startedAt: isoTimestamp(startedAtMs),
    stdoutLogPath: settings.record ? files.cast : null,
    stderrLogPath: settings.record && mode === 'pipe' ? files.stderrLog : null,
    extractionConfigVersion: null,
    environmentConfigVersion: environmentVersion(settings, mode),
    owner: ownIdentity(),
    cwd: process.cwd(),
    argv: [request.command.file, ...request.command.args],
    command: request.displayCommand,
    wrapperVersion: __WRAPPER_VERSION__,
  };
}

/** Which settings a session ran under: a version of their list and a hash of their values. */
function environmentVersion(settings: SessionRequest['settings'], mode: 'pty' | 'pipe'): string {
  const { environment, recordInput, record, maxRecording } = settings;
  const content = JSON.stringify({ environment, mode, recordInput, record, maxRecording });
  return `settings-1+${contentHash(content)}`;
}

/** The caller's environment and one marker, by which an agent's own wrapper calls can be told to be nested. */
function childEnvironment(sessionId: string | undefined): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  if (sessionId !== undefined) env['WRAPPER_SESSION_ID'] = sessionId;
  return env;
}

/** A command that was told to end is killed, also when it had the time to exit by itself. */
function endState(exit: ChildExit, killedBy: ControlRequest | undefined): SessionState {
  if (exit.signal !== null || killedBy !== undefined) return 'killed';
  return exit.code === 0 ? 'completed' : 'failed';
}

function endMetadata(
  exit: ChildExit,
  failure: WrapperError | undefined,
  killedBy: ControlRequest | undefined,
): Record<string, unknown> | null {
  if (failure !== undefined) return { reason: failure.code, message: failure.message };
  const signal = exit.signal === null ? {} : { signal: exit.signal };
  if (killedBy === undefined) return exit.signal === null ? null : signal;
  const { action, by, reason, request_id } = killedBy;
  return { ...signal, by, reason, command: action.command, request_id };
}

function toStartFailure(error: unknown, file: string): WrapperError {
  if (error instanceof WrapperError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return new WrapperError('command_not_found', `${file}: command not found`, { cause: error });
  if (code === 'EACCES' || code === 'ENOEXEC' || code === 'E2BIG') {
    return new WrapperError('command_not_executable', `${file}: ${messageOf(error)}`, { cause: error });
  }
  return new WrapperError('internal', `${file} could not be started: ${messageOf(error)}`, { cause: error });
}

/** As env(1), nohup(1) and timeout(1): 127 not found, 126 not executable, 125 our own failure. */
function startStatus(failure: WrapperError): number {
  if (failure.code === 'command_not_found') return 127;
  return failure.code === 'command_not_executable' ? 126 : 125;
}
