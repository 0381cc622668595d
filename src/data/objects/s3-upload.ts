// Puts a body into a bucket: at once when it is small, otherwise in parts, of which one at a time is in memory. Each part can be
// sent again, because it is a buffer and not a stream. The SHA-256 goes with the object and has to be known before the first byte,
// so a source is read twice, and must be the same both times.

import { createHash } from 'node:crypto';
import type { ObjectSource } from './object-store.ts';
import type { S3Connection } from './s3-connection.ts';

export interface S3Target {
  readonly Bucket: string;
  readonly Key: string;
}

const MOST_PARTS = 10_000;

/**
 * @param partSize bytes; what is larger than one part goes in several
 * @returns the SHA-256
 * @throws BodyChanged, CallTimeout, or what the client throws; then nothing is stored and no part is left where the server could be told
 */
export async function uploadToS3(
  connection: S3Connection,
  target: S3Target,
  body: Uint8Array | ObjectSource,
  options: { readonly partSize: number; readonly contentType: string | undefined },
): Promise<string> {
  const size = body instanceof Uint8Array ? body.length : body.size;
  const type = options.contentType === undefined ? {} : { ContentType: options.contentType };
  if (size <= options.partSize) {
    const content = body instanceof Uint8Array ? body : await wholeOf(body);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await connection.call((client, sdk, abortSignal) =>
      client.send(
        new sdk.PutObjectCommand({
          ...target,
          ...type,
          Body: content,
          ContentLength: size,
          Metadata: { sha256 },
        }),
        { abortSignal },
      ),
    );
    return sha256;
  }
  const sha256 = await hashOf(body);
  const { UploadId } = await connection.call((client, sdk, abortSignal) =>
    client.send(new sdk.CreateMultipartUploadCommand({ ...target, ...type, Metadata: { sha256 } }), {
      abortSignal,
    }),
  );
  const upload = { ...target, UploadId: UploadId! };
  try {
    await sendParts(connection, upload, body, {
      sha256,
      partSize: Math.max(options.partSize, Math.ceil(size / MOST_PARTS)),
    });
    return sha256;
  } catch (error) {
    await connection
      .call((client, sdk, abortSignal) =>
        client.send(new sdk.AbortMultipartUploadCommand(upload), { abortSignal }),
      )
      .catch(() => {
        // The first error tells what happened; a rule of the bucket removes what is left.
      });
    throw error;
  }
}

/** A source gave other bytes than announced, or than at its first reading. */
export class BodyChanged extends Error {
  override readonly name = 'BodyChanged';
}

async function sendParts(
  connection: S3Connection,
  upload: S3Target & { readonly UploadId: string },
  body: Uint8Array | ObjectSource,
  expected: { readonly sha256: string; readonly partSize: number },
): Promise<void> {
  const hash = createHash('sha256');
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for await (const part of partsOf(body, expected.partSize)) {
    hash.update(part);
    const PartNumber = parts.length + 1;
    const { ETag } = await connection.call((client, sdk, abortSignal) =>
      client.send(
        new sdk.UploadPartCommand({ ...upload, PartNumber, Body: part, ContentLength: part.length }),
        {
          abortSignal,
        },
      ),
    );
    parts.push({ PartNumber, ETag });
  }
  if (hash.digest('hex') !== expected.sha256) throw new BodyChanged('it changed while it was sent');
  await connection.call((client, sdk, abortSignal) =>
    client.send(new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }), {
      abortSignal,
    }),
  );
}

async function* partsOf(body: Uint8Array | ObjectSource, partSize: number): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let start = 0; start < body.length; start += partSize) {
      yield body.subarray(start, start + partSize);
    }
    return;
  }
  let part = Buffer.allocUnsafe(partSize);
  let filled = 0;
  for await (const chunk of body.open()) {
    for (let start = 0; start < chunk.length; ) {
      const taken = Math.min(partSize - filled, chunk.length - start);
      part.set(chunk.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
      if (filled < partSize) continue;
      yield part;
      // Not the same again: the client may still hold it.
      part = Buffer.allocUnsafe(partSize);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

async function wholeOf(source: ObjectSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.open()) {
    size += (chunk as Uint8Array).length;
    if (size > source.size) break;
    chunks.push(chunk as Uint8Array);
  }
  requireSize(source, size);
  return Buffer.concat(chunks);
}

async function hashOf(body: Uint8Array | ObjectSource): Promise<string> {
  const hash = createHash('sha256');
  if (body instanceof Uint8Array) return hash.update(body).digest('hex');
  let size = 0;
  for await (const chunk of body.open()) {
    size += (chunk as Uint8Array).length;
    hash.update(chunk as Uint8Array);
  }
  requireSize(body, size);
  return hash.digest('hex');
}

function requireSize(source: ObjectSource, size: number): void {
  if (size !== source.size) throw new BodyChanged(`it has ${size} bytes or more instead of ${source.size}`);
}
