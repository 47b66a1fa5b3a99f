// Looks at this project's server the way that orchestrators and generic tools do, with grpc-js: health v1, reflection v1 and v1alpha.
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
  }),
  onlyOnDemand,
);
