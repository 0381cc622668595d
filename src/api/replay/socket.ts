// `/ws/replay/:id`: a replay with messages both ways. The server sends what the stream of server-sent events has; the
// client sends commands, each answered with a `response` that has its `request_id`. When everything has been sent the
// replay stays, to be moved back, until the client leaves or nothing happens for long.

import type { WebSocket } from 'ws';
import { z } from 'zod';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { replaySeekSchema, replaySpeedSchema } from '../../model/wire-replay.ts';
import type { ApiContext } from '../context.ts';
import { issuesOf, sentenceOf } from '../issues.ts';
import { queryOf, refuseInvalid, sessionIdSchema } from '../parameters.ts';
import { ApiProblem, problemOf } from '../problem.ts';
import { replayQuery } from '../routes/replay.ts';
import type { Upgrade, UpgradeRoute } from '../upgrades.ts';
import { replaysOf } from './registry.ts';
import type { Replay } from './replay.ts';

/** Bytes that wait for a slow client at the most; the replay waits with them. */
const HELD_BYTES = 256 * 1024;
const ROOM_EVERY_MS = 20;

const pathSchema = z.object({ id: sessionIdSchema });
const identified = z.object({ request_id: z.union([z.string().max(200), z.number()]).optional() });
const command = identified.extend({ type: z.enum(['pause', 'resume', 'seek', 'speed', 'stop', 'state']) });
/** What a command has besides that needs nothing. */
const nothing = z.strictObject({});

export function replayUpgrades(context: ApiContext): readonly UpgradeRoute[] {
  return [
    {
      path: '/ws/replay/:id',
      takesQuery: true,
      summary: 'A replay of a session that the client controls: pause, resume, seek, speed, stop, state.',
      open: (socket, upgrade) => open(context, socket, upgrade),
    },
  ];
}

function open(context: ApiContext, socket: WebSocket, upgrade: Upgrade): void {
  const replays = replaysOf(context);
  let replay: Replay;
  try {
    const query = replayParameters(upgrade.query);
    const sessionId = upgrade.params['id'] ?? '';
    refuseInvalid({ target: 'param', ...pathSchema.safeParse({ id: sessionId }) });
    replay = replays.open({ ...query, sessionId, lingers: true });
  } catch (error) {
    socket.send(JSON.stringify({ type: 'error', error: errorOf(context, error) }));
    socket.close(1008, 'there is nothing to replay');
    return;
  }
  socket.on('close', () => replays.forget(replay));
  socket.on('message', (data, isBinary) => {
    socket.send(JSON.stringify(answer(context, replay, isBinary ? '' : String(data))));
  });
  replay
    .play((messages) => {
      for (const { message } of messages) socket.send(JSON.stringify(message));
      return socket.bufferedAmount > HELD_BYTES ? roomIn(socket) : undefined;
    })
    .then(
      () => socket.close(1000),
      (error: unknown) => {
        context.log(`replay ${replay.id} broke off: ${messageOf(error)}`);
        socket.close(1011, 'the replay broke off');
      },
    )
    .finally(() => replays.forget(replay));
}

function replayParameters(query: URLSearchParams) {
  // As the routes have it: a list of what is given more than once, which no parameter may be.
  const names = [...new Set(query.keys())];
  const given = Object.fromEntries(
    names.map((name) => {
      const values = query.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
  const result = queryOf(replayQuery).safeParse(given);
  refuseInvalid({ data: given, ...result, target: 'query' } as Parameters<typeof refuseInvalid>[0]);
  const { speed, idle_limit, output, follow, from } = result.data ?? {};
  return {
    speed: speed ?? 1,
    idleLimitMs: idle_limit ?? null,
    output: output ?? true,
    follow: follow ?? false,
    from,
  };
}

/** Does what a client asks for. Whatever is wrong with a message, its answer has the id that it came with. */
function answer(context: ApiContext, replay: Replay, text: string): Record<string, unknown> {
  let request_id: string | number | undefined;
  try {
    const message = parse(text);
    request_id = identified.safeParse(message).data?.request_id;
    const { type } = valid(command, message);
    const { type: _type, request_id: _id, ...rest } = message as Record<string, unknown>;
    if (type === 'seek') replay.seek(valid(replaySeekSchema, rest));
    else if (type === 'speed') replay.setSpeed(valid(replaySpeedSchema, rest).speed);
    else {
      valid(nothing, rest);
      if (type !== 'state') replay[type]();
    }
    return { type: 'response', request_id, ok: true, state: replay.state() };
  } catch (error) {
    return { type: 'response', request_id, ok: false, error: errorOf(context, error) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem('body_invalid', 'The message is not JSON');
  }
}

function valid<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = issuesOf(result.error, value, true);
  throw new ApiProblem('body_invalid', sentenceOf(issue!, 'The message'));
}

function errorOf(context: ApiContext, error: unknown): { code: string; message: string; hint?: string } {
  const problem = problemOf(error, (bug) => context.log(`bug: ${messageOf(bug)}`));
  const hint = problem.details.hint ?? (error instanceof WrapperError ? error.hint : undefined);
  return { code: problem.code, message: problem.message, ...(hint === undefined ? {} : { hint }) };
}

/** Resolves when a client has taken most of what was sent to it, or has gone. */
function roomIn(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount > HELD_BYTES / 2) return;
      clearInterval(look);
      resolve();
    }, ROOM_EVERY_MS);
  });
}
