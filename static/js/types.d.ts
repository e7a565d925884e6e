// The shapes that the scripts hand to each other; for editors, never loaded by the page.

/**
 * What is asked; `only` names the labels to use, between commas; `history` and `image` come along in
 * a talk and where a model sees; `conversation` and `turn` say where the answer is kept.
 */
export type Request = {
  text: string;
  task: string;
  model: string;
  entity: string;
  only: string;
  lang: string;
  /** Whether strings have to be pieces of the text; empty: as the task has it. */
  grounding?: string;
  history?: [string, string][];
  image?: File | null;
  examples?: string;
  conversation?: string;
  turn?: number;
  /** Type of a picture that was sent once and is no more at hand. */
  seen?: string;
};

/** A turn as the server keeps it. */
export type KeptTurn = {
  turn: number;
  created: string;
  request: { user_input: string; [field: string]: any };
  answer: any;
  corrected: any;
  corrections: any[];
  /** `partial` is what had come of the answer. */
  error: { code: string; message: string; partial?: { items?: any[]; text?: string } } | null;
};

export type ModelState = {
  name: string;
  status: string;
  detail: string;
  progress: number | null;
  images?: boolean;
};

export type Actions = {
  edit: (turn: any) => void;
  run: (request: Request) => void;
  again: (turn: any) => void;
  corrected: () => void;
  /** Model, language and names as the form has them now. */
  settings: (task: string) => { model: string; lang: string; only: string; grounding: string };
};

/** A string and its place in the text, in code points. */
export type Located = { text: string; start: number | null; end: number | null; status: string };
export type Span = { start: number; end: number; kind: string; label: string };
/** `note` is what the text means as a date or number. */
export type Cell = { text: string; status?: string; kind?: string; note?: string };
/** A relation between two strings, and the sentence that states it. */
export type Link = {
  from: string;
  name: string;
  to: string;
  evidence: { start: number; end: number } | null;
};
/**
 * An item of an answer. The first row of an entity of facts also has its other names and the keys
 * that were asked for and are missing.
 */
export type Row = {
  group: string;
  groupKind: string;
  cells: Cell[];
  spans: Span[];
  link?: Link;
  confidence?: number | null;
  /** What a person made of it: "add", "edit" or "confirm". */
  correction?: string;
  /** What the text does with an item that it does not state, and by which words. */
  assertion?: string;
  cue?: string;
  aliases?: Located[];
  missing?: string[];
};

/** A stretch of the marked text, with all that stands on it. */
export type Piece = {
  start: number;
  end: number;
  kinds: Set<string>;
  labels: Set<string>;
  rows: Set<number>;
};

/** One event of a stream of server-sent events. */
export type SseEvent = { event: string; data: string };

/** A part of a text in Markdown, as the lexer of Marked gives it. */
export type Token = {
  type: string;
  raw: string;
  text: string;
  tokens?: Token[];
  depth?: number;
  href?: string;
  ordered?: boolean;
  start?: number | "";
  items?: Token[];
  task?: boolean;
  checked?: boolean;
  block?: boolean;
  align?: ("left" | "center" | "right" | null)[];
  header?: { tokens: Token[] }[];
  rows?: { tokens: Token[] }[][];
};
