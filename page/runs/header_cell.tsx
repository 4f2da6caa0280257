/** The heading of a column: sorts, is dragged to another place, and to another width. */
import type { TargetedPointerEvent } from "preact";
import { useState } from "preact/hooks";
import { bestOf } from "../best.ts";
import type { Column } from "./columns.ts";

/** Narrowest and widest column, in pixels. */
const [NARROWEST, WIDEST] = [48, 640];

/** Pixels that an arrow key changes a width by. */
const STEP = 16;

/** The heading of a column. */
export function HeaderCell({ column, right, left, width, direction, onSort, onWidth, onMove }: {
  column: Column;
  right: boolean;
  left: number | undefined;
  width: number;
  direction: "asc" | "desc" | undefined;
  onSort: (sort: string, direction: "asc" | "desc") => void;
  onWidth: (column: string, width: number) => void;
  onMove: (column: string, before: string) => void;
}) {
  const [over, setOver] = useState(false);
  const pinned = left !== undefined;
  // A number is looked for at its best: small losses first, large accuracies first.
  const first = column.kind === "metrics" && bestOf(column.key) !== "min" ? "desc" : "asc";
  const other = direction === "asc" ? "desc" : "asc";
  const heading = (
    <>
      <bdi>{column.label}</bdi>
      {direction && <span aria-hidden="true" class="arrow">{direction === "asc" ? "↑" : "↓"}</span>}
    </>
  );
  return (
    <div
      role="columnheader"
      class={`cell${right ? " right" : ""}${pinned ? " pinned" : ""}${over ? " drop" : ""}`}
      style={pinned ? { left: `${left}px` } : {}}
      title={column.id}
      aria-sort={direction && (direction === "asc" ? "ascending" : "descending")}
      draggable
      onDragStart={(event) => event.dataTransfer?.setData("text/column", column.id)}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("text/column")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const moved = event.dataTransfer?.getData("text/column");
        if (moved && moved !== column.id) onMove(moved, column.id);
      }}
    >
      {column.sort === undefined ? <span class="heading">{heading}</span> : (
        <button
          type="button"
          class="heading"
          onClick={() => onSort(column.sort!, direction === undefined ? first : other)}
        >
          {heading}
        </button>
      )}
      <Handle label={column.label} width={width} onWidth={(width) => onWidth(column.id, width)} />
    </div>
  );
}

function Handle({ label, width, onWidth }: {
  label: string;
  width: number;
  onWidth: (width: number) => void;
}) {
  const clamp = (width: number) => Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
  const onPointerDown = (event: TargetedPointerEvent<HTMLDivElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const start = event.clientX;
    handle.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => onWidth(clamp(width + now.clientX - start));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => {
      handle.removeEventListener("pointermove", move);
    }, { once: true });
  };
  return (
    <div
      class="handle"
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      tabIndex={-1}
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={onPointerDown}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onWidth(clamp(width + step));
      }}
    />
  );
}
