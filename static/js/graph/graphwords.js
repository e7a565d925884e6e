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
    head: "头实体",
    tail: "只作尾实体",
    inferred: "有字符串不在原文中",
    drawAll: "全部画出",
    partly: (/** @type {number} */ n, /** @type {number} */ all) =>
      `画出了 ${all} 个节点中联系最多的 ${n} 个。`,
    unfound: "原文中没有对应的句子。",
    summary: (/** @type {number} */ n, /** @type {number} */ m) =>
      `图谱：${n} 个节点，${m} 条边；表格里是同样的内容。方向键逐条查看，+ 和 − 缩放，0 适合窗口。`,
  },
  en: {
    graph: "Knowledge graph",
    merged: "Graph of all answers",
    relation: "Relation",
    allRelations: "All relations",
    closer: "Zoom in",
    further: "Zoom out",
    fit: "Fit",
    head: "Head of a relation",
    tail: "Tail only",
    inferred: "A string is not in the text",
    drawAll: "Draw all",
    partly: (/** @type {number} */ n, /** @type {number} */ all) =>
      `The ${n} best connected of ${all} nodes are drawn.`,
    unfound: "No sentence of the text states this.",
    summary: (/** @type {number} */ n, /** @type {number} */ m) =>
      `Graph of ${n} ${n === 1 ? "node" : "nodes"} and ${m} ${m === 1 ? "edge" : "edges"}; ` +
      "the table holds the same. Arrow keys go from edge to edge, + and − zoom, 0 fits.",
  },
};

export const G = WORDS[document.documentElement.lang === "zh" ? "zh" : "en"];
