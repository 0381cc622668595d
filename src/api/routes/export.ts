// `/api/replay/export/{id}`: a session as a file, made while it is sent and only as fast as it is taken.

import { createRoute, z } from '@hono/zod-openapi';
import { messageOf } from '../../model/errors.ts';
import { harSchema, sessionExportSchema } from '../../model/wire.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { EXPORT_FORMATS, exportFileName, exportSession, FORMAT_DETAILS } from '../export/export.ts';
import { flagParameter, queryOf, sessionIdSchema } from '../parameters.ts';

const formats = EXPORT_FORMATS.map((name) => `${name} (${FORMAT_DETAILS[name].meaning})`).join(', ');
const text = z.string();
const recordings = EXPORT_FORMATS.filter((name) => FORMAT_DETAILS[name].isRecording);

function hasContents({ format, output }: { format?: unknown; output?: unknown }): boolean {
  return output !== false || !recordings.some((name) => name === format);
}

const route = createRoute({
  method: 'get',
  path: '/api/replay/export/{id}',
  operationId: 'exportSession',
  tags: ['replay'],
  summary: 'A session as a file',
  description: `The formats are ${formats}. A connection that breaks off before the end is an export that failed.`,
  request: {
    params: z.object({ id: sessionIdSchema }),
    query: queryOf({
      format: z
        .enum(EXPORT_FORMATS, { error: `must be one of ${EXPORT_FORMATS.join(', ')}` })
        .optional()
        .meta({ description: 'json by default.', examples: ['json'] }),
      output: flagParameter
        .optional()
        .meta({ description: 'The recording in json, jsonl and html; true by default.' }),
    }).refine(hasContents, {
      path: ['output'],
      message: `does not go with format=${recordings.join(', ')}: there is nothing else in them`,
    }),
  },
  responses: {
    200: {
      description: 'The file. `har` is JSON, too.',
      content: {
        'application/json': { schema: z.union([sessionExportSchema, harSchema]) },
        'application/jsonl': { schema: text },
        'application/x-asciicast': { schema: text },
        'text/csv': { schema: text },
        'text/markdown': { schema: text },
        'text/html': { schema: text },
        'text/plain': { schema: text },
      },
    },
  },
});

export function registerExport(app: Api, context: ApiContext): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { format = 'json', output = true } = c.req.valid('query');
    const { dbPath, version, database } = context;
    const pieces = exportSession({
      database,
      dbPath,
      sessionId: id,
      format,
      withoutRecording: !output,
      version,
    });
    // What is wrong with the request shows before the first piece, while the answer can still be an error.
    const first = await pieces.next();
    const name = exportFileName(id, format);
    const abort = (error: unknown): void => {
      context.log(`the export of ${id} broke off: ${messageOf(error)}`);
      c.env.outgoing.destroy();
    };
    return c.body(streamOf(first, pieces, abort), 200, {
      'Content-Type': FORMAT_DETAILS[format].mediaType,
      'Content-Disposition': `${format === 'html' ? 'attachment' : 'inline'}; filename="${name}"`,
    }) as never;
  });
}

/**
 * Pieces as they are asked for. An error in the middle is for `onError`, which has to break the connection off: the
 * framework would end the answer as if it were whole.
 */
function streamOf(
  first: IteratorResult<string, unknown>,
  pieces: AsyncGenerator<string>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  let next: Promise<IteratorResult<string, unknown>> | undefined = Promise.resolve(first);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await (next ?? pieces.next());
          next = undefined;
          if (done === true) controller.close();
          else controller.enqueue(Buffer.from(value));
        } catch (error) {
          onError(error);
          controller.close();
        }
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
