"""Compiles .proto files with protoc and grpc_python_plugin, and imports what comes out."""

import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile


def compile_protos(root, *files):
    """Imports the (messages, services) modules of each file; files are paths relative to root."""
    plugin = shutil.which("grpc_python_plugin")
    with tempfile.TemporaryDirectory(prefix="interop-stubs-") as out:
        subprocess.run(
            ["protoc", f"-I{root}", f"--plugin=protoc-gen-grpc_python={plugin}", f"--python_out={out}", f"--grpc_python_out={out}", *files],
            check=True,
            timeout=20,
        )
        sys.path.insert(0, out)
        sys.dont_write_bytecode = True
        try:
            return [_modules(file) for file in files]
        finally:
            sys.path.remove(out)


def _modules(file):
    name = str(pathlib.PurePosixPath(file).with_suffix("")).replace("/", ".")
    return importlib.import_module(f"{name}_pb2"), importlib.import_module(f"{name}_pb2_grpc")


REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def test_service():
    """The (messages, services) modules of the interoperability test service."""
    return compile_protos(REPOSITORY / "tests" / "InteropTests" / "protos", "interop_test.proto")[0]
