"""`python -m bench [section …]`: run the benchmarks and print them. Everything stays on loopback."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench import machine
from bench.report import Section

SECTIONS = {
    "relay": "bench.relay.run",
    "curve": "bench.relay.curve",
    "first_frame": "bench.screen.first_frame",
    "key_to_pixel": "bench.screen.key_to_pixel",
    "bandwidth": "bench.bandwidth.run",
    "portal": "bench.portal.run",
    "audit": "bench.audit",
    "setup_rate": "bench.setup_rate.run",
    "hints": "bench.hints.run",
    "scale": "bench.scale",
    "sources": "bench.sources",
    "imports": "bench.imports",
    "presence": "bench.presence",
    "inventory": "bench.inventory.run",
    "people_search": "bench.people_search",
    "directory": "bench.directory.run",
    "assets": "bench.assets",
    "rollout": "bench.rollout",
    "enrolling": "bench.enrolling.run",
    "meetings": "bench.meetings",
}
_QUIET_CORES = 0.2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ratios against peers, in the same run.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there too")
    parser.add_argument("--quick", action="store_true", help="prove that it runs: the figures mean nothing")
    options = parser.parse_args()
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    about, noise, started = machine.describe(), machine.Noise(), time.monotonic()
    print(f"{about['processor']}, {about['cores']} cores, {about['system']}, Python {about['python']}\n", flush=True)
    found = {}
    for name in options.sections or SECTIONS:
        section = Section(name)
        begun = time.monotonic()
        print(f"━━ {name} ━━\n", flush=True)
        run: Callable[..., None] = import_module(SECTIONS[name]).run
        try:
            run(section, quick=options.quick)
        except Exception as error:  # one part that breaks must not hide the others
            traceback.print_exc()
            section.missing(f"{type(error).__name__}: {error}")
        section.data["seconds"] = round(time.monotonic() - begun, 1)
        found[name] = section.data
    if "bench.screen.world" in sys.modules:
        sys.modules["bench.screen.world"].close()  # its processes count as ours once they have ended
    about |= {"seconds": round(time.monotonic() - started), "others_cores": round(noise.share(), 2)}
    print(
        f"{about['seconds']} s. Other programs used {about['others_cores']} of {about['cores']} cores meanwhile", end=""
    )
    print(": too noisy to quote." if about["others_cores"] > 0.2 else ".")
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "sections": found}, indent=1, ensure_ascii=False) + "\n")
    return int(any("not_measured" in data for data in found.values()))


if __name__ == "__main__":
    sys.exit(main())
