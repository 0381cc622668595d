// A client that sends exactly the bytes that it is given, as no well-behaved client would, and reads what comes back.

import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends `bytes` and reads until the server closes the connection. */
export function sendRaw(port: number, bytes: string): Promise<RawAnswer> {
  return readAll(connect(port, '127.0.0.1'), (socket) => socket.write(bytes, 'latin1')).then(parseAnswer);
}

/** The first line and the headers of a request, to this server and closing the connection. */
export function head(port: number, line: string, headers: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...headers, '', ''].join(
    '\r\n',
  );
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(
      lines.map((header) => [
        header.slice(0, header.indexOf(':')).toLowerCase(),
        header.slice(header.indexOf(':') + 2),
      ]),
    ),
    body: text.slice(end + 4),
  };
}

/** Everything that comes until the connection is closed, in the orderly way. */
export function readAll(socket: Socket, onConnect: (socket: Socket) => void = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => onConnect(socket));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}
