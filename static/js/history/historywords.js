// The words of the list of conversations, in both languages; loaded with it.

const WORDS = {
  zh: {
    title: "历史对话",
    search: "搜索标题、原文和答案",
    close: "关闭",
    more: "更多",
    empty: "还没有保存的对话。",
    nothing: "没有找到。",
    untitled: "未命名",
    rename: "改名",
    remove: "删除",
    sure: "确定删除？",
    deleted: "已删除",
  },
  en: {
    title: "Conversations",
    search: "Search titles, texts, answers",
    close: "Close",
    more: "More",
    empty: "Nothing is kept yet.",
    nothing: "Nothing was found.",
    untitled: "Untitled",
    rename: "Rename",
    remove: "Delete",
    sure: "Delete it?",
    deleted: "Deleted",
  },
};

export const H = WORDS[document.documentElement.lang === "zh" ? "zh" : "en"];
