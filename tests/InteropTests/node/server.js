// Serves grpc.testing.TestService with grpc-js until its standard input ends; prints {"port": N} once it listens.

import { setTimeout as sleep } from 'node:timers/promises';

import grpc from '@grpc/grpc-js';

import { testing } from './service.js';

const zeros = (size) => ({ payload: { body: Buffer.alloc(size) } });

/** Sends back the metadata that the test service echoes; returns the trailers. */
function echoMetadata(call) {
  const [initial] = call.metadata.get('x-grpc-test-echo-initial');
  if (initial !== undefined) {
    const headers = new grpc.Metadata();
    headers.set('x-grpc-test-echo-initial', initial);
    call.sendMetadata(headers);
  }
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get('x-grpc-test-echo-trailing-bin')) {
    trailers.add('x-grpc-test-echo-trailing-bin', value);
  }
  return trailers;
}

const statusOf = ({ response_status: status }) => status && { code: status.code, details: status.message };

async function reply(call, request) {
  for (const { size, interval_us: pause } of request.response_parameters) {
    if (pause > 0) {
      await sleep(pause / 1000);
    }
    call.write(zeros(size));
  }
}

const service = {
  EmptyCall(call, callback) {
    callback(null, {}, echoMetadata(call));
  },

  UnaryCall(call, callback) {
    const trailers = echoMetadata(call);
    const status = statusOf(call.request);
    if (status) {
      callback({ ...status, metadata: trailers });
    } else {
      callback(null, zeros(call.request.response_size), trailers);
    }
  },

  async StreamingOutputCall(call) {
    const trailers = echoMetadata(call);
    const status = statusOf(call.request);
    if (status) {
      call.emit('error', { ...status, metadata: trailers });
      return;
    }
    await reply(call, call.request);
    call.end(trailers);
  },

  StreamingInputCall(call, callback) {
    const trailers = echoMetadata(call);
    let sum = 0;
    call.on('data', (request) => { sum += request.payload.body.length; });
    call.on('error', () => {}); // the caller went away
    call.on('end', () => callback(null, { aggregated_payload_size: sum }, trailers));
  },

  async FullDuplexCall(call) {
    const trailers = echoMetadata(call);
    try {
      for await (const request of call.iterator({ destroyOnReturn: false })) {
        const status = statusOf(request);
        if (status) {
          call.emit('error', { ...status, metadata: trailers });
          return;
        }
        await reply(call, request);
      }
      call.end(trailers);
    } catch {
      // The caller went away.
    }
  },
};

const server = new grpc.Server();
server.addService(testing().TestService.service, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(JSON.stringify({ port }));
});
process.stdin.resume();
process.stdin.on('end', () => server.forceShutdown());
