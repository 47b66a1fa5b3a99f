// Runs the interoperability cases with grpc-js against any server of grpc.testing.TestService.
// Usage: node client.js --address HOST:PORT [--case NAME]

import assert from 'node:assert/strict';
import { once } from 'node:events';

import grpc from '@grpc/grpc-js';

import { deadline, failsWith, runCases } from './cases.js';
import { testing } from './service.js';

const GZIP = { 'grpc.default_compression_algorithm': 2 };
const NO_COMPRESSION = 2; // the message flag; grpc-js declares it, and exports no name for it
const STREAM_SIZES = [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]]; // [request, response] bytes

const { TestService, UnimplementedService } = testing();

const payload = (size) => ({ body: Buffer.alloc(size) });
const largeRequest = (fields) => ({ response_size: 314159, payload: payload(271828), ...fields });
const duplexRequest = ([requestSize, responseSize]) => ({ response_parameters: [{ size: responseSize }], payload: payload(requestSize) });

function assertZeros(response, size) {
  assert.ok(response.payload.body.equals(Buffer.alloc(size)), `payload of ${response.payload.body.length} bytes, expected ${size} zeros`);
}

/** Metadata that asks our server to keep the compressed flags of the call's messages, which grpc-js does not show. */
function watched(name) {
  const metadata = new grpc.Metadata();
  metadata.set('x-interop-case', name);
  return metadata;
}

/** A unary call: {response, headers, trailers}, or throws the status. */
function unary(client, method, request, metadata = new grpc.Metadata(), options = {}) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const finish = () => 'trailers' in seen && 'response' in seen && resolve(seen);
    const call = client[method](request, metadata, { ...deadline(), ...options }, (error, response) => {
      if (error) {
        reject(error);
      } else {
        seen.response = response;
        finish();
      }
    });
    call.on('metadata', (headers) => { seen.headers = headers; });
    call.on('status', (status) => { seen.trailers = status.metadata; finish(); });
  });
}

/** A client-streaming call: {call, response}; response is a promise. */
function upload(client, metadata = new grpc.Metadata(), options = {}) {
  let call;
  const response = new Promise((resolve, reject) => {
    call = client.StreamingInputCall(metadata, { ...deadline(), ...options }, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
  return { call, response };
}

/** An interceptor that marks the messages picked by their number (from 0) as not to be compressed. */
const uncompressed = (picks) => (options, nextCall) => {
  const next = nextCall(options);
  const send = next.sendMessageWithContext.bind(next);
  let number = 0;
  next.sendMessageWithContext = (context, message) => send(picks(number++) ? { ...context, flags: NO_COMPRESSION } : context, message);
  return new grpc.InterceptingCall(next);
};

const cases = {
  async empty_unary({ client }) {
    assert.deepEqual((await unary(client, 'EmptyCall', {})).response, {});
  },

  async large_unary({ client }) {
    assertZeros((await unary(client, 'UnaryCall', largeRequest())).response, 314159);
  },

  async client_streaming({ client }) {
    const { call, response } = upload(client);
    for (const [size] of STREAM_SIZES) {
      call.write({ payload: payload(size) });
    }
    call.end();
    assert.equal((await response).aggregated_payload_size, 74922);
  },

  async server_streaming({ client }) {
    const sizes = STREAM_SIZES.map(([, size]) => size);
    const call = client.StreamingOutputCall({ response_parameters: sizes.map((size) => ({ size })) }, deadline());
    const received = await call.map((response) => response.payload.body.length).toArray();
    assert.deepEqual(received, sizes);
  },

  async ping_pong({ client }) {
    const call = client.FullDuplexCall(deadline());
    const responses = call[Symbol.asyncIterator]();
    for (const sizes of STREAM_SIZES) {
      call.write(duplexRequest(sizes));
      assertZeros((await responses.next()).value, sizes[1]);
    }
    call.end();
    assert.equal((await responses.next()).done, true);
  },

  async empty_stream({ client }) {
    const call = client.FullDuplexCall(deadline());
    call.end();
    assert.deepEqual(await call.toArray(), []);
  },

  async cancel_after_begin({ client }) {
    const { call, response } = upload(client);
    call.cancel();
    await assert.rejects(response, failsWith(grpc.status.CANCELLED));
  },

  async cancel_after_first_response({ client }) {
    const call = client.FullDuplexCall(deadline());
    const ended = once(call, 'end').catch((error) => error);
    call.write(duplexRequest(STREAM_SIZES[0]));
    const [response] = await once(call, 'data');
    assertZeros(response, STREAM_SIZES[0][1]);
    call.cancel();
    failsWith(grpc.status.CANCELLED)(await ended);
  },

  async timeout_on_sleeping_server({ client }) {
    const call = client.FullDuplexCall(deadline(1));
    call.write({ payload: payload(27182) });
    await assert.rejects(call.toArray(), failsWith(grpc.status.DEADLINE_EXCEEDED));
  },

  async custom_metadata({ client }) {
    const sent = new grpc.Metadata();
    sent.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
    sent.set('x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
    const check = (headers, trailers) => {
      assert.deepEqual(headers.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
      assert.deepEqual(trailers.get('x-grpc-test-echo-trailing-bin'), [Buffer.from([0xab, 0xab, 0xab])]);
    };

    const { headers, trailers } = await unary(client, 'UnaryCall', largeRequest(), sent);
    check(headers, trailers);

    const call = client.FullDuplexCall(sent, deadline());
    const ends = Promise.all([once(call, 'metadata'), once(call, 'status'), call.toArray()]);
    call.end(duplexRequest([271828, 314159]));
    const [[initial], [status], [response]] = await ends;
    assertZeros(response, 314159);
    check(initial, status.metadata);
  },

  async status_code_and_message({ client }) {
    const status = { code: 2, message: 'test status message' };
    await assert.rejects(unary(client, 'UnaryCall', { response_status: status }), failsWith(status.code, status.message));
    const call = client.FullDuplexCall(deadline());
    call.end({ response_status: status });
    await assert.rejects(call.toArray(), failsWith(status.code, status.message));
  },

  async special_status_message({ client }) {
    const status = { code: 2, message: '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n' };
    await assert.rejects(unary(client, 'UnaryCall', { response_status: status }), failsWith(status.code, status.message));
  },

  async unimplemented_method({ client }) {
    await assert.rejects(unary(client, 'UnimplementedCall', {}), failsWith(grpc.status.UNIMPLEMENTED));
  },

  async unimplemented_service({ absent }) {
    await assert.rejects(unary(absent, 'UnimplementedCall', {}), failsWith(grpc.status.UNIMPLEMENTED));
  },

  async client_compressed_unary({ client, gzip }) {
    const call = (on, expected, options) =>
      unary(on, 'UnaryCall', largeRequest({ expect_compressed: { value: expected } }), watched('client_compressed_unary'), options);
    await assert.rejects(call(client, true), failsWith(grpc.status.INVALID_ARGUMENT));
    assertZeros((await call(gzip, true)).response, 314159);
    assertZeros((await call(gzip, false, { interceptors: [uncompressed(() => true)] })).response, 314159);
  },

  async server_compressed_unary({ client }) {
    for (const value of [true, false]) {
      assertZeros((await unary(client, 'UnaryCall', largeRequest({ response_compressed: { value } }), watched('server_compressed_unary'))).response, 314159);
    }
  },

  async client_compressed_streaming({ client, gzip }) {
    const request = (size, value) => ({ payload: payload(size), expect_compressed: { value } });
    const probe = upload(client, watched('client_compressed_streaming'));
    probe.call.end(request(27182, true));
    await assert.rejects(probe.response, failsWith(grpc.status.INVALID_ARGUMENT));

    const { call, response } = upload(gzip, watched('client_compressed_streaming'), { interceptors: [uncompressed((number) => number === 1)] });
    call.write(request(27182, true));
    call.end(request(45904, false));
    assert.equal((await response).aggregated_payload_size, 73086);
  },

  async server_compressed_streaming({ client }) {
    const wanted = [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }];
    const call = client.StreamingOutputCall({ response_parameters: wanted }, watched('server_compressed_streaming'), deadline());
    const received = await call.map((response) => response.payload.body.length).toArray();
    assert.deepEqual(received, [31415, 92653]);
  },
};

await runCases(cases, (address, credentials) => ({
  client: new TestService(address, credentials),
  gzip: new TestService(address, credentials, GZIP),
  absent: new UnimplementedService(address, credentials),
}));
