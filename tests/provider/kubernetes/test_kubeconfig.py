from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import pytest
import yaml

from ops import errors
from ops.provider.kubernetes import kubeconfig


def text(server: str = "https://127.0.0.1:7443", key: str = "planted-key") -> str:
    data = base64.b64encode(key.encode()).decode()
    return yaml.safe_dump(
        {
            "current-context": "site",
            "clusters": [{"name": "site", "cluster": {"server": server, "certificate-authority-data": data}}],
            "users": [{"name": "admin", "user": {"client-key-data": data, "client-certificate-data": data}}],
            "contexts": [
                {"name": "site", "context": {"cluster": "site", "user": "admin"}},
                {"name": "other", "context": {"cluster": "elsewhere", "user": "admin"}},
            ],
        }
    )


def test_keys_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = kubeconfig.load(text(), None)
    assert client.configuration.host == "https://127.0.0.1:7443"
    assert Path(client.configuration.key_file).read_text() == "planted-key"
    assert list(tmp_path.iterdir()) == []


def test_a_path_is_read(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text())
    assert kubeconfig.load(str(file), None).configuration.host == "https://127.0.0.1:7443"


@pytest.mark.parametrize("wrong", ["", "no such file", "- a\n- b\n", "a: [\n"])
def test_what_is_no_kubeconfig_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(errors.CredentialError, match="the kubeconfig cannot be used"):
        kubeconfig.load(wrong, None)


def test_a_context_that_is_not_there_is_refused() -> None:
    with pytest.raises(errors.CredentialError, match="nowhere"):
        kubeconfig.load(text(), "nowhere")


def test_the_server_is_that_of_the_context() -> None:
    assert kubeconfig.server(text(), None) == "https://127.0.0.1:7443"
    assert kubeconfig.server(text(), "other") == ""
