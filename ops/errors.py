"""The one tree of errors that people see, and the exit code of each.

SitewrightError
├── SpecError            2   the site spec is wrong
├── CredentialError      3   a key, passphrase or password is missing or wrong
├── DeployError          4   a resource, task or workload failed
├── NotFoundError        6   a site, node, stack or artifact of that name does not exist
├── ExpectationError     7   changes were found where none were expected
├── TimeoutExpiredError  9   something did not finish in its time
├── PrerequisiteError   10   the machine lacks something (root, memory, disk, a package, a registry)
├── LockedError         11   another run holds the site or the cache
├── UnreachableError    12   a host does not answer
├── HostKeyError        13   a host answers with another key than the pinned one
├── DiskFullError       14   no space left
├── PortInUseError      15   an address and port that the site needs is taken
├── IntegrityError      16   a file, artifact or signature is not what was recorded
└── BudgetError         17   maintenance would take away more than the site can spare

1 is any other failure, 8 and 130 are a cancelled run, 70 is a defect in sitewright itself.
Codes 1 to 9 mean what they mean to the Pulumi CLI (exit codes since v3.226.1).
"""

from __future__ import annotations


class SitewrightError(Exception):
    """Say what happened, where, and how to mend it: three lines for a person."""

    exit_code = 1
    code = "E-FAILED"

    def __init__(self, what: str, *, where: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        return f"error[{self.code}]: {self.what}\n  at {self.where}\n  mend: {self.mend}"


class SpecError(SitewrightError, ValueError):
    """The site spec cannot be used; nothing was changed."""

    exit_code = 2
    code = "E-SPEC"


class CredentialError(SitewrightError):
    """A key, passphrase or password is missing, unreadable or wrong."""

    exit_code = 3
    code = "E-CREDENTIAL"


class DeployError(SitewrightError, RuntimeError):
    """A resource, task or workload failed."""

    exit_code = 4
    code = "E-DEPLOY"


class NotFoundError(SitewrightError, LookupError):
    """No site, node, stack or artifact has that name."""

    exit_code = 6
    code = "E-NOT-FOUND"


class ExpectationError(SitewrightError):
    """Changes were found where none were expected."""

    exit_code = 7
    code = "E-EXPECTATION"


class TimeoutExpiredError(SitewrightError, TimeoutError):
    """Something did not finish in the time it was given."""

    exit_code = 9
    code = "E-TIMEOUT"


class PrerequisiteError(SitewrightError):
    """This machine lacks something that the work needs; nothing was changed."""

    exit_code = 10
    code = "E-PREREQUISITE"


class LockedError(SitewrightError):
    """Another run that is still alive holds the lock."""

    exit_code = 11
    code = "E-LOCKED"


class UnreachableError(SitewrightError, ConnectionError):
    """A host does not answer."""

    exit_code = 12
    code = "E-UNREACHABLE"


class HostKeyError(SitewrightError):
    """A host answers with a key that is not the pinned one."""

    exit_code = 13
    code = "E-HOST-KEY"


class DiskFullError(SitewrightError, OSError):
    """A file system has no space left."""

    exit_code = 14
    code = "E-DISK-FULL"


class PortInUseError(SitewrightError):
    """An address and port that the site needs is taken."""

    exit_code = 15
    code = "E-PORT-IN-USE"


class IntegrityError(SitewrightError):
    """A file, artifact or signature is not what was recorded."""

    exit_code = 16
    code = "E-INTEGRITY"


class BudgetError(SitewrightError):
    """Maintenance would take away more than the site can spare; nothing was changed."""

    exit_code = 17
    code = "E-BUDGET"
