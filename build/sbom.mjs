// Writes a bill of materials of everything that is locked: NuGet packages, npm packages and the native ONNX Runtime. CycloneDX 1.6 as JSON.
// Reads nothing but files of this folder and of the package cache, so it works without a network; the same commit gives the same file.
// usage: node build/sbom.mjs [--out FILE]      exit code 1, and a list, where a package is not pinned by a hash
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const option = process.argv.indexOf('--out');
const out = option < 0 ? join(root, 'artifacts', 'sbom.json') : process.argv[option + 1];
const skipped = new Set(['artifacts', '.local', '.git', 'node_modules', 'bin', 'obj']);
const components = new Map(), dependencies = new Map(), unpinned = [];

const find = (folder, name) => readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? (skipped.has(entry.name) ? [] : find(join(folder, entry.name), name)) : entry.name === name ? [join(folder, entry.name)] : []);
const json = file => JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
const hexOf = base64 => Buffer.from(base64, 'base64').toString('hex');
const git = (...args) => { try { return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim(); } catch { return ''; } };

function add(purl, type, name, version, hash, license, isProduct, file) {
  const known = components.get(purl);
  const component = known ?? { type, 'bom-ref': purl, name, version, scope: 'excluded', purl };
  if (!known) components.set(purl, component);
  if (isProduct) component.scope = 'required'; // What only tests and builds use is 'excluded'.
  if (hash) component.hashes = [hash];
  else if (!component.hashes) unpinned.push(`${name} ${version} (${relative(root, file)})`);
  if (license) component.licenses = [license];
}

// NuGet: names differ in letters' case between files; the cache has the licences.
const cache = process.env.NUGET_PACKAGES ?? join(homedir(), '.nuget', 'packages');
function licenseOf(name, version) {
  const file = join(cache, name.toLowerCase(), version.toLowerCase(), `${name.toLowerCase()}.nuspec`);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const expression = text.match(/<license type="expression">([^<]+)</)?.[1].trim();
  if (expression) return /[ ()]/.test(expression) ? { expression } : { license: { id: expression } };
  const url = text.match(/<licenseUrl>([^<]+)</)?.[1].trim();
  return url ? { license: { name: 'see url', url } } : undefined;
}

const nuget = (name, version) => `pkg:nuget/${name}@${version}`;
for (const file of find(root, 'packages.lock.json')) {
  for (const packages of Object.values(json(file).dependencies)) {
    const locked = Object.entries(packages).filter(([, entry]) => entry.type !== 'Project');
    const versions = new Map(locked.map(([name, entry]) => [name.toLowerCase(), [name, entry.resolved]]));
    for (const [name, entry] of locked) {
      const purl = nuget(name, entry.resolved);
      add(purl, 'library', name, entry.resolved, entry.contentHash && { alg: 'SHA-512', content: hexOf(entry.contentHash) }, licenseOf(name, entry.resolved), relative(root, file).startsWith('src'), file);
      const on = dependencies.get(purl) ?? new Set();
      for (const other of Object.keys(entry.dependencies ?? {})) {
        const found = versions.get(other.toLowerCase());
        if (found) on.add(nuget(...found));
      }
      dependencies.set(purl, on);
    }
  }
}

for (const file of find(root, 'package-lock.json')) {
  for (const [path, entry] of Object.entries(json(file).packages)) {
    if (path === '' || entry.link) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const [algorithm, digest] = (entry.integrity ?? '').split(' ')[0].split(/-(.*)/s);
    const hash = digest && { alg: algorithm.replace('sha', 'SHA-'), content: hexOf(digest) };
    add(`pkg:npm/${name.replace('@', '%40')}@${entry.version}`, 'library', name, entry.version, hash, entry.license && (/[ ()]/.test(entry.license) ? { expression: entry.license } : { license: { id: entry.license } }), relative(root, file).startsWith('src'), file);
  }
}

// The native library itself, where a build has brought it.
const native = join(root, '.local', 'onnxruntime');
const libraries = folder => existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).flatMap(entry => entry.isDirectory() ? libraries(join(folder, entry.name)) : [join(folder, entry.name)]) : [];
for (const file of libraries(native).filter(path => /onnxruntime[^/]*\.(so|dylib|dll)/.test(path)).sort()) {
  const [version] = relative(native, file).split('/');
  const purl = `pkg:generic/${relative(native, file).replaceAll('/', '-')}@${version}`;
  add(purl, 'file', relative(native, file), version, { alg: 'SHA-256', content: createHash('sha256').update(readFileSync(file)).digest('hex') }, { license: { id: 'MIT' } }, true, file);
}

const sorted = [...components.values()].sort((a, b) => a.purl < b.purl ? -1 : 1);
const product = { type: 'application', 'bom-ref': 'inference', name: 'inference', version: git('describe', '--always', '--dirty') || 'unknown', licenses: [{ license: { id: 'Apache-2.0' } }] };
const seed = createHash('sha256').update(JSON.stringify([product, sorted])).digest('hex');
const bom = {
  bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
  serialNumber: `urn:uuid:${seed.slice(0, 8)}-${seed.slice(8, 12)}-5${seed.slice(13, 16)}-a${seed.slice(17, 20)}-${seed.slice(20, 32)}`,
  metadata: { timestamp: git('log', '-1', '--format=%cI') || undefined, component: product, properties: [{ name: 'dotnet:sdk', value: json(join(root, 'global.json')).sdk?.version ?? '' }] },
  components: sorted,
  dependencies: [
    { ref: 'inference', dependsOn: sorted.filter(one => one.scope === 'required').map(one => one.purl) },
    ...[...dependencies].sort(([a], [b]) => a < b ? -1 : 1).map(([ref, on]) => ({ ref, dependsOn: [...on].sort() })),
  ],
};
mkdirSync(dirname(resolve(out)), { recursive: true });
writeFileSync(out, JSON.stringify(bom, null, 2) + '\n');
const nameless = sorted.filter(one => !one.licenses).length;
console.log(`${out}: ${sorted.length} components, ${sorted.filter(one => one.scope === 'required').length} of them in the product; ${nameless} without a known licence`);
if (unpinned.length > 0) {
  console.error(`not pinned by a hash:\n  ${unpinned.join('\n  ')}`);
  process.exit(1);
}
