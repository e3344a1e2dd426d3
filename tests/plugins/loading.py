"""Modules of Ansible as Ansible finds them: by their path."""

from __future__ import annotations

import importlib.util
import types

from ops.spec import places


def load(name: str) -> types.ModuleType:
    """Return the module of that name under plugins/modules."""
    path = places.PROJECT_ROOT / "plugins" / "modules" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
