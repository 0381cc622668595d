// Shows the OpenAPI document of this server: endpoints to search, parameters, schemas, a curl line for each, and for GET a
// form to try it. Everything that comes from the server is put in as text, never as markup.

const search = document.getElementById('search');
const list = document.getElementById('endpoints');
/** Bytes of an answer that are shown; a stream is cut off there. */
const SHOWN = 200_000;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function typeOf(schema) {
  if (schema === undefined) return '';
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (branches !== undefined) return branches.map(typeOf).join(schema.allOf ? ' & ' : ' | ');
  if (schema.type === 'array') return `${typeOf(schema.items)}[]`;
  if (schema.type === 'object' && schema.properties === undefined && schema.additionalProperties)
    return `{ [name]: ${typeOf(schema.additionalProperties)} }`;
  return [schema.type].flat().join(' | ');
}

/** An object schema as lines, a reference as its name. */
function shape(schema, indent = '') {
  if (schema?.properties === undefined) {
    return schema?.type === 'array' && schema.items?.properties
      ? `${shape(schema.items, indent)}[]`
      : typeOf(schema);
  }
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(
    ([name, member]) => `${indent}  ${name}${required.has(name) ? '' : '?'}: ${shape(member, `${indent}  `)}`,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function curlLine(method, path, operation) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ['curl'];
  if (method !== 'get') parts.push('-X', method.toUpperCase(), '-H', quote('Content-Type: application/json'));
  if (operation.security?.length > 0) parts.push('-H', '"Authorization: Bearer $(wrapper token)"');
  if (operation.requestBody !== undefined) parts.push('-d', quote('{}'));
  return [...parts, quote(location.origin + path)].join(' ');
}

function parameterTable(parameters, inputs) {
  const rows = parameters.map((parameter) => {
    const input = element('input', { ariaLabel: parameter.name });
    inputs.push({ parameter, input });
    const { schema = {}, name, required, description } = parameter;
    return element(
      'tr',
      {},
      element('td', {}, element('code', { textContent: name + (required ? ' *' : '') })),
      element('td', {
        className: 'dim',
        textContent: `${typeOf(schema)} ${description ?? schema.description ?? ''}`,
      }),
      element('td', {}, input),
    );
  });
  return element('table', {}, element('tbody', {}, ...rows));
}

function addressOf(path, inputs) {
  const query = new URLSearchParams();
  let address = path;
  for (const { parameter, input } of inputs) {
    if (input.value === '') continue;
    if (parameter.in === 'path')
      address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else query.set(parameter.name, input.value);
  }
  const text = query.toString();
  return text === '' ? address : `${address}?${text}`;
}

async function tryIt(address, output) {
  output.hidden = false;
  output.textContent = `GET ${address}\n`;
  try {
    const response = await fetch(address);
    output.textContent += `${response.status} ${response.statusText}\n\n`;
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      if (!isJson) output.append(value);
      if (text.length > SHOWN) {
        await reader.cancel();
        text += '\n… cut here';
        break;
      }
    }
    if (isJson) output.append(text.length > SHOWN ? text : JSON.stringify(JSON.parse(text), null, 2));
  } catch (error) {
    output.append(String(error));
  }
}

function endpoint(path, method, operation) {
  const inside = element('div', { className: 'inside' });
  if (operation.description) inside.append(element('p', { textContent: operation.description }));
  const inputs = [];
  const parameters = operation.parameters ?? [];
  if (parameters.length > 0)
    inside.append(element('h3', { textContent: 'Parameters' }), parameterTable(parameters, inputs));
  const body = operation.requestBody?.content?.['application/json']?.schema;
  if (body !== undefined)
    inside.append(element('h3', { textContent: 'Body' }), element('pre', { textContent: shape(body) }));
  for (const [status, { description, content = {} }] of Object.entries(operation.responses)) {
    inside.append(
      element('h3', { textContent: `${status === 'default' ? 'Errors' : status}: ${description ?? ''}` }),
    );
    for (const [type, { schema }] of Object.entries(content))
      inside.append(element('pre', { textContent: `${type}\n${shape(schema)}` }));
  }
  inside.append(
    element('h3', { textContent: 'From a shell' }),
    element('pre', { textContent: curlLine(method, path, operation) }),
  );
  if (method === 'get') {
    const output = element('pre', { className: 'answer', hidden: true });
    const button = element('button', { type: 'button', textContent: 'Try it' });
    button.addEventListener('click', () => tryIt(addressOf(path, inputs), output));
    inside.append(button, output);
  }
  const summary = element(
    'summary',
    {},
    element('span', { className: 'method', textContent: method.toUpperCase() }),
    element('span', { className: 'path', textContent: path }),
    element('span', { className: 'dim', textContent: operation.summary ?? '' }),
  );
  const made = element('details', { id: operation.operationId ?? '' }, summary, inside);
  made.dataset.text = `${method} ${path} ${operation.summary ?? ''}`.toLowerCase();
  return made;
}

function socketEntry({ path, summary, token_required }) {
  const made = element(
    'details',
    {},
    element(
      'summary',
      {},
      element('span', { className: 'method', textContent: 'WS' }),
      element('span', { className: 'path', textContent: path }),
      element('span', { className: 'dim', textContent: summary + (token_required ? ' (token needed)' : '') }),
    ),
  );
  made.dataset.text = `ws websocket ${path} ${summary}`.toLowerCase();
  return made;
}

function show(api) {
  document.getElementById('about').textContent = `Version ${api.info.version}. ${api.info.description ?? ''}`;
  const groups = new Map(
    (api.tags ?? []).map(({ name, description }) => [name, { description, entries: [] }]),
  );
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = operation.tags?.[0] ?? 'other';
      if (!groups.has(tag)) groups.set(tag, { description: '', entries: [] });
      groups.get(tag).entries.push(endpoint(path, method, operation));
    }
  }
  const sockets = api['x-websockets'] ?? [];
  if (sockets.length > 0)
    groups.set('WebSocket', {
      description: 'Conversations in JSON messages.',
      entries: sockets.map(socketEntry),
    });
  list.replaceChildren();
  for (const [name, { description, entries }] of groups) {
    if (entries.length === 0) continue;
    const heading = element(
      'h2',
      {},
      `${name} `,
      element('span', { className: 'dim', textContent: description }),
    );
    list.append(element('section', {}, heading, ...entries));
  }
  const schemas = Object.entries(api.components?.schemas ?? {}).map(([name, schema]) =>
    element(
      'details',
      { id: `schema-${name}` },
      element('summary', {}, element('code', { textContent: name })),
      element('div', { className: 'inside' }, element('pre', { textContent: shape(schema) })),
    ),
  );
  document.getElementById('schemas').append(element('h2', { textContent: 'Schemas' }), ...schemas);
}

search.addEventListener('input', () => {
  const words = search.value.toLowerCase().split(/\s+/);
  for (const entry of list.querySelectorAll('details'))
    entry.hidden = !words.every((word) => entry.dataset.text.includes(word));
  for (const section of list.querySelectorAll('section'))
    section.hidden = !section.querySelector('details:not([hidden])');
});

fetch('/api/openapi.json')
  .then((response) => response.json())
  .then(show)
  .catch((error) => list.replaceChildren(`The description cannot be loaded: ${error}`));
