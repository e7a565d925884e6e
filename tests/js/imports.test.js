// Which scripts may import which: no circles, neither of modules nor of folders, and `core` stands
// below all others. Imports in comments are of types and count for nothing.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../static/js", import.meta.url));
const IMPORT = /\b(?:from|import\(|import)\s*"(\.[^"]+)"/g;
const COMMENT = /\/\*.*?\*\/|^\s*\/\/.*$/gms;

/** What each module imports, now or later; names are paths below `static/js`. */
const modules = new Map(
  globSync("**/*.js", { cwd: ROOT }).map((name) => {
    const code = readFileSync(join(ROOT, name), "utf-8").replace(COMMENT, "");
    const imported = [...code.matchAll(IMPORT)].map(([, path]) =>
      relative(ROOT, join(ROOT, dirname(name), path)),
    );
    return [name, imported.filter((path) => !path.startsWith(".."))];
  }),
);

/** @param {Map<string, string[]>} graph @returns {string[]} one circle, or nothing */
function circleIn(graph) {
  /** @type {Set<string>} */
  const clear = new Set();
  /** @param {string} at @param {string[]} way @returns {string[]} */
  const walk = (at, way) => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at];
    if (clear.has(at)) return [];
    for (const next of graph.get(at) ?? []) {
      const circle = walk(next, [...way, at]);
      if (circle.length > 0) return circle;
    }
    clear.add(at);
    return [];
  };
  return [...graph.keys()].map((at) => walk(at, [])).find((circle) => circle.length > 0) ?? [];
}

test("every import leads to a module", () => {
  assert.ok(modules.size > 30);
  const lost = [...modules.values()].flat().filter((name) => !modules.has(name));
  assert.deepEqual(lost, []);
});

test("modules do not import each other in a circle", () => {
  assert.deepEqual(circleIn(modules), []);
  assert.deepEqual(circleIn(new Map(Object.entries({ a: ["b"], b: ["c"], c: ["b"] }))), [
    "b",
    "c",
    "b",
  ]);
});

test("folders do not import each other in a circle", () => {
  /** @type {Map<string, string[]>} */
  const folders = new Map();
  for (const [name, imported] of modules) {
    const own = dirname(name);
    const others = imported.map((path) => dirname(path)).filter((folder) => folder !== own);
    folders.set(own, [...(folders.get(own) ?? []), ...others]);
  }
  assert.deepEqual(circleIn(folders), []);
});

test("core imports no other folder", () => {
  const own = [...modules].filter(([name]) => dirname(name) === "core");
  const others = own.flatMap(([, imported]) => imported.filter((to) => dirname(to) !== "core"));
  assert.deepEqual(others, []);
});

test("a folder has at most 15 modules, and only the entries of pages are on top", () => {
  const names = [...modules.keys()];
  for (const folder of new Set(names.map((name) => dirname(name)))) {
    const there = names.filter((name) => dirname(name) === folder);
    assert.ok(there.length <= 15, folder);
    if (folder === ".") assert.deepEqual(there.sort(), ["knowledge-base.js", "main.js"]);
  }
});
