// Makes the patches of the npm peers: node peers.mjs <corpus.json> <patches.json>
import { readFileSync, writeFileSync } from "node:fs";
import { create } from "jsondiffpatch";
import { format } from "jsondiffpatch/formatters/jsonpatch";
import { createPatch } from "rfc6902";

const [corpus, patches] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(corpus, "utf8"));

const key = (value) =>
  value?.function?.name ?? value?.name ?? value?.id ?? value?.tool_id ?? JSON.stringify(value);
// Without moves, as our dialects have none.
const differ = create({ objectHash: key, arrays: { detectMove: false } });

const generators = {
  jsondiffpatch: (before, after) => format(differ.diff(before, after)),
  rfc6902: createPatch,
};

const made = Object.fromEntries(
  Object.entries(generators).map(([name, generate]) => [
    name,
    cases.map(({ before, after }) => generate(before, after)),
  ]),
);
writeFileSync(patches, JSON.stringify(made));
