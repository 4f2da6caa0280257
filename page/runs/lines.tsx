/** The lines of the table. */
import type { CSSProperties } from "preact";
import { memo } from "preact/compat";
import { count } from "../format.ts";
import { Ago, Status, Swatch } from "../parts.tsx";
import { runLink } from "../route.ts";
import type { Curve, Row } from "../types.ts";
import { type Column, isNumber, textOf, wholeText } from "./columns.ts";
import { type Group, groupText } from "./items.ts";
import { pathOf } from "./sparklines.ts";
import type { Layout } from "./layout.ts";

/** What every line has. */
interface LineProps {
  readonly at: number;
  readonly style: CSSProperties;
  readonly columns: readonly Column[];
  readonly layout: Layout;
  readonly decimals: ReadonlyMap<string, number | undefined>;
  readonly isCursor: boolean;
}

/** Whether a line would look as it did. */
function isSame<T extends LineProps>(old: T, now: T): boolean {
  return (Object.keys(now) as (keyof T)[]).every((name) =>
    name === "style"
      ? old.style.transform === now.style.transform &&
        old.style.gridTemplateColumns === now.style.gridTemplateColumns
      : Object.is(old[name], now[name])
  );
}

/** A run. */
export const RunLine = memo(
  function RunLine(
    props: LineProps & {
      row: Row;
      inGroup: boolean;
      selected: boolean;
      opened: boolean;
      curve: Curve | undefined;
      onSelect: (row: Row, range: boolean) => void;
      onCursor: (at: number) => void;
    },
  ) {
    const { at, style, columns, layout, decimals, row, selected, opened, isCursor } = props;
    return (
      <div
        id={`line-${at}`}
        class={`line${selected ? " selected" : ""}${opened ? " opened" : ""}${
          isCursor ? " cursor" : ""
        }`}
        role="row"
        aria-rowindex={at + 2}
        aria-selected={selected}
        style={style}
        onClick={() => props.onCursor(at)}
        onDblClick={() => location.hash = runLink(row.id)}
      >
        <div role="gridcell" class="cell check pinned">
          <input
            type="checkbox"
            aria-label={`Select ${row.name || row.id}`}
            tabIndex={-1}
            checked={selected}
            onClick={(event) => {
              event.stopPropagation();
              props.onSelect(row, event.shiftKey);
            }}
          />
        </div>
        {columns.map((column, index) => (
          <RunCell
            key={column.id}
            row={row}
            column={column}
            left={layout.lefts[index]}
            decimals={decimals.get(column.id)}
            inGroup={props.inGroup}
            curve={props.curve}
            showColor={selected}
          />
        ))}
      </div>
    );
  },
  isSame,
);

function RunCell({ row, column, left, decimals, inGroup, curve, showColor }: {
  row: Row;
  column: Column;
  left: number | undefined;
  decimals: number | undefined;
  inGroup: boolean;
  curve: Curve | undefined;
  showColor: boolean;
}) {
  const text = textOf(row, column, decimals);
  const pinned = left !== undefined;
  const number = column.numeric || column.kind === "params" && isNumber(text);
  const cell = `cell${number ? " right" : ""}${pinned ? " pinned" : ""}`;
  const style = pinned ? { left: `${left}px` } : {};
  const content = () => {
    switch (column.id) {
      case "name":
        return (
          <a href={runLink(row.id)} tabIndex={-1}>
            {showColor && <Swatch id={row.id} />}
            <bdi>{text}</bdi>
          </a>
        );
      case "status":
        return <Status status={row.status} dead={row.dead} />;
      case "started":
        return <Ago time={row["start-time"]} />;
      case "ended":
        return row["end-time"] ? <Ago time={row["end-time"]} /> : "";
      case "id":
      case "parent":
        return <span class="mono">{text}</span>;
    }
    if (column.kind === "curve") return curve?.key === column.key && <Sparkline curve={curve} />;
    if (text === "" && column.kind === "metrics") return <span class="none">–</span>;
    return <bdi>{text}</bdi>;
  };
  return (
    <div
      role="gridcell"
      class={inGroup && column.id === "name" ? `${cell} in-group` : cell}
      style={style}
      title={column.kind === "field" && column.id !== "name" && column.id !== "error"
        ? undefined
        : wholeText(row, column) || undefined}
    >
      {content()}
    </div>
  );
}

function Sparkline({ curve }: { curve: Curve }) {
  return (
    <svg class="spark" viewBox="-1 -1 62 18" width="62" height="18" aria-hidden="true">
      <path d={pathOf(curve, 60, 16)} />
    </svg>
  );
}

/** Several runs with the same value. */
export const GroupLine = memo(
  function GroupLine(
    props: LineProps & {
      group: Group;
      open: boolean;
      onToggle: (value: string) => void;
    },
  ) {
    const { at, style, columns, layout, decimals, group, open, isCursor } = props;
    return (
      <div
        id={`line-${at}`}
        class={`line group${isCursor ? " cursor" : ""}`}
        role="row"
        aria-rowindex={at + 2}
        style={style}
      >
        <div role="gridcell" class="cell check pinned">
          <button
            type="button"
            class="disclosure"
            aria-expanded={open}
            aria-label={`Runs with ${group.value || "no value"}`}
            onClick={() => props.onToggle(group.value)}
          >
            {open ? "▾" : "▸"}
          </button>
        </div>
        {columns.map((column, index) => {
          const left = layout.lefts[index];
          const isFirst = index === 0;
          const text = isFirst ? "" : groupText(group, column, decimals.get(column.id));
          return (
            <div
              key={column.id}
              role="gridcell"
              class={`cell${column.numeric ? " right" : ""}${left === undefined ? "" : " pinned"}`}
              style={left === undefined ? {} : { left: `${left}px` }}
              title={text || undefined}
            >
              {isFirst
                ? (
                  <>
                    <bdi class="strong">{group.value || "no value"}</bdi>{" "}
                    <span class="dim">{count(group.rows.length, "run")}</span>
                  </>
                )
                : <bdi>{text}</bdi>}
            </div>
          );
        })}
      </div>
    );
  },
  isSame,
);

/** A run that is on its way. */
export function WaitingLine({ at, style, columns }: {
  at: number;
  style: CSSProperties;
  columns: number;
}) {
  return (
    <div class="line waiting" role="row" aria-rowindex={at + 2} style={style}>
      <div role="gridcell" class="cell check pinned" />
      {Array.from({ length: columns }, (_, index) => (
        <div key={index} role="gridcell" class="cell">
          <span class={`bone bone-${(at + index) % 4}`} />
        </div>
      ))}
    </div>
  );
}
