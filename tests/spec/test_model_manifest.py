from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import yaml

from ops import spec
from ops.bundle import modellayer
from ops.spec import places


def test_the_program_on_the_page_computes_the_digest_that_the_bundle_computes(tmp_path: Path) -> None:
    page = (places.PROJECT_ROOT / "docs" / "reference" / "model-manifest.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    files = {"b.gguf": b"weights", "a/config.json": b"{}", "a.txt": b""}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    ended = subprocess.run([sys.executable, "-c", program, tmp_path], check=True, capture_output=True, text=True)
    text = modellayer.manifest({name: tmp_path / name for name in files})
    assert ended.stdout == f"size: 9\ndigest: sha256:{hashlib.sha256(text.encode()).hexdigest()}\n"


def test_the_labs_ask_for_the_model_that_the_bundle_holds() -> None:
    lock = yaml.safe_load((places.PROJECT_ROOT / "ops" / "bundle" / "bundle.lock.yml").read_text())
    for path in places.PROJECT_ROOT.glob("inventory/lab*/site.yml"):
        for model in spec.load(path).models:
            assert model.digest == lock["models"][model.name]["digest"]
            assert model.path == lock["models"][model.name]["path"]
