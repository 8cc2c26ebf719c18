"""Makes the patches of the PyPI peer: python3 peers.py <corpus.json> <patches.json>"""

import json
import sys

from jsonpatch import DiffBuilder


def patch(before, after):
    # Without the optimisation that makes moves, as our dialects have none.
    builder = DiffBuilder(before, after, optimization=False)
    builder._compare_values((), None, before, after)
    return list(builder.execute())


corpus, patches = sys.argv[1:]
with open(corpus, encoding="utf-8") as file:
    cases = json.load(file)
made = {"jsonpatch": [patch(case["before"], case["after"]) for case in cases]}
with open(patches, "w", encoding="utf-8") as file:
    json.dump(made, file)
