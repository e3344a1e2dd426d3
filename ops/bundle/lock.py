"""The typed form of `bundle.lock.yml`: what the bundle holds, to the last version and checksum."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import yaml

from ops import errors

DIRECTORY = Path(__file__).resolve().parent
FILE = DIRECTORY / "bundle.lock.yml"
CILIUM_VALUES = DIRECTORY / "cilium.values.yml"

Suite = Literal["trixie", "bookworm"]
SUITES: tuple[Suite, ...] = ("trixie", "bookworm")


class Part(pydantic.BaseModel):
    """A frozen piece of the lock that refuses unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Expect(Part):
    """What an artifact costs; shown as expected time and checked against free space, never enforced."""

    seconds: float
    bytes: int


class Toolchain(Part):
    """Go itself, for machines without one."""

    minimum: str
    """The oldest Go of the machine's own that will do, as major.minor."""
    wheel: str
    """'name==version' on PyPI."""
    wheel_sha256: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$")]
    expect: Expect


class Program(Part):
    """One program of a Go module."""

    output: str
    package: str
    variables: dict[str, str] = {}
    """Go variables that the linker sets (`-X`), such as the version that the program reports."""


class Programs(Part):
    """Programs built from one Go module."""

    module: str
    """`path@version`, built in the module's own directory, or a directory beside the lock file with its own go.sum."""
    sum: str | None = None
    """The module's h1 checksum, for `path@version`."""
    tags: tuple[str, ...] = ()
    build: tuple[Program, ...]
    links: dict[str, str] = {}
    """Further names of a program that acts by the name it is called with."""
    copy_: Annotated[tuple[str, ...], pydantic.Field(alias="copy")] = ()
    """Directories of the module that are kept beside the programs."""
    expect: Expect

    @pydantic.model_validator(mode="after")
    def _sum_where_needed(self) -> Programs:
        if ("@" in self.module) != (self.sum is not None):
            raise ValueError("a module named path@version carries its sum, a directory has its own go.sum")
        return self


class Debian(Part):
    """Package names of one suite, by what they are for."""

    prefer: tuple[str, ...] = ()
    """Packages that are taken wherever a dependency leaves the choice."""
    machine: tuple[str, ...]
    """On top of minbase in the root file system of a lab machine."""
    roles: tuple[str, ...]
    images: tuple[str, ...]
    """On top of the essential packages in the base layer of container images."""
    images_extra: tuple[str, ...]
    """Packages that are unpacked into a layer of their own: exactly these, nothing that they depend on."""
    expect: Expect


class Package(Part):
    """One Debian package that is made from built programs; named as the vendor's own repository names it."""

    name: str
    version: str
    summary: str
    like: str | None = None
    """The vendor's package that this stands for, absent where there is none."""
    depends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    source: str | None = None
    """The artifact that its programs come from."""
    install: dict[str, str] = {}
    """File of that artifact → path in the package."""
    links: dict[str, str] = {}
    """Link in the package → what it points to."""
    tree: str | None = None
    """Directory beside the lock file with files to ship as they are."""


class PlainLayer(Part):
    """A layer of files from one artifact."""

    source: str
    install: dict[str, str]
    """File or directory of the artifact → path in the image, without a leading slash."""
    links: dict[str, str] = {}
    """Link in the image → what it points to."""
    expect: Expect


class Image(Part):
    """One container image."""

    tag: str
    layers: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    """Artifacts that hold the layers, lowest first."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    user: str = ""
    directory: str = ""


class Weights(Part):
    """A model whose weights lie in a wheel."""

    wheels: str
    """Lock file of wheels that names the wheel."""
    wheel: str
    """'name==version', spelt as in the wheel's file name."""
    path: str
    """Weights inside the wheel."""
    file: str
    """Name of the weights in the image."""
    digest: Annotated[str, pydantic.Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    """sha256 of the canonical manifest, as the site spec names it."""


class Lock(Part):
    """All of it."""

    schema_version: Literal[1]
    versions: dict[str, str]
    """What a site may ask for by `versions` in its spec, and what else is worth knowing."""
    host_packages: tuple[str, ...]
    debian_moment: datetime.date
    """Names the state of Debian's suites that the bundle holds; a later day takes their newest packages."""
    go: Toolchain
    programs: dict[str, Programs]
    debian: dict[Suite, Debian]
    packages: tuple[Package, ...]
    wheels: dict[str, Expect]
    """Lock files in `locks/` and what their wheels cost to fetch."""
    models: dict[str, Weights]
    layers: dict[str, PlainLayer]
    images: dict[str, Image]


def load(path: Path = FILE) -> Lock:
    """Return the lock. Raise IntegrityError with every fault when the file does not fit its form."""
    try:
        return Lock.model_validate(yaml.safe_load(path.read_text()))
    except (yaml.YAMLError, pydantic.ValidationError) as error:
        raise errors.IntegrityError(
            f"the bundle's lock file is not valid: {error}",
            where=str(path),
            mend="restore the file from the repository",
        ) from error
