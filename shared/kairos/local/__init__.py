"""The local cloud: the deployed definition, running on this machine, on a virtual clock. See docs/local-cloud.md.

`kairos.local.server.serve` serves it on localhost.
"""

from __future__ import annotations

from kairos.local.cloud import LocalCloud

__all__ = ["LocalCloud"]
