// Shows a session to whoever serves its database: sends events as they are found, before they are stored, over one
// WebSocket, and brings commands back. Loaded by the recorder's thread once a session has lived for a moment.
//
// Nothing waits for it and nothing is lost by it. While nobody listens it sends numbers only, a few times a second. When the server is slow or
// gone it sends nothing: what is missing is in the database, or is still kept by the recorder and sent afterwards.

import type { WebSocket } from 'ws';
import type { ControlRequest } from '../model/control.ts';
import { sessionDocument } from '../model/documents.ts';
import type { ExtractionEvent, StreamName } from '../model/event.ts';
import type { StateChange } from '../model/session.ts';
import {
  eventLine,
  type Hello,
  liveStateDocument,
  outputLine,
  PUBLISH_PROTOCOL,
  stateLine,
  storedLine,
  type ToPublisher,
  type ToServer,
} from './live-frames.ts';
import type { LiveHost, LiveObserver, LiveSource } from './live-source.ts';
import { ServerLink } from './publisher-link.ts';
import { RememberedOutcomes } from './remembered-outcomes.ts';

/** More than this on its way to the server, in bytes, and it is too slow; less than that, and it has caught up. */
const LAGGING_ABOVE = 4 * 1024 * 1024;
const CAUGHT_UP_BELOW = 256 * 1024;
/** Lines are sent when the work at hand is done, or when that many characters wait. */
const SEND_AT = 64 * 1024;
/** How often somebody who is not sent the events is told how many there are, at most, in ms. */
const TELL_EVERY_MS = 100;

export interface PublisherOptions {
  readonly dbPath: string;
  /** Whether this process may serve when nobody else does. */
  readonly mayServe: boolean;
  readonly source: LiveSource;
  readonly host: LiveHost;
}

export class Publisher implements LiveObserver {
  readonly #source: LiveSource;
  readonly #link: ServerLink;
  readonly #outcomes: RememberedOutcomes;
  #socket: WebSocket | undefined;
  #lines: string[] = [];
  #characters = 0;
  #wantsEvents = false;
  #wantsOutput = false;
  #lagging = false;
  /** The last event that the server has been sent on this connection, or has in the database. */
  #sentSeq = 0;
  /** The last event that the server has been told the number of, and when. */
  #toldSeq = 0;
  #toldAt = 0;

  constructor(options: PublisherOptions) {
    this.#source = options.source;
    this.#outcomes = new RememberedOutcomes((request) => options.host.control(request));
    this.#link = new ServerLink({
      dbPath: options.dbPath,
      mayServe: options.mayServe,
      isBusy: () => options.source.isBehind,
      startServer: () => options.host.startServer(),
      onOpen: (socket) => this.#opened(socket),
      onClose: () => this.#closed(),
      onMessage: (text) => this.#received(JSON.parse(text) as ToPublisher),
    });
  }

  /** Looks for the server from now on, and for a new one whenever it is gone. */
  start(): void {
    this.#link.start();
  }

  /** The server that this process had been asked to start is up, or has ended. */
  serverChanged(state: 'listening' | 'ended'): void {
    this.#link.serverChanged(state);
  }

  get wantsOutput(): boolean {
    return this.#wantsOutput && !this.#lagging;
  }

  event(event: ExtractionEvent): void {
    if (!this.#wantsEvents || this.#lagging) return;
    if (event.seq !== this.#sentSeq + 1) this.#catchUp();
    if (event.seq <= this.#sentSeq) return;
    this.#push(eventLine(event));
    this.#sentSeq = event.seq;
  }

  state(stateSeq: number, change: StateChange): void {
    if (this.#socket === undefined) return;
    // A state says something about the events before it.
    this.#push(stateLine(liveStateDocument(this.#source.session.agentName, stateSeq, change)));
    this.flush();
  }

  stored(seq: number): void {
    if (this.#socket === undefined) return;
    this.#tell(seq);
  }

  output(stream: StreamName, text: string, elapsedMs: number): void {
    this.#push(outputLine(this.#source.session.sessionId, elapsedMs, stream, text));
  }

  /** Whoever watches gets a fresh screen of the new size. */
  resized(): void {
    if (this.wantsOutput) this.#startOutput();
  }

  flush(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (this.#lagging && socket.bufferedAmount < CAUGHT_UP_BELOW) this.#resume();
    if (!this.#wantsEvents && !this.#lagging) this.#tellNow();
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('\n');
    this.#lines = [];
    this.#characters = 0;
    socket.send(text);
    if (socket.bufferedAmount > LAGGING_ABOVE) this.#lagging = true;
  }

  /** Says the last and lets go; what is not on its way by then is left to the database. */
  close(): void {
    if (this.#wantsEvents && !this.#lagging) this.#catchUp();
    this.flush();
    this.#link.close();
    this.#socket = undefined;
  }

  #opened(socket: WebSocket): void {
    const { session, state, storedSeq, lastSeq, lastEventAt } = this.#source;
    this.#socket = socket;
    this.#wantsEvents = false;
    this.#wantsOutput = false;
    this.#lagging = false;
    const hello: Hello = {
      type: 'hello',
      protocol: PUBLISH_PROTOCOL,
      session: sessionDocument({
        ...session,
        id: 0,
        endedAt: null,
        exitCode: null,
        state: state.change.state,
        totalLinesProcessed: 0,
        totalExtractionEvents: lastSeq,
        totalFeedbackOutcomes: 0,
        bytesMissing: 0,
      }),
      state: liveStateDocument(session.agentName, state.stateSeq, state.change),
      stored_seq: storedSeq,
      last_seq: lastSeq,
      last_event_at: lastEventAt,
    };
    this.#toldSeq = lastSeq;
    this.#message(hello);
    this.flush();
  }

  #closed(): void {
    this.#socket = undefined;
    this.#wantsEvents = false;
    this.#wantsOutput = false;
    this.#lines = [];
    this.#characters = 0;
  }

  #received(message: ToPublisher): void {
    if (message.type === 'command') void this.#execute(message.id, message.request);
    else this.#want(message.events, message.output);
  }

  #want(events: boolean, output: boolean): void {
    if (events && !this.#wantsEvents) {
      this.#wantsEvents = true;
      this.#sentSeq = this.#source.storedSeq;
      this.#catchUp();
      this.#push('A');
    }
    this.#wantsEvents = events;
    if (output && !this.#wantsOutput) this.#startOutput();
    this.#wantsOutput = output;
    this.flush();
  }

  #startOutput(): void {
    const { elapsedMs, ...rest } = this.#source.recordingPosition();
    this.#message({ type: 'output_start', elapsed_ms: elapsedMs, ...rest });
  }

  /** After a time in which nothing was sent: what is stored by now the server finds in the database. */
  #resume(): void {
    this.#lagging = false;
    this.#tell(this.#source.storedSeq);
    if (this.#wantsEvents) this.#catchUp();
    if (this.#wantsOutput) this.#startOutput();
  }

  /** What was found since, in numbers, unless that was done just now. */
  #tellNow(): void {
    if (this.#source.lastSeq === this.#toldSeq || performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#tell(this.#source.storedSeq);
  }

  #tell(storedSeq: number): void {
    const { lastSeq, lastEventAt } = this.#source;
    this.#push(storedLine(storedSeq, lastSeq, lastEventAt));
    this.#toldSeq = lastSeq;
    this.#toldAt = performance.now();
  }

  #catchUp(): void {
    for (const event of this.#source.unstored(this.#sentSeq)) {
      this.#push(eventLine(event));
      this.#sentSeq = event.seq;
    }
  }

  async #execute(id: number, request: ControlRequest): Promise<void> {
    const outcome = await this.#outcomes.once(request);
    if (this.#socket === undefined) return;
    this.#message({ type: 'outcome', id, outcome });
    this.flush();
  }

  #message(message: ToServer): void {
    this.#push(JSON.stringify(message));
  }

  #push(line: string): void {
    if (this.#socket === undefined) return;
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters > SEND_AT) this.flush();
  }
}
