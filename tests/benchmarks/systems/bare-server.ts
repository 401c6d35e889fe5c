/** A process of `node:http` alone, which answers every request with ready-made bytes. */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { BareAnswers } from './bare.js';

process.once('message', (answers: BareAnswers) => {
  const server = createServer((request, response) => {
    const { headers, body } = request.method === 'GET' ? answers.get : answers.put;
    if (request.method === 'GET') {
      response.writeHead(200, headers);
      response.end(body);
      return;
    }
    request.resume();
    request.on('end', () => {
      response.writeHead(200, headers);
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    console.log((server.address() as AddressInfo).port);
  });
});
