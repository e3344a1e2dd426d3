from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ops import errors
from ops.bundle import catalogue, golang, lock, recipe

_TEXT = lock.FILE.read_text()


def test_every_need_of_every_recipe_is_made_before_it() -> None:
    recipes = catalogue.recipes(lock.load())
    assert len(recipe.keys(recipes)) == len(recipes)


def test_the_bundle_is_whole_on_a_machine_without_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golang, "host_go", lambda minimum: None)
    recipes = catalogue.recipes(lock.load())
    assert recipe.by_name(recipes, "bin-kube").needs == (golang.TOOLCHAIN,)
    assert len(recipe.keys(recipes)) == len(recipes)


def test_what_a_site_needs_is_wanted_and_steps_on_the_way_are_not() -> None:
    wanted = catalogue.wanted(catalogue.recipes(lock.load()))
    assert {"apt", "machine-trixie", "images/triton", "models/smollm2", "manifests", "index", "bin-pulumi"} <= {*wanted}
    assert not [name for name in wanted if name.startswith(("layer-", "wheels-", "debian-", "root-"))]


def test_the_images_that_kubeadm_asks_for_are_there_under_its_tags() -> None:
    # kubeadm 1.36.3, cmd/kubeadm/app/constants/constants.go.
    expected = {
        "images/kube-apiserver": "v1.36.3",
        "images/kube-controller-manager": "v1.36.3",
        "images/kube-scheduler": "v1.36.3",
        "images/kube-proxy": "v1.36.3",
        "images/coredns": "v1.14.2",
        "images/etcd": "3.6.8-0",
        "images/pause": "3.10.2",
    }
    tags = {name: image.tag for name, image in lock.load().images.items()}
    assert expected.items() <= tags.items()


def test_every_package_that_the_roles_install_by_a_vendors_name_says_whose_it_is() -> None:
    assert {package.name: package.like for package in lock.load().packages if package.like} == {
        "kubeadm": "pkgs.k8s.io kubeadm",
        "kubelet": "pkgs.k8s.io kubelet",
        "kubectl": "pkgs.k8s.io kubectl",
        "kubernetes-cni": "pkgs.k8s.io kubernetes-cni",
        "containerd.io": "download.docker.com containerd.io",
    }


@pytest.mark.parametrize(
    ("found", "changed", "complaint"),
    [
        ("schema_version: 1", "schema_version: 2", "schema_version"),
        ("    sum: h1:Mg3SXBdRGkdXyFC4lcwr6u2ZB2SDeL6LC3U+QrEANuQ=\n", "", "carries its sum"),
        ("module: go/pause", "module: go/pause\n    sum: h1:x", "has its own go.sum"),
        ("wheel_sha256: ", "wheel_sha256: x", "wheel_sha256"),
        ("debian_moment: ", "debian_instant: ", "debian_instant"),
        ("programs:", "programs: [", "not valid"),
    ],
)
def test_a_wrong_lock_is_refused_with_the_place(found: str, changed: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "lock.yml"
    assert found in _TEXT
    path.write_text(_TEXT.replace(found, changed, 1))
    with pytest.raises(errors.IntegrityError, match=complaint) as caught:
        lock.load(path)
    assert caught.value.where == str(path)


def test_the_lock_names_no_host_to_download_from() -> None:
    names = yaml.safe_dump(yaml.safe_load(_TEXT))
    assert "http:" not in names
    assert "https:" not in names
