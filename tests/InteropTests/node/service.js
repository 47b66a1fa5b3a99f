// Services as @grpc/proto-loader sees them.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

/** A path below the root of the repository. */
export const repository = (...parts) => path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', ...parts);

/** Loads a .proto file and returns its packages' contents, nested by name. */
export function load(file, root) {
  return grpc.loadPackageDefinition(loader.loadSync(file, { includeDirs: [root], keepCase: true, longs: Number, enums: String, defaults: true }));
}

/** { TestService, UnimplementedService } client constructors. */
export const testing = () => load('interop_test.proto', repository('tests', 'InteropTests', 'protos')).grpc.testing;
