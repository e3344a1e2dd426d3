# What people type. Every target sets up what it needs; see README.md.
SITE ?= lab
export SITE

.PHONY: site destroy drill test check soak bench fix setup
site: setup
	@.venv/bin/sitewright site up $(SITE)

destroy: setup
	@.venv/bin/sitewright site destroy $(SITE) --yes

# A backup, then the drills that are safe on a running site, then what they measured.
drill: setup
	@.venv/bin/sitewright backup $(SITE)
	@.venv/bin/sitewright drill run control-plane-restore $(SITE)
	@.venv/bin/sitewright drill run model-restore $(SITE)
	@.venv/bin/sitewright drill report $(SITE)

check: setup
	@.venv/bin/python -m tests.tiers check

test: setup
	@.venv/bin/python -m tests.tiers test

soak: setup
	@.venv/bin/python -m tests.tiers soak

bench: setup
	@.venv/bin/python -m tests.tiers bench

fix: setup
	@.venv/bin/ruff check --fix ops stacks plugins tests
	@.venv/bin/ruff format ops stacks plugins tests

setup:
	@python3 -m ops.cli.bootstrap
