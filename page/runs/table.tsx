/** A table that draws only the lines in sight. */
import type { CSSProperties } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { decimalsOf } from "../format.ts";
import type { Row } from "../types.ts";
import { type Column, isNumber, numberOf } from "./columns.ts";
import { HeaderCell } from "./header_cell.tsx";
import type { Item } from "./items.ts";
import { useLayout } from "./layout.ts";
import { GroupLine, RunLine, WaitingLine } from "./lines.tsx";
import { useSparklines } from "./sparklines.ts";

/** Height of a line, in pixels. */
export const LINE = 28;

/** Number of rows rendered above and below the visible ones. */
const MARGIN = 12;

/** Browsers lay out no element that is higher. */
const HIGHEST = 15_000_000;

/** Properties of the table. */
export interface TableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly widths: ReadonlyMap<string, number>;
  readonly pinned: ReadonlySet<string>;
  readonly items: (at: number) => Item;
  readonly length: number;
  readonly loaded: readonly (Row | undefined)[];
  readonly sort: string;
  readonly direction: "asc" | "desc";
  readonly selected: ReadonlySet<string>;
  /** The run that is open beside the table. */
  readonly opened: string | undefined;
  readonly cursor: number;
  readonly stale: boolean;
  readonly active: boolean;
  readonly onWindow: (from: number, to: number) => void;
  readonly onCursor: (at: number) => void;
  readonly onSort: (sort: string, direction: "asc" | "desc") => void;
  readonly onSelect: (row: Row, range: boolean) => void;
  readonly onSelectAll: () => void;
  readonly onToggleGroup: (value: string) => void;
  readonly onWidth: (column: string, width: number) => void;
  readonly onMove: (column: string, before: string) => void;
}

/** The table of runs. */
export function Table(props: TableProps) {
  const { columns, widths, pinned, items, length, cursor, active } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const kept = useRef(0);
  useLayoutEffect(() => {
    const box = scroller.current!;
    const measure = () => setView({ top: box.scrollTop, height: box.clientHeight });
    const observer = new ResizeObserver(() => box.clientHeight > 0 && measure());
    observer.observe(box);
    measure();
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    // A hidden element loses its scroll position.
    if (active && scroller.current) scroller.current.scrollTop = kept.current;
  }, [active]);
  const most = Math.min(length, Math.floor(HIGHEST / LINE));
  const from = Math.max(0, Math.floor(view.top / LINE) - MARGIN);
  const to = Math.min(most, Math.ceil((view.top + view.height) / LINE) + MARGIN);
  useEffect(() => {
    if (active) props.onWindow(from, to);
  }, [from, to, active, props.onWindow]);
  useLayoutEffect(() => {
    if (cursor < 0) return;
    const box = scroller.current!;
    const [top, bottom] = [cursor * LINE, (cursor + 2) * LINE];
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight - 4) {
      box.scrollTop = bottom - box.clientHeight + 4;
    }
  }, [cursor]);
  const layout = useLayout(columns, widths, pinned);
  const decimals = useDecimals(columns, props.loaded);
  const numbers = useNumberColumns(columns, props.loaded);
  const lines = [];
  for (let at = from; at < to; at++) lines.push({ at, item: items(at) });
  const visible = lines.flatMap(({ item }) => item.kind === "run" ? [item.row] : []);
  const curve = columns.find(({ kind }) => kind === "curve")?.key;
  const curves = useSparklines(curve, visible);
  const isAll = visible.length > 0 && visible.every(({ id }) => props.selected.has(id));
  return (
    <div
      class={`table${props.stale ? " stale" : ""}`}
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={length + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable="true"
      aria-busy={props.stale}
      aria-activedescendant={cursor >= from && cursor < to ? `line-${cursor}` : undefined}
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        if (currentTarget.clientHeight === 0) return;
        kept.current = currentTarget.scrollTop;
        setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });
      }}
    >
      <div
        class="line head"
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: layout.template, minWidth: layout.total }}
      >
        <div role="columnheader" class="cell check pinned" aria-label="Selected">
          <input
            type="checkbox"
            aria-label="Select all runs"
            checked={isAll}
            onChange={props.onSelectAll}
          />
        </div>
        {columns.map((column, at) => (
          <HeaderCell
            key={column.id}
            column={column}
            right={column.numeric || numbers.has(column.id)}
            left={layout.lefts[at]}
            width={layout.sizes[at]!}
            direction={column.sort !== undefined && column.sort === props.sort
              ? props.direction
              : undefined}
            onSort={props.onSort}
            onWidth={props.onWidth}
            onMove={props.onMove}
          />
        ))}
        <div role="columnheader" class="cell filler">
          <span class="visually-hidden">End</span>
        </div>
      </div>
      <div
        class="lines"
        role="rowgroup"
        style={{ height: `${most * LINE}px`, minWidth: layout.total }}
      >
        {lines.map(({ at, item }) => {
          const place: CSSProperties = {
            gridTemplateColumns: layout.template,
            transform: `translateY(${at * LINE}px)`,
          };
          if (item.kind === "waiting") {
            return <WaitingLine key={`w${at}`} at={at} style={place} columns={columns.length} />;
          }
          const common = { at, style: place, columns, layout, decimals, isCursor: at === cursor };
          return item.kind === "group"
            ? (
              <GroupLine
                key={`g${item.group.value}`}
                {...common}
                group={item.group}
                open={item.open}
                onToggle={props.onToggleGroup}
              />
            )
            : (
              <RunLine
                key={item.row.id}
                {...common}
                row={item.row}
                inGroup={item.inGroup}
                selected={props.selected.has(item.row.id)}
                opened={item.row.id === props.opened}
                curve={curves.get(item.row.id)}
                onSelect={props.onSelect}
                onCursor={props.onCursor}
              />
            );
        })}
      </div>
    </div>
  );
}

/** Params whose values are numbers. */
function useNumberColumns(
  columns: readonly Column[],
  rows: readonly (Row | undefined)[],
): ReadonlySet<string> {
  return useMemo(() => {
    const sample = rows.slice(0, 100);
    return new Set(
      columns.filter(({ kind, key }) => {
        if (kind !== "params") return false;
        const texts = sample.flatMap((row) => row?.params[key] ?? []);
        return texts.length > 0 && texts.every(isNumber);
      }).map(({ id }) => id),
    );
  }, [columns, rows]);
}

/** How many decimals tell the numbers of each metric apart. */
function useDecimals(
  columns: readonly Column[],
  rows: readonly (Row | undefined)[],
): ReadonlyMap<string, number | undefined> {
  return useMemo(() => {
    const sample = rows.slice(0, 200);
    return new Map(
      columns.filter(({ kind }) => kind === "metrics").map((column) => {
        const values = sample.flatMap((row) => row ? numberOf(row, column) ?? [] : []);
        return [column.id, decimalsOf(values)];
      }),
    );
  }, [columns, rows]);
}
