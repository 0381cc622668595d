// The same answer as `/api/query/extractions?agent=…&limit=…`, by node:http alone: the same query through the same service,
// the same document, no gate, no validation, no header but the length.
//
//   node http-reference.mjs BUNDLE DATABASE        prints its port

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [bundle, path] = process.argv.slice(2);
const { QueryService, eventDocument, openDatabase, pageDocument } = createRequire(import.meta.url)(bundle);
const service = new QueryService(openDatabase(path, { readonly: true }));

createServer((request, response) => {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const filter = { agent: query.get('agent'), limit: Number(query.get('limit')) };
  const page = service.queryEvents(filter);
  const body = JSON.stringify({ extractions: page.items.map(eventDocument), ...pageDocument(page, filter) });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}).listen(0, '127.0.0.1', function listening() {
  process.stdout.write(`${this.address().port}\n`);
});
