// The words of the graph, in both languages; loaded with it.

const WORDS = {
  zh: {
    graph: "知识图谱",
    merged: "全部答案的图谱",
    relation: "关系",
    allRelations: "全部关系",
    closer: "放大",
    further: "缩小",
    fit: "适合窗口",
    unfound: "原文中没有对应的句子。",
    summary: (/** @type {number} */ n, /** @type {number} */ m) =>
      `图谱：${n} 个节点，${m} 条边；表格里是同样的内容。`,
  },
  en: {
    graph: "Knowledge graph",
    merged: "Graph of all answers",
    relation: "Relation",
    allRelations: "All relations",
    closer: "Zoom in",
    further: "Zoom out",
    fit: "Fit",
    unfound: "No sentence of the text states this.",
    summary: (/** @type {number} */ n, /** @type {number} */ m) =>
      `Graph of ${n} nodes and ${m} edges; the table holds the same.`,
  },
};

export const G = WORDS[document.documentElement.lang === "zh" ? "zh" : "en"];
