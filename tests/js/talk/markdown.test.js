import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { Markdown } from "../../../static/js/talk/markdown.js";

/** @param {string} text */
function shown(text) {
  const element = document.createElement("div");
  new Markdown(element).show(text);
  return element.innerHTML;
}

for (const [name, text, wanted] of [
  [
    "bold and lists",
    "**Lu Xun**:\n\n1. *a*\n2. `b`",
    '<p><strong>Lu Xun</strong>:</p><ol start="1"><li><em>a</em></li><li><code>b</code></li></ol>',
  ],
  ["a list that begins later", "3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
  ["a line break is one", "甲\n乙", "<p>甲<br>乙</p>"],
  ["headings below the page's own", "# a\n\n##### b", "<h3>a</h3><h6>b</h6>"],
  [
    "code as it stands",
    "```js\na < b && c\n```",
    '<pre tabindex="0"><code>a &lt; b &amp;&amp; c</code></pre>',
  ],
  [
    "a table",
    "|a|b|\n|-|-|\n|1|*2*|",
    '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td><em>2</em></td></tr></tbody></table>',
  ],
  ["tasks", "- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>"],
  ["a quotation", "> a", "<blockquote><p>a</p></blockquote>"],
  [
    "a link to elsewhere",
    "[a](https://a.example/)",
    '<p><a href="https://a.example/" rel="noopener noreferrer" target="_blank" title="https://a.example/">a</a></p>',
  ],
]) {
  test(name, () => assert.equal(shown(text), wanted));
}

for (const evil of [
  "<img src=x onerror=alert(1)>",
  "a <b onclick=alert(1)>b</b>",
  "<script>alert(1)</script>\n\nb",
  "[a](javascript:alert(1))",
  "[a](data:text/html,<script>alert(1)</script>)",
  "[a]( java\tscript:alert(1))",
  "![a](https://a.example/seen.png)",
  '<https://a.example" onmouseover=alert(1)>',
]) {
  test(`no markup of its own: ${evil}`, () => {
    const element = document.createElement("div");
    new Markdown(element).show(evil);
    assert.equal(
      element.querySelector(
        "img, script, b, [onclick], [onmouseover], a[href^=java], a[href^=data]",
      ),
      null,
    );
    assert.equal(element.textContent?.replace(/\s/gu, ""), evil.replace(/\s/gu, ""));
  });
}

test("a text that grows keeps the blocks that stand", () => {
  const element = document.createElement("div");
  const markdown = new Markdown(element);
  markdown.show("one\n\ntw");
  const [first, second] = element.children;
  markdown.show("one\n\ntwo **three");
  assert.equal(element.children[0], first);
  assert.notEqual(element.children[1], second);
  markdown.show("one\n\ntwo **three**\n\n- four");
  assert.equal(
    element.innerHTML,
    "<p>one</p><p>two <strong>three</strong></p><ul><li>four</li></ul>",
  );
});

for (const loop of ["- ", "1. ", "* ", "**", "> ", "[", "_a ", "- [ ] "]) {
  test(`a model that turns in circles breaks nothing: ${loop}`, () => {
    const element = document.createElement("div");
    const began = performance.now();
    new Markdown(element).show(`${loop.repeat(2500)}x`);
    assert.ok(element.textContent?.endsWith("x"));
    assert.ok(performance.now() - began < 2000);
  });
}

test("a list that nests by its indentation breaks nothing", () => {
  const text = Array.from({ length: 1200 }, (_, i) => `${" ".repeat(2 * i)}- x`).join("\n");
  const element = document.createElement("div");
  const began = performance.now();
  new Markdown(element).show(text);
  assert.ok(element.textContent?.includes("x"));
  assert.ok(performance.now() - began < 2000);
});
