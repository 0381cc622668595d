// s3rver in this process: the shapes of S3 without its checks of signatures.

import crypto from 'node:crypto';
import { createRequire } from 'node:module';

interface Server {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (
  options: Readonly<Record<string, unknown>>,
) => Server;

export const S3RVER_CREDENTIALS = { id: 'S3RVER', secret: 'S3RVER' };

/** It makes tokens for further pages with a cipher that OpenSSL has given up; any other does, because nobody reads them. */
function allowItsTokens(): void {
  const { createCipheriv } = crypto;
  crypto.createCipheriv = ((algorithm: string, key: Buffer, iv: Buffer) =>
    algorithm === 'des'
      ? createCipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
      : createCipheriv(algorithm, key, iv)) as typeof createCipheriv;
}

/** @param directory where it keeps its objects */
export async function startS3rver(
  directory: string,
  bucket: string,
): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  allowItsTokens();
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
