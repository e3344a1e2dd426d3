"""Start the gateway: `SITEWRIGHT_GATEWAY_CONFIG=FILE python3 -m gateway`.

Exit code 0 after SIGTERM or SIGINT, 2 when the configuration or the keys cannot be used, 1 when a port is taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from . import config, keys, server

_VARIABLE = "SITEWRIGHT_GATEWAY_CONFIG"


def main() -> int:
    """Run the gateway and return the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    path = os.environ.get(_VARIABLE)
    if path is None:
        sys.stderr.write(f"{_VARIABLE} must name the configuration file\n")
        return 2
    try:
        settings = config.load(Path(path))
        known = keys.load(settings.keys_file)
    except config.ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        asyncio.run(server.serve(settings, known))
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
