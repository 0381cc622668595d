// The replays that are going on in a server, by their ids: so that they can be controlled by whoever knows the id, and
// so that there are not too many of them.

import type { ReplaySeek } from '../../model/wire-replay.ts';
import type { ApiContext } from '../context.ts';
import { ApiProblem } from '../problem.ts';
import { locate } from './locate.ts';
import { openMaterial, type ReplayStores } from './material.ts';
import { type ReplayPlace, START } from './place.ts';
import { Replay, type ReplayTime } from './replay.ts';
import { ReplaySource } from './source.ts';

const MOST_REPLAYS = 64;
const IDLE_TIMEOUT_MS = 10 * 60_000;

/** What a client asks for. */
export interface ReplayRequest {
  readonly sessionId: string;
  readonly speed: number;
  readonly idleLimitMs: number | null;
  readonly output: boolean;
  readonly follow: boolean;
  /** Where to begin: what was sent to this client before, or a place that it names. */
  readonly resumeAt?: ReplayPlace | undefined;
  readonly from?: ReplaySeek | undefined;
  readonly lingers: boolean;
}

export interface RegistryOptions {
  readonly time?: ReplayTime;
  readonly idleTimeoutMs?: number;
  readonly most?: number;
}

export class ReplayRegistry {
  readonly #stores: () => ReplayStores;
  readonly #options: RegistryOptions;
  readonly #replays = new Map<string, Replay>();

  /** @param stores asked at each use */
  constructor(stores: () => ReplayStores, options: RegistryOptions = {}) {
    this.#stores = stores;
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#replays.size;
  }

  /**
   * A new replay, which belongs to the caller: it must be played, or abandoned by `forget`.
   *
   * @throws WrapperError `session_unknown`, `usage`; ApiProblem `overloaded`
   */
  open(request: ReplayRequest): Replay {
    const most = this.#options.most ?? MOST_REPLAYS;
    if (this.#replays.size >= most) {
      throw new ApiProblem('overloaded', `${most} replays are going on already`, {
        headers: { 'Retry-After': '5' },
      });
    }
    const material = openMaterial(this.#stores(), request.sessionId);
    const { output, follow } = request;
    const from =
      request.resumeAt ??
      (request.from === undefined ? START : locate(material, this.#stores().extractions, request.from));
    const replay = new Replay({
      id: newReplayId(),
      source: new ReplaySource(material, this.#stores, { output, follow: follow && !material.ended, from }),
      stores: this.#stores,
      speed: request.speed,
      idleLimitMs: request.idleLimitMs,
      output,
      follow: follow && !material.ended,
      lingers: request.lingers,
      resumed: request.resumeAt !== undefined,
      idleTimeoutMs: this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      ...(this.#options.time === undefined ? {} : { time: this.#options.time }),
    });
    this.#replays.set(replay.id, replay);
    return replay;
  }

  /** @throws ApiProblem `replay_unknown` */
  get(id: string): Replay {
    const replay = this.#replays.get(id);
    if (replay !== undefined) return replay;
    throw new ApiProblem('replay_unknown', 'There is no replay with this id', {
      hint: 'A replay ends with its connection; session_start and X-Replay-Id name those that are going on.',
    });
  }

  /** To be called when a replay has ended or its client has gone. */
  forget(replay: Replay): void {
    replay.abandon();
    this.#replays.delete(replay.id);
  }

  /** Ends all of them in an orderly way. */
  close(): void {
    for (const replay of this.#replays.values()) replay.stop('closing');
  }
}

const registries = new WeakMap<ApiContext, ReplayRegistry>();

/** The replays of a server. */
export function replaysOf(context: ApiContext): ReplayRegistry {
  let registry = registries.get(context);
  if (registry === undefined) {
    registry = new ReplayRegistry(() => context);
    context.onClose(() => registry?.close());
    registries.set(context, registry);
  }
  return registry;
}

/** Nobody can guess it: whoever controls a replay was told its id. */
function newReplayId(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return `rpl_${Buffer.from(bytes).toString('hex')}`;
}
