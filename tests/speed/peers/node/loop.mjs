// The loop of the Runtime API. AWS's own, aws-lambda-ric, does more for each call, and needs a C++ compiler to be installed.
import http from 'node:http';
import { handler } from './index.mjs';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function request(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` };
    if (body !== undefined) options.headers = { 'Content-Length': Buffer.byteLength(body) };
    const sent = http.request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

for (;;) {
  const { headers, body } = await request('GET', 'next');
  const id = headers['lambda-runtime-aws-request-id'];
  try {
    await request('POST', `${id}/response`, JSON.stringify(await handler(JSON.parse(body))));
  } catch (error) {
    await request('POST', `${id}/error`, JSON.stringify({ errorMessage: String(error) }));
  }
}
