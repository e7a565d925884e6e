// What of the library is used; for the type checker only.
import type { Token } from "../js/types";
export function lexer(text: string, options: { gfm: boolean; breaks: boolean }): Token[];
