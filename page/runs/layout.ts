/** Widths and positions of the columns of the table. */
import { useMemo } from "preact/hooks";
import type { Column } from "./columns.ts";

/** Width of the column of check boxes, in pixels. */
const CHECK = 34;

/** Widths and positions of columns. */
export interface Layout {
  readonly template: string;
  readonly total: string;
  readonly sizes: readonly number[];
  /** Distance from the left of pinned columns; `undefined` for others. */
  readonly lefts: readonly (number | undefined)[];
}

/** Returns the layout of columns. */
export function useLayout(
  columns: readonly Column[],
  widths: ReadonlyMap<string, number>,
  pinned: ReadonlySet<string>,
): Layout {
  return useMemo(() => {
    const sizes = columns.map(({ id, width }) => widths.get(id) ?? width);
    let left = CHECK;
    const lefts = columns.map(({ id }, at) => {
      if (!pinned.has(id)) return undefined;
      left += sizes[at]!;
      return left - sizes[at]!;
    });
    const sum = sizes.reduce((a, b) => a + b, CHECK);
    return {
      template: `${CHECK}px ${sizes.map((size) => `${size}px`).join(" ")} minmax(0, 1fr)`,
      total: `${sum}px`,
      sizes,
      lefts,
    };
  }, [columns, widths, pinned]);
}
