// What a person corrected in a conversation, as examples for its next request; on by choice.

import { call } from "../core/api.js";

const MOST = 3; // the latest ones; each costs its length in tokens
const LONGEST = 4_000; // characters, the server's limit

/**
 * The corrected answers of a task as the field `examples`; empty where there are none.
 * Throws a RequestFailed.
 * @param {string} conversation
 * @param {string} task
 */
export async function examplesOf(conversation, task) {
  const text = await call("GET", `/conversations/${encodeURIComponent(conversation)}/gold`);
  const rows = text
    .split("\n")
    .filter(Boolean)
    .map((/** @type {string} */ line) => JSON.parse(line));
  const examples = rows
    .filter((/** @type {any} */ row) => row.task === task && [...row.text].length <= LONGEST)
    .map(exampleOf);
  return examples.length > 0 ? JSON.stringify(examples.slice(-MOST)) : "";
}

/** Only what stands in the text: a model learns from anything else to invent. @param {any} row */
function exampleOf({ task, text, entity, gold }) {
  const stands = (/** @type {string} */ string) => text.includes(string);
  if (task === "KE1") {
    const triples = gold.filter(
      (/** @type {string[]} */ [head, , tail]) => stands(head) && stands(tail),
    );
    return { text, triples };
  }
  /** @type {[string, string[]][]} */
  const listed = Object.entries(gold);
  const pairs = listed.map(
    ([name, strings]) => /** @type {const} */ ([name, strings.filter(stands)]),
  );
  if (task === "KE2") return { text, entities: Object.fromEntries(pairs) };
  return {
    text,
    entity,
    facts: pairs.flatMap(([key, values]) => values.map((value) => [key, value])),
  };
}
