// The words about files, in both languages; loaded with the first file.

import { LANG } from "./words.js";

const WORDS = {
  zh: {
    reading: "正在读取…",
    added: (/** @type {string} */ n) => `已加入 ${n} 字`,
    pages: (/** @type {string} */ n) => `${n} 页`,
    textless: (/** @type {string} */ pages) => `第 ${pages} 页只有图片，没有文字`,
    comma: "、",
    encoding: (/** @type {string} */ name) => `按 ${name} 解码`,
    over: "文字超出一次提问的长度，请只留下需要的部分。",
    column: "取哪一列？",
    insert: "加入",
    dismiss: "关闭",
    folder: "无法读取；如果是文件夹，请添加其中的文件。",
    noSight: (/** @type {string} */ model) =>
      `${model} 不能看图片：请先选一个能看图片的模型（如 Local-GLM 或 ChatGpt），再添加图片。`,
    pictureKind: "只接受 PNG、JPEG 和 WebP 图片：请另存为其中一种。",
    onePicture: "一次只能提交一张图片，这一张没有加入。",
    pictureAdded: "图片已加入",
    network: "请检查 Kex 是否还在运行，然后重新添加文件。",
    errors: {
      unreadable_document: "文件无法读取",
      protected_document: "文件受保护",
      textless_document: "文件里没有文字",
      unsupported_media: "不支持这种文件",
      too_large: "文件太大",
    },
  },
  en: {
    reading: "Reading…",
    added: (/** @type {string} */ n) => (n === "1" ? "1 character added" : `${n} characters added`),
    pages: (/** @type {string} */ n) => (n === "1" ? "1 page" : `${n} pages`),
    textless: (/** @type {string} */ pages) => `only pictures and no text on page ${pages}`,
    comma: ", ",
    encoding: (/** @type {string} */ name) => `decoded as ${name}`,
    over: "The text is longer than one request takes: keep only the part you need.",
    column: "Which column?",
    insert: "Insert",
    dismiss: "Dismiss",
    folder: "It cannot be read; if it is a folder, add the files in it.",
    noSight: (/** @type {string} */ model) =>
      `${model} does not see pictures: choose a model that does, such as Local-GLM or ChatGpt, and add the picture again.`,
    pictureKind: "Only PNG, JPEG and WebP pictures are taken: save it as one of these.",
    onePicture: "Only one picture goes with a request; this one was not added.",
    pictureAdded: "Picture added",
    network: "See whether Kex is still running, and add the file again.",
    errors: {
      unreadable_document: "The file cannot be read",
      protected_document: "The file is protected",
      textless_document: "The file holds no text",
      unsupported_media: "Files of this kind are not read",
      too_large: "The file is too large",
    },
  },
};

export const W = WORDS[LANG];
