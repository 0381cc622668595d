// A server of S3 that does as a test says, request by request.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FaultyS3 {
  readonly endpoint: string;
  /** How many requests came. */
  requests(): number;
  stop(): Promise<void>;
}

/** @param answer is called with the number of the request, from 1 on, before its body is read */
export async function startFaultyS3(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<FaultyS3> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    answer(request, response, count);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with an error as S3 does, when the body of the request has come. */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  request.resume().once('end', () => {
    response.writeHead(status, { 'Content-Type': 'application/xml' });
    response.end(
      request.method === 'HEAD'
        ? ''
        : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
    );
  });
}
