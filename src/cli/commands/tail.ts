// `wrapper tail [id]`: what happens in running sessions, as it happens. Waits when nothing runs or nobody serves, goes on at
// another server when the one that it reads from ends, and ends itself with the session that it was asked for, or by Ctrl-C.

import { isAlive } from '../../data/process-identity.ts';
import type { RiskLevel } from '../../model/event.ts';
import type { Session, SessionState } from '../../model/session.ts';
import { LineCleaner } from '../../stream/line-cleaner.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { deedText } from '../deeds.ts';
import { lineOf } from '../documents.ts';
import { EXIT_OK } from '../exit-status.ts';
import { textOption, typeFilter } from '../filters.ts';
import { escapeControls, escapeLine, formatClock, formatCount } from '../format.ts';
import { liveStream, type StreamedMessage } from '../live-stream.ts';
import { findSession, type Reader } from '../reader.ts';
import { paintRisk, paintState } from '../risk-style.ts';
import { shortIds } from '../session-id.ts';

type Message = StreamedMessage['message'];

/** Looks for a server before it is said that there is none: a session that has just begun, or a change, takes a moment. */
const PATIENT_LOOKS = 4;

const FINAL: readonly unknown[] = ['completed', 'failed', 'killed', 'lost'] satisfies SessionState[];

export const tailCommand: CommandDefinition = {
  name: 'tail',
  help: 'Watch running sessions: events and states as they come, until Ctrl-C or the end of the session.',
  formats: ['text', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper tail', 'everything that runs, and what is started meanwhile'],
    ['wrapper tail last --output', 'one session, with its text'],
    ['wrapper tail --type error --jsonl | jq -r .matched_value', 'for a program'],
  ],
  define(command) {
    command.argument('[id]', 'an id, the start of one, or last; all sessions without it');
    command.option('--agent <name>', 'only this agent');
    command.option('--type <type>', 'only events of this type');
    command.option('--output', 'what is printed, too');
    command.option('--all', 'from the first event of what runs now');
  },
  async run(call) {
    // Also without an id: what cannot be read is said now, and not waited for.
    const reader = await call.openReader();
    const session = sessionOf(call, reader);
    if (session !== undefined && session.endedAt !== null) return hasEnded(call, session);
    const printer = new Printer(call);
    const waiting = new Waiting(call, reader, session);
    const { db } = call.configuration.settings;
    for await (const { message, json } of liveStream({
      dbPath: db,
      query: queryOf(call, session),
      onWaiting: () => waiting.goesOn(),
    })) {
      waiting.over();
      if (message.type === 'connected') {
        if ((message['sessions'] as unknown[]).length === 0) waiting.sayNothingRuns();
        continue;
      }
      if (call.format === 'jsonl')
        await call.output.write(lineOf(JSON.parse(json) as Record<string, unknown>));
      else await printer.print(message);
      if (session !== undefined && message.type === 'state' && FINAL.includes(message['state'])) break;
    }
    await printer.end();
    return waiting.isVain && session !== undefined ? hasEnded(call, session) : EXIT_OK;
  },
};

function sessionOf(call: Call, reader: Reader | undefined): Session | undefined {
  const reference = call.arguments[0];
  return reference === undefined || reader === undefined ? undefined : findSession(reader, reference);
}

function queryOf(call: Call, session: Session | undefined): Record<string, string> {
  const agent = textOption(call, 'agent');
  const type = typeFilter(call);
  return {
    ...(session === undefined ? {} : { sessions: session.sessionId }),
    ...(agent === undefined ? {} : { agents: agent }),
    ...(type === undefined ? {} : { types: type }),
    ...(call.options['output'] === true ? { output: 'true' } : {}),
    ...(call.options['all'] === true ? { from: 'start' } : {}),
  };
}

function hasEnded(call: Call, session: Session): number {
  const name = shortIds([session.sessionId])(session.sessionId);
  call.output.note(`Session ${name} has ended; wrapper events --session ${name} lists what was found.`);
  return EXIT_OK;
}

/** While there is no server: says once what is waited for, and sees when there is nothing to wait for any more. */
class Waiting {
  readonly #call: Call;
  readonly #reader: Reader | undefined;
  readonly #session: Session | undefined;
  #looks = 0;
  #said = false;
  /** The session that was asked for has ended without a server to show it. */
  isVain = false;

  constructor(call: Call, reader: Reader | undefined, session: Session | undefined) {
    this.#call = call;
    this.#reader = reader;
    this.#session = session;
  }

  goesOn(): boolean {
    this.#looks++;
    const running = this.#running();
    if (running === 0 && this.#session === undefined) this.sayNothingRuns();
    if (this.#looks <= PATIENT_LOOKS) return true;
    this.isVain = running === 0 && this.#session !== undefined;
    if (running > 0) this.#sayNobodyServes(running);
    return !this.isVain;
  }

  over(): void {
    this.#looks = 0;
    this.#said = false;
  }

  sayNothingRuns(): void {
    this.#say('No session is running on', 'waiting for one');
  }

  #sayNobodyServes(running: number): void {
    const they = this.#session === undefined ? formatCount(running, 'session') : 'The session';
    const [run, them] = running === 1 || this.#session !== undefined ? ['runs', 'it'] : ['run', 'them'];
    this.#say(`${they} ${run}, but nobody serves`, `wrapper serve in another terminal shows ${them}`);
  }

  #say(what: string, then: string): void {
    if (this.#said) return;
    this.#said = true;
    const { db } = this.#call.configuration.settings;
    this.#call.output.note(`${what} ${escapeControls(db)}; ${then}. Ctrl-C ends the wait.`);
  }

  /** Sessions of interest that run. */
  #running(): number {
    if (this.#reader === undefined) return 0;
    const { sessions } = this.#reader;
    if (this.#session === undefined) return sessions.getActiveSessions().filter(hasProcess).length;
    const session = sessions.getSession(this.#session.sessionId);
    return session !== undefined && session.endedAt === null && hasProcess(session) ? 1 : 0;
  }
}

/** A wrapper that was killed leaves a session without an end, until recovery finds it. */
function hasProcess({ owner }: Session): boolean {
  return owner === null || isAlive(owner) !== 'dead';
}

/** One line for each event, state and line of output. */
class Printer {
  readonly #call: Call;
  readonly #texts = new Map<string, LineCleaner>();
  #ready = '';

  constructor(call: Call) {
    this.#call = call;
  }

  async print(message: Message): Promise<void> {
    switch (message.type) {
      case 'event':
        this.#event(message);
        break;
      case 'state':
        this.#state(message);
        break;
      case 'output':
        this.#output(message);
        break;
      case 'gap':
        this.#gap(message);
        break;
      default:
        return;
    }
    await this.#flush();
  }

  async end(): Promise<void> {
    for (const cleaner of this.#texts.values()) cleaner.end();
    await this.#flush();
  }

  #event(message: Message): void {
    const { style } = this.#call.output;
    const risk = message['risk_level'] as RiskLevel | null;
    const value =
      message['matched_value'] ?? message['original_line'] ?? message['code_block_language'] ?? '-';
    const paint = paintRisk(this.#call.output, risk);
    const type = String(message['event_type']).padEnd(12);
    this.#line(message, `${paint(type)} ${escapeControls(String(value)).trim()} ${style.dim(risk ?? '')}`);
  }

  #state(message: Message): void {
    const state = message['state'] as SessionState;
    const { exit_code, metadata } = message as {
      exit_code?: number | null;
      metadata?: Record<string, unknown> | null;
    };
    const status = exit_code === null || exit_code === undefined ? '' : ` (${exit_code})`;
    const { reason } = (metadata ?? {}) as { reason?: unknown };
    const why = typeof reason === 'string' ? escapeControls(reason) : undefined;
    const deed = deedText(state, metadata ?? null) ?? why;
    const text =
      deed === undefined ? '' : deed.startsWith(`${state} `) ? deed.slice(state.length) : `: ${deed}`;
    this.#line(message, `${paintState(this.#call.output, state)(state)}${status}${text}`);
  }

  /** Whole lines, one stream after the other, as a reader would see them. */
  #output(message: Message): void {
    const key = `${String(message['session_id'])} ${String(message['stream'])}`;
    let cleaner = this.#texts.get(key);
    if (cleaner === undefined) {
      cleaner = new LineCleaner((text) => {
        const name = this.#call.output.style.dim(`${short(message)} │`);
        this.#ready += `${name} ${escapeLine(text)}\n`;
      });
      this.#texts.set(key, cleaner);
    }
    cleaner.push(Buffer.from(String(message['data'])));
  }

  #gap(message: Message): void {
    const what = message['output'] === true ? 'some output was' : `${String(message['count'])} events were`;
    this.#call.output.note(`${short(message)}: ${what} too fast to show; wrapper events has them.`);
  }

  #line(message: Message, text: string): void {
    const { style } = this.#call.output;
    const time = typeof message['timestamp'] === 'string' ? formatClock(message['timestamp']) : '';
    const agent = escapeControls(String(message['agent_name'] ?? ''));
    this.#ready += `${style.dim(time)} ${short(message)} ${style.dim(agent)} ${text.trimEnd()}\n`;
  }

  async #flush(): Promise<void> {
    if (this.#ready === '') return;
    const text = this.#ready;
    this.#ready = '';
    await this.#call.output.write(text);
  }
}

function short(message: Message): string {
  const sessionId = String(message['session_id']);
  return shortIds([sessionId])(sessionId);
}
