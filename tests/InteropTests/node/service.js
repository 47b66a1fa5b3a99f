// The interoperability test service as @grpc/proto-loader sees it.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const protos = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'protos');

/** Loads a .proto file and returns its packages' contents, nested by name. */
export function load(file, root = protos) {
  return grpc.loadPackageDefinition(loader.loadSync(file, { includeDirs: [root], keepCase: true, longs: Number, enums: String, defaults: true }));
}

/** { TestService, UnimplementedService } client constructors. */
export const testing = () => load('interop_test.proto').grpc.testing;
