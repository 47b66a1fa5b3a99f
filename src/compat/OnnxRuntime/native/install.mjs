// Puts the ONNX Runtime native library of one platform at a path:   node install.mjs <rid> <destination file>
//
// 1. npm ci into a staging folder of this process's own; npm checks every package against the hashes of the lock file
//    and takes them from whichever registry (or cache) the machine is configured for. No package script runs.
// 2. Copy the one file that is wanted beside its destination, then rename it into place: a build that looks at the same
//    moment sees either no file or the whole one, and of several builds at once the last rename wins with equal bytes.
// 3. Remove the staging folder: the packages hold every platform, 290 MB of which one file is kept.
//
// Exit codes: 0 the file is there, 1 it could not be fetched (npm's own words are above), 2 no library for that platform.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const libraries = {
  'linux-x64': 'linux/x64/libonnxruntime.so.1',
  'linux-arm64': 'linux/arm64/libonnxruntime.so.1',
  'osx-arm64': 'darwin/arm64/libonnxruntime.1.dylib',
  'win-x64': 'win32/x64/onnxruntime.dll',
};

const [rid, destination] = process.argv.slice(2);
if (!rid || !destination || !Object.hasOwn(libraries, rid)) {
  console.error(`No ONNX Runtime library for the platform '${rid}'; there is one for ${Object.keys(libraries).join(', ')}.`);
  process.exit(2);
}

const source = dirname(fileURLToPath(import.meta.url));
const folder = dirname(destination);
mkdirSync(folder, { recursive: true });
const staging = mkdtempSync(join(folder, '.staging-'));
try {
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(join(source, file), join(staging, file));
  }
  console.log(`Fetching the ONNX Runtime library for ${rid} (npm package onnxruntime-node, once)`);
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: staging,
    stdio: 'inherit',
    shell: process.platform === 'win32', // npm is a .cmd file there
  });
  if (npm.error) {
    console.error(`npm did not start: ${npm.error.message}`);
  }
  if (npm.status !== 0) {
    process.exitCode = 1;
  } else {
    const whole = join(staging, 'library');
    copyFileSync(join(staging, 'node_modules/onnxruntime-node/bin/napi-v6', libraries[rid]), whole);
    try {
      renameSync(whole, destination);
    } catch (error) {
      // Windows does not replace a file that a process has loaded; another build then put the same file there.
      if (!existsSync(destination)) {
        throw error;
      }
    }
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}
