/** Tools as data: what an assistant can call, and what they answer. */
import type { Store } from "../../store/store.ts";
import type { Body } from "../api/body.ts";
import type { Schema } from "../api/schema.ts";

/** A part of an answer. */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly data: string; readonly mimeType: string };

/** One call of a tool. */
export interface ToolCall {
  /** The store. */
  readonly store: Store;
  /** The arguments; only those that the tool declares. */
  readonly args: Body;
}

/** A tool. */
export interface Tool {
  /** Its name. */
  readonly name: string;
  /** What it does, for the assistant. */
  readonly description: string;
  /** Its arguments by name; a name that ends in `?` may be left out. */
  readonly args: Readonly<Record<string, Schema>>;
  /** Whether it changes the store. */
  readonly writes?: boolean;
  /** Does the work: a value is answered as JSON. */
  readonly run: (call: ToolCall) => unknown;
}

/** Parts that are answered as they are. */
export class Parts {
  /** The parts. */
  readonly parts: readonly Part[];

  /** Takes the parts. */
  constructor(...parts: readonly Part[]) {
    this.parts = parts;
  }
}

/** An answer that is text. */
export function textPart(text: string): Part {
  return { type: "text", text };
}
