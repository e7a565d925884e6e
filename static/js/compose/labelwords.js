// The words of the field for names, and Kex's own sets of them.

const WORDS = {
  zh: {
    presets: "预设…",
    own: "我的",
    keep: "存为预设",
    forget: "删除预设",
    keepFailed: "无法保存",
    remove: (/** @type {string} */ name) => `移除：${name}`,
  },
  en: {
    presets: "Presets…",
    own: "Mine",
    keep: "Keep as preset",
    forget: "Forget preset",
    keepFailed: "Cannot be kept",
    remove: (/** @type {string} */ name) => `Remove: ${name}`,
  },
};

/** @type {{lang: string, label: string, sets: Record<string, Record<string, string>>}[]} */
const SETS = [
  {
    lang: "zh",
    label: "中文",
    sets: {
      KE1: {
        人物: "出生地, 出生日期, 职业, 配偶, 父亲, 母亲, 毕业院校, 任职单位",
        企业: "创始人, 总部, 成立日期, 母公司, 子公司, 董事长, 产品",
        作品: "作者, 导演, 主演, 出版社, 发行时间, 所属专辑",
        地理: "位于, 首府, 面积, 人口, 流经",
      },
      KE2: {
        "人、地、机构": "人物, 地点, 机构",
        新闻: "人物, 地点, 机构, 时间, 事件",
        文化: "人物, 作品, 地点, 时间",
      },
      KE3: {
        人物: "出生日期, 出生地, 国籍, 职业, 毕业院校, 代表作, 逝世日期",
        企业: "成立日期, 总部, 创始人, 员工数, 营业收入, 主要产品",
        地方: "位置, 面积, 人口, 海拔, 特产",
      },
    },
  },
  {
    lang: "en",
    label: "English",
    sets: {
      KE1: {
        Person: "born in, date of birth, occupation, spouse, parent, educated at, employer",
        Company: "founded by, headquarters, date founded, subsidiary of, chief executive, product",
        Work: "author, director, cast member, publisher, publication date, part of",
        Place: "located in, capital of, area, population, flows through",
      },
      KE2: {
        "People, places, organisations": "person, location, organization",
        News: "person, location, organization, date, event",
        Culture: "person, work of art, location, date",
      },
      KE3: {
        Person: "date of birth, place of birth, nationality, occupation, education, date of death",
        Company: "date founded, headquarters, founder, employees, revenue, products",
        Place: "location, area, population, elevation",
      },
    },
  },
];

const LANG = document.documentElement.lang === "zh" ? "zh" : "en";

export const L = WORDS[LANG];

/** Those in the language of the page first. */
export const PRESETS = LANG === "zh" ? SETS : [...SETS].reverse();
