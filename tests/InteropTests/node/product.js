// Looks at this project's server the way that orchestrators and generic tools do, with grpc-js: health v1, reflection v1 and v1alpha, the Open Inference Protocol.
// Usage: node product.js --address HOST:PORT [--case NAME]

import assert from 'node:assert/strict';
import { promisify } from 'node:util';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

import { deadline, failsWith, report, runCases } from './cases.js';
import { load, repository } from './service.js';

const SERVICES = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'inference.GRPCInferenceService',
  'recsys.v1.CatalogService',
  'recsys.v1.EventService',
  'recsys.v1.ModelService',
  'recsys.v1.RecommendationService',
  'recsys.v1.StateService',
];

const product = (file) => load(file, repository('protos')).grpc;
const { Health } = product('grpc/health/v1/health.proto').health.v1;
const Reflection = {
  v1: product('grpc/reflection/v1/reflection.proto').reflection.v1.ServerReflection,
  v1alpha: product('grpc/reflection/v1alpha/reflection.proto').reflection.v1alpha.ServerReflection,
};

const { GRPCInferenceService } = load('inference/grpc_inference_service.proto', repository('protos')).inference;
const { RecommendationService } = load('recsys/v1/recommendation_service.proto', repository('protos')).recsys.v1;

const check = (health, service) => promisify(health.Check.bind(health))({ service }, deadline());

/** Reads the next state of a Watch. */
const next = async (states) => (await states.next()).value.status;

/** Asks one question in one call. */
async function ask(reflection, question) {
  const call = reflection.ServerReflectionInfo(deadline());
  call.end(question);
  const answers = await call.toArray();
  assert.equal(answers.length, 1);
  return answers[0];
}

const files = async (reflection, question) => (await ask(reflection, question)).file_descriptor_response.file_descriptor_proto;

/** The file descriptor set of serialized files: field 1, length-delimited, of each. */
function descriptorSet(parts) {
  const varint = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([0x0a, ...varint(part.length)]), part]));
}

async function listServices(reflection) {
  const { service } = (await ask(reflection, { list_services: '' })).list_services_response;
  assert.deepEqual(service.map(({ name }) => name).sort(), SERVICES);
}

async function findFiles(reflection) {
  for (const symbol of ['recsys.v1.RecommendationService', 'recsys.v1.RecommendationService.Recommend', 'recsys.v1.RecommendRequest']) {
    const [file] = await files(reflection, { file_containing_symbol: symbol });
    assert.ok(file.includes('recsys/v1/recommendation_service.proto'), symbol);
  }
  const [feature] = await files(reflection, { file_by_filename: 'recsys/v1/feature.proto' });
  assert.ok(feature.includes('recsys/v1/feature.proto'));
  for (const question of [{ file_containing_symbol: 'recsys.v1.Nothing' }, { file_by_filename: 'nothing.proto' }]) {
    assert.equal((await ask(reflection, question)).error_response.error_code, grpc.status.NOT_FOUND);
  }
}

/** Datatype → the list of its elements, their number of bytes, and how they are written and read. */
const DATATYPES = {
  INT64: { field: 'int64_contents', size: 8, write: (bytes, value, at) => bytes.writeBigInt64LE(BigInt(value), at), read: (bytes, at) => Number(bytes.readBigInt64LE(at)) },
  FP32: { field: 'fp32_contents', size: 4, write: (bytes, value, at) => bytes.writeFloatLE(value, at), read: (bytes, at) => bytes.readFloatLE(at) },
};

/** Runs a model as clients of Triton (raw contents) and of KServe (typed contents) do; inputs are { name: [shape, elements] }. Gives { response, elements of its one output }. */
async function infer(models, name, raw, inputs) {
  const metadata = await promisify(models.ModelMetadata.bind(models))({ name }, deadline());
  const request = { model_name: name, id: '42', inputs: [], raw_input_contents: [] };
  for (const { name: input, datatype } of metadata.inputs) {
    const [shape, elements] = inputs[input];
    const { field, size, write } = DATATYPES[datatype];
    if (raw) {
      const bytes = Buffer.alloc(elements.length * size);
      elements.forEach((value, i) => write(bytes, value, i * size));
      request.raw_input_contents.push(bytes);
    }
    request.inputs.push({ name: input, datatype, shape, ...(raw ? {} : { contents: { [field]: elements } }) });
  }

  const response = await promisify(models.ModelInfer.bind(models))(request, deadline());
  assert.equal(response.id, '42');
  const [output] = response.outputs;
  const { field, size, read } = DATATYPES[output.datatype];
  const [content] = response.raw_output_contents;
  const elements = raw ? Array.from({ length: content.length / size }, (_, i) => read(content, i * size)) : output.contents[field];
  assert.equal(elements.length, output.shape.reduce((product, length) => product * length, 1));
  return { response, elements };
}

function assertClose(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-5, `element ${i}: ${value}, expected ${expected[i]}`));
}

/** The towers give by tensors what the server's own service gives by ids and features, which it encodes by the bundle's manifest: rows from 1 on, Italy is 3. */
async function infersWhatIsEmbedded({ models, recommendations: client }, raw) {
  const users = [{ context: { country: { string_value: 'Italy' } }, recent_item_ids: ['item-5', 'item-9'] }, { recent_item_ids: ['item-0', 'item-39'] }];
  const embedded = await promisify(client.EmbedUsers.bind(client))({ users }, deadline());
  const user = await infer(models, 'user_tower', raw, { history_ids: [[2, 2], [6, 10, 1, 40]], history_mask: [[2, 2], [1, 1, 1, 1]], country: [[2], [3, 0]] });
  assertClose(user.elements, embedded.embeddings.flatMap(({ values }) => values));

  const items = await promisify(client.EmbedItems.bind(client))({ items: [{ item_id: 'item-11' }] }, deadline());
  const item = await infer(models, 'item_tower', raw, { item_id: [[1], [12]] });
  assertClose(item.elements, items.embeddings[0].values);
  assert.equal(item.response.raw_output_contents.length, raw ? 1 : 0);
}

const cases = {
  async health_check({ health }) {
    for (const service of ['', ...SERVICES]) {
      assert.equal((await check(health, service)).status, 'SERVING', service);
    }
    await assert.rejects(check(health, 'nothing'), failsWith(grpc.status.NOT_FOUND));
  },

  async health_watch({ health }) {
    for (const [service, expected] of [['', 'SERVING'], ['recsys.v1.RecommendationService', 'SERVING'], ['nothing', 'SERVICE_UNKNOWN']]) {
      const call = health.Watch({ service }, deadline());
      const states = call[Symbol.asyncIterator]();
      assert.equal(await next(states), expected);
      call.cancel();
      await assert.rejects(next(states), failsWith(grpc.status.CANCELLED));
    }
  },

  reflection_v1_list_services: ({ v1 }) => listServices(v1),

  reflection_v1_find_files: ({ v1 }) => findFiles(v1),

  reflection_v1alpha_list_services: ({ v1alpha }) => listServices(v1alpha),

  reflection_v1alpha_find_files: ({ v1alpha }) => findFiles(v1alpha),

  // Knows nothing of the service but its name, as grpcurl does: the answer brings the imports along.
  async recommend_by_reflection({ v1, address, credentials }) {
    const descriptors = descriptorSet(await files(v1, { file_containing_symbol: 'recsys.v1.RecommendationService' }));
    const { recsys } = grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(descriptors, { keepCase: true, defaults: true }));
    const client = new recsys.v1.RecommendationService(address, credentials);
    const { items } = await promisify(client.Recommend.bind(client))({ user_id: 'somebody new', limit: 3 }, deadline());
    assert.equal(items.length, 3);
  },

  async open_inference_metadata({ models }) {
    assert.ok((await promisify(models.ServerLive.bind(models))({}, deadline())).live);
    assert.ok((await promisify(models.ServerReady.bind(models))({}, deadline())).ready);
    assert.ok((await promisify(models.ServerMetadata.bind(models))({}, deadline())).name);
    for (const [name, expected] of [['user_tower', true], ['small.item_tower', true], ['nothing', false]]) {
      assert.equal((await promisify(models.ModelReady.bind(models))({ name }, deadline())).ready, expected, name);
    }
    const metadata = await promisify(models.ModelMetadata.bind(models))({ name: 'user_tower' }, deadline());
    assert.deepEqual(metadata.inputs.map(({ name, datatype, shape }) => [name, datatype, shape]), [
      ['history_ids', 'INT64', [-1, -1]],
      ['history_mask', 'FP32', [-1, -1]],
      ['country', 'INT64', [-1]],
    ]);
    assert.deepEqual(metadata.outputs, [{ name: 'user_embedding', datatype: 'FP32', shape: [-1, 8] }]);
    assert.deepEqual([metadata.versions, metadata.platform], [['1'], 'onnxruntime_onnx']);
  },

  open_inference_raw: (clients) => infersWhatIsEmbedded(clients, true),

  open_inference_typed: (clients) => infersWhatIsEmbedded(clients, false),

  async open_inference_refusals({ models }) {
    await assert.rejects(
      infer(models, 'densenet', true, {}),
      failsWith(grpc.status.NOT_FOUND, "There is no model 'densenet'; there are 'user_tower', 'item_tower', 'small.user_tower', 'small.item_tower'."),
    );
    await assert.rejects(infer(models, 'item_tower', true, { item_id: [[3], [1, 2]] }), failsWith(grpc.status.INVALID_ARGUMENT, 'raw_input_contents[0]: has 16 bytes; INT64 [3] needs 24.'));
    await assert.rejects(infer(models, 'item_tower', true, { item_id: [[1], [41]] }), failsWith(grpc.status.INVALID_ARGUMENT));
  },
};

const onlyOnDemand = {
  // Waits for the server to stop.
  async health_watch_until_stopped({ health }) {
    const states = health.Watch({ service: '' }, deadline())[Symbol.asyncIterator]();
    assert.equal(await next(states), 'SERVING');
    report('health_watch_until_stopped', 'begun');
    assert.equal(await next(states), 'NOT_SERVING');
  },
};

await runCases(
  cases,
  (address, credentials) => ({
    address,
    credentials,
    health: new Health(address, credentials),
    v1: new Reflection.v1(address, credentials),
    v1alpha: new Reflection.v1alpha(address, credentials),
    models: new GRPCInferenceService(address, credentials),
    recommendations: new RecommendationService(address, credentials),
  }),
  onlyOnDemand,
);
