/** Tools as data: what an assistant can call, and their results. */
import type { Store } from "../../store/store.ts";
import type { Body } from "../api/body.ts";
import type { Schema } from "../api/schema.ts";

/** A part of a result. */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly data: string; readonly mimeType: string };

/** A call of a tool. */
export interface ToolCall {
  /** The store. */
  readonly store: Store;
  /** The arguments, limited to those that the tool declares. */
  readonly args: Body;
}

/** A tool. */
export interface Tool {
  /** Name of the tool. */
  readonly name: string;
  /** Description for the assistant. */
  readonly description: string;
  /** Arguments by name; a name ending in `?` is optional. */
  readonly args: Readonly<Record<string, Schema>>;
  /** Whether it changes the store. */
  readonly writes?: boolean;
  /** Runs the tool. The result is sent as JSON, except for {@linkcode Parts}. */
  readonly run: (call: ToolCall) => unknown;
}

/** A result that consists of parts, sent unchanged. */
export class Parts {
  /** The parts. */
  readonly parts: readonly Part[];

  /** Creates a result. */
  constructor(...parts: readonly Part[]) {
    this.parts = parts;
  }
}

/** Returns a part of text. */
export function textPart(text: string): Part {
  return { type: "text", text };
}
