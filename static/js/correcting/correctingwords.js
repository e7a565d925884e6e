// The words of corrections, in both languages; loaded with them.

const WORDS = {
  zh: {
    add: "补充一条",
    addTitle: "补上漏掉的内容；在原文中选中的文字会填进来",
    confirm: "确认无误（C）",
    edit: "修改（E）",
    delete: "删除（Delete）",
    keep: "保存",
    cancel: "取消",
    kept: "更正已保存",
    undo: "撤销上一处更正",
    undoTitle: "Ctrl+Z（焦点在表格的行上时）",
    undone: "已撤销",
    conflict: "别处刚刚又改过这个回答；这里显示的是现在的样子，请再撤销一次。",
    deleted: "已删除",
    count: (/** @type {number} */ n) => `${n} 处更正`,
    fields: {
      head: "头实体",
      relation: "关系",
      tail: "尾实体",
      class: "类别",
      text: "实体",
      entity: "实体",
      key: "属性",
      value: "值",
    },
  },
  en: {
    add: "Add item",
    addTitle: "Add what is missing; what you select in the text goes into the fields",
    confirm: "Confirm (C)",
    edit: "Edit (E)",
    delete: "Delete (Del)",
    keep: "Save",
    cancel: "Cancel",
    kept: "Correction kept",
    undo: "Undo the last one",
    undoTitle: "Ctrl+Z, with a row of the table focused",
    undone: "Taken back",
    conflict:
      "This answer was changed elsewhere meanwhile. It is shown as it stands now; undo once more if you still want to.",
    deleted: "deleted",
    count: (/** @type {number} */ n) => (n === 1 ? "1 correction" : `${n} corrections`),
    fields: {
      head: "Head",
      relation: "Relation",
      tail: "Tail",
      class: "Class",
      text: "Entity",
      entity: "Entity",
      key: "Key",
      value: "Value",
    },
  },
};

/** @type {Record<string, any>} */
export const C = WORDS[document.documentElement.lang === "zh" ? "zh" : "en"];
