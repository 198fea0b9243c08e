"""Helm's own engine in a process of its own: `python -m tests.servers.helm_render CHART`, values as JSON on stdin.

Answers JSON: `documents` by template, `lint` with what Helm's linter says, or `error`.
"""

from __future__ import annotations

import json
import sys

import helm_python as helm

MESSAGE_LEVELS = {1: "info", 2: "warning", 3: "error"}


def main(chart_folder: str) -> int:
    values = json.load(sys.stdin)
    try:
        with helm.Chart.load(chart_folder) as chart:
            chart.validate_schema(values)
            documents = chart.render(values, name="parvis", namespace="parvis")
        found = helm.lint(chart_folder, values=values)["messages"]
    except helm.HelmError as error:
        json.dump({"error": str(error)}, sys.stdout)
        return 0
    lint = [(MESSAGE_LEVELS.get(each["severity"], "error"), each["error"]) for each in found]
    json.dump({"documents": documents, "lint": lint}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
