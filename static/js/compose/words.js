// The words of a talk and of the picture field, in both languages; loaded with them.

const WORDS = {
  zh: {
    placeholder: "问点什么…",
    withPicture: "问问这张图片，或直接发送…",
    describe: "描述这张图片。",
    you: "你",
    copy: "复制",
    save: "另存为 Markdown",
    saveTitle: "保存到这条回答为止的对话",
    answered: "回答完毕",
    renewed: "新的对话从这里开始",
    unkeptPicture: "图片（未保存）",
    picture: "添加图片",
    another: "换一张",
    remove: "移除图片",
  },
  en: {
    placeholder: "Ask something…",
    withPicture: "Ask about the picture, or just send…",
    describe: "Describe this image.",
    you: "You",
    copy: "Copy",
    save: "Save as Markdown",
    saveTitle: "The talk up to this answer",
    answered: "Answered",
    renewed: "A new conversation begins here",
    unkeptPicture: "Picture (not kept)",
    picture: "Add picture",
    another: "Change",
    remove: "Remove picture",
  },
};

/** The language of the page, which the server chose. */
export const LANG = document.documentElement.lang === "zh" ? "zh" : "en";

export const W = WORDS[LANG];
