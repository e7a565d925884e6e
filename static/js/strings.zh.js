// What the scripts put on the page, in Chinese; strings.en.js says the same in English.

/** @typedef {Record<string, string>} Words  by task, state, kind or error code */

export default {
  tasks: /** @type {Words} */ ({ KE1: "三元组", KE2: "命名实体", KE3: "实体的事实" }),
  states: /** @type {Words} */ ({ ready: "就绪", idle: "待加载", loading: "加载中", unavailable: "不可用" }),
  idleNote: "首次使用时加载，会多等一会儿。",
  loadingNote: "正在加载模型…",
  columns: /** @type {Record<string, string[]>} */ ({
    KE1: ["头实体", "关系", "尾实体"],
    KE2: ["实体", "出现次数"],
    KE3: ["属性", "值"],
  }),
  groupColumn: /** @type {Words} */ ({ KE1: "", KE2: "类别", KE3: "实体" }),
  kinds: /** @type {Words} */ ({ head: "头实体", tail: "尾实体", entity: "实体", value: "值" }),
  /** @param {string} task @param {number} n */
  caption: (task, n) => `${n} ${{ KE1: "个三元组", KE2: "个实体", KE3: "条事实" }[task]}`,
  nothing: /** @type {Words} */ ({
    KE1: "这段文字里没有找到三元组。",
    KE2: "这段文字里没有找到命名实体。",
    KE3: "这段文字里没有找到相关事实。",
  }),
  noFacts: "没有找到事实",
  normalised: "规整",
  normalisedTitle: "在原文中找到，但写法略有不同（全半角、大小写或空格）",
  inferred: "推断",
  inferredTitle: "原文中没有这一字符串",
  you: "你的文字",
  answer: "回答",
  working: "正在阅读并提取…",
  sending: "正在发送…",
  /** @param {string} s */
  seconds: (s) => `${s} 秒`,
  /** @param {string} read @param {string} written */
  tokens: (read, written) => `读入 ${read} · 写出 ${written} 词元`,
  raw: "模型原文",
  copyTable: "复制表格",
  copyJson: "复制 JSON",
  copied: "已复制",
  copyFailed: "复制失败",
  edit: "改一改",
  editTitle: "把这段文字放回输入框",
  sameText: "同一段文字：",
  stopped: "已停止，以上内容不完整。",
  incomplete: "以上内容不完整。",
  retry: "重试",
  /** @param {number} s */
  retryAfter: (s) => `请约 ${s} 秒后再试。`,
  /** @param {string} used @param {string} max */
  counter: (used, max) => `${used} / ${max}`,
  /** @param {string} n */
  over: (n) => `超出 ${n} 字`,
  errors: /** @type {Words} */ ({
    invalid_input: "输入有误",
    too_large: "内容太长",
    unprocessable: "这个模型做不到",
    rate_limited: "请求太频繁",
    unavailable: "模型暂不可用",
    busy: "服务器正忙",
    weights: "模型权重不可用",
    model_failed: "回答不完整",
    timeout: "超时",
    network: "连不上服务器",
    broken: "连接中断",
    internal: "出错了",
  }),
  networkMessage: "请检查 Kex 是否还在运行。文字已留在输入框里。",
  brokenMessage: "连接已断开，显示的内容不完整。",
};
