/** The runs of an experiment, or of all. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { useCell } from "../cell.ts";
import { assignColors } from "../colors.ts";
import { useKeys } from "../keyboard.ts";
import { useLive } from "../live.ts";
import { Choice, Problem } from "../parts.tsx";
import { report } from "../report/data.ts";
import { type Address, link, replace, runLink, setTableQuery, type View } from "../route.ts";
import { findExperiment, storeInfo } from "../store_info.ts";
import type { ColumnNames, Row } from "../types.ts";
import { useLoad } from "../use_load.ts";
import { columnOf, joinIds, splitIds, usualColumns } from "./columns.ts";
import { ColumnsMenu } from "./columns_menu.tsx";
import { EmptyStore } from "./empty_store.tsx";
import { Experiments } from "./experiments.tsx";
import { FilterLine } from "./filter_line.tsx";
import { filterOf } from "./filter_words.ts";
import { groupRows, type Item, itemsOf } from "./items.ts";
import { useRows } from "./loader.ts";
import { SelectionBar } from "./selection_bar.tsx";
import { Table } from "./table.tsx";
import { useSelection } from "./selection.ts";

/** Runs that are grouped at most. */
const MOST_GROUPED = 10_000;

/** Runs that one click selects at most. */
const MOST_SELECTED = 10_000;

const NO_NAMES: ColumnNames = { params: [], metrics: [], tags: [] };
const WAITING: Item = { kind: "waiting" };

/** The table with all that is around it. */
export function RunsView({ address, active, beside }: {
  address: Address;
  /** Whether it is in sight. */
  active: boolean;
  /** The run that is open beside it. */
  beside?: (View & { name: "run" }) | undefined;
}) {
  const info = useCell(storeInfo);
  const { view, query } = address;
  const reference = view.name === "runs" ? view.experiment : undefined;
  const found = useLoad(
    reference === undefined ? undefined : `experiment ${reference}`,
    (signal) => findExperiment(reference!, signal),
  );
  const experiment = reference === undefined ? undefined : found.data;
  const archived = query.get("archived") ?? "false";
  const typed = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "start";
  const direction = query.get("direction") === "asc" ? "asc" : "desc";
  const group = query.get("group") ?? "";
  const isReady = reference === undefined || found.data !== undefined;
  const names = useLoad(
    isReady ? `columns ${experiment ?? ""}` : undefined,
    (signal) => get<ColumnNames>("/api/columns", { experiment }, signal),
  );
  const search = {
    experiment,
    archived: archived === "false" ? undefined : archived,
    filter: filterOf(typed),
    sort,
    direction,
  };
  const rows = useRows(search, isReady);
  const selection = useSelection(query);
  useLive(
    (event) => experiment === undefined || !event.experiment || event.experiment === experiment,
    () => {
      rows.refresh();
      names.reload();
    },
    1000,
  );
  const columns = useColumns(query, names.data, rows.rows, experiment === undefined);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(() => group === "" ? [] : groupRows(rows.rows, group), [
    rows.rows,
    group,
  ]);
  const grouped = useMemo(() => group === "" ? undefined : itemsOf(groups, open), [groups, open]);
  const length = grouped ? grouped.length : rows.total ?? 0;
  useEffect(() => {
    if (group !== "") rows.want(0, Math.min(rows.total ?? 0, MOST_GROUPED));
  }, [group, rows.want, rows.total]);
  const itemAt = useCallback((at: number): Item => {
    if (grouped) return grouped[at] ?? WAITING;
    const row = rows.rows[at];
    return row ? { kind: "run", row, inGroup: false } : WAITING;
  }, [grouped, rows.rows]);
  const [cursor, setCursor] = useState(-1);
  useEffect(() => setCursor(-1), [JSON.stringify(search), group]);
  const selected = useMemo(() => [...selection.ids], [selection.ids]);
  assignColors(selected);
  const toggleGroup = useCallback((value: string) => {
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(value)) next.add(value);
      return next;
    });
  }, []);
  const bar = useRef<{ archive: () => void }>(null);
  const rowAt = (at: number): Row | undefined => {
    const item = itemAt(at);
    return item.kind === "run" ? item.row : undefined;
  };
  const move = (by: number) => (event: KeyboardEvent) => {
    event.preventDefault();
    const next = Math.max(0, Math.min(length - 1, cursor + by));
    setCursor(next);
    const row = rowAt(next);
    // The run beside the table follows the cursor.
    if (beside && row) replace(runLink(row.id, beside.tab));
  };
  const { Escape, ...keys } = useTableKeys({
    cursor,
    rowAt,
    itemAt,
    toggleGroup,
    selection,
    move,
  });
  useKeys({
    ...keys,
    ...!beside && { Escape },
    c: () => {
      if (selected.length > 0) location.hash = link(["compare"], { runs: selected.join() });
    },
    e: () => bar.current?.archive(),
  }, active);
  const loadedRows = useMemo(() => rows.rows.filter((row) => row !== undefined), [rows.rows]);
  const order = grouped
    ? grouped.flatMap((item) => item.kind === "run" ? item.row.id : [])
    : undefined;
  selection.setOrder(order ?? loadedRows.map(({ id }) => id));
  const isGrouped = grouped !== undefined;
  const onSelect = useCallback((row: Row, range: boolean) => {
    if (!range || isGrouped) return selection.toggle(row, range);
    const places = [selection.last(), row.id].map((id) =>
      rows.rows.findIndex((other) => other?.id === id)
    );
    if (places.includes(-1)) return selection.toggle(row, range);
    // Runs between them need not be loaded.
    void rows.idsBetween(Math.min(...places), Math.max(...places) + 1).then(selection.add, ignore);
  }, [selection.toggle, rows.rows, rows.idsBetween, isGrouped]);
  const selectAll = async () => {
    const most = Math.min(rows.total ?? 0, MOST_SELECTED);
    if (selected.length >= most) return selection.clear();
    selection.add(await rows.idsBetween(0, most).catch(() => []));
  };
  // MLflow's clients print the addresses of experiments that have no run yet.
  const isNowhere = rows.error?.status === 404;
  const isEmptyStore = info !== undefined && rows.total === 0 && typed === "" &&
    info.experiments.every(({ runs }) => runs === 0);
  return (
    <div class="runs-frame">
      <Experiments info={info} current={experiment} archived={archived === "only"} />
      <main class="runs" id="content" tabIndex={-1}>
        <h1 class="visually-hidden">Runs {experiment === undefined ? "" : `of ${experiment}`}</h1>
        {isEmptyStore ? <EmptyStore /> : (
          <>
            <div class="toolbar">
              {!report && (
                <FilterLine
                  value={typed}
                  columns={names.data ?? NO_NAMES}
                  error={rows.error?.status === 400 ? rows.error : undefined}
                  onChange={(filter) => setTableQuery({ filter: filter.trim() || undefined })}
                />
              )}
              <Choice
                label="Group by"
                value={group}
                options={groupOptions(names.data ?? NO_NAMES, group)}
                onChange={(value) => setTableQuery({ group: value || undefined }, true)}
              />
              {!report && (
                <Choice
                  label="Show"
                  value={archived}
                  options={[["false", "active"], ["true", "all"], ["only", "archived"]]}
                  onChange={(value) =>
                    setTableQuery({ archived: value === "false" ? undefined : value }, true)}
                />
              )}
              <ColumnsMenu
                names={names.data ?? NO_NAMES}
                shown={columns.ids}
                pinned={columns.pinned}
                onChange={columns.change}
                onPin={columns.pin}
                onReset={columns.reset}
              />
            </div>
            {rows.error && ![400, 404].includes(rows.error.status) && (
              <div class="floating">
                <Problem words={rows.error.message} retry={rows.refresh} />
              </div>
            )}
            <Table
              label={`Runs${experiment === undefined ? "" : ` of ${experiment}`}`}
              columns={columns.shown}
              widths={columns.widths}
              pinned={columns.pinned}
              items={itemAt}
              length={isNowhere
                ? 0
                : rows.total === undefined || !names.data && !names.error
                ? 12
                : length}
              loaded={rows.rows}
              sort={sort}
              direction={direction}
              selected={selection.ids}
              opened={beside?.id}
              cursor={cursor}
              stale={rows.stale && rows.total !== undefined}
              active={active}
              onWindow={grouped ? ignore : rows.want}
              onCursor={setCursor}
              onSort={sortBy}
              onSelect={onSelect}
              onSelectAll={() => void selectAll()}
              onToggleGroup={toggleGroup}
              onWidth={columns.resize}
              onMove={columns.move}
            />
            {(isNowhere || rows.total === 0 && !rows.stale) && (
              <p class="nothing">
                {typed === "" ? "No runs here yet." : "No run matches this filter."}
              </p>
            )}
            <SelectionBar
              bar={bar}
              ids={selected}
              total={rows.total}
              groups={grouped && groups.length}
              partial={group !== "" && (rows.total ?? 0) > MOST_GROUPED ? MOST_GROUPED : undefined}
              loaded={loadedRows}
              experiment={experiment}
              search={search}
              onClear={selection.clear}
              onChanged={() => {
                selection.clear();
                rows.refresh();
              }}
            />
          </>
        )}
      </main>
    </div>
  );
}

function ignore(): void {}

function sortBy(sort: string, direction: "asc" | "desc"): void {
  setTableQuery({ sort, direction }, true);
}

/** Keyboard commands for the current row. */
function useTableKeys({ cursor, rowAt, itemAt, toggleGroup, selection, move }: {
  cursor: number;
  rowAt: (at: number) => Row | undefined;
  itemAt: (at: number) => Item;
  toggleGroup: (value: string) => void;
  selection: ReturnType<typeof useSelection>;
  move: (by: number) => (event: KeyboardEvent) => void;
}) {
  const onLine = (work: (row: Row) => void) => (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.key === "Enter" && /^(A|BUTTON)$/.test(target.tagName)) return;
    const item = cursor < 0 ? undefined : itemAt(cursor);
    if (item?.kind === "group") toggleGroup(item.group.value);
    const row = cursor < 0 ? undefined : rowAt(cursor);
    if (row) work(row);
  };
  const keys = {
    "/": (event: KeyboardEvent) => {
      event.preventDefault();
      document.getElementById("filter")?.focus();
    },
    j: move(1),
    k: move(-1),
    ArrowDown: move(1),
    ArrowUp: move(-1),
    PageDown: move(20),
    PageUp: move(-20),
    Home: move(-Infinity),
    End: move(Infinity),
    x: onLine((row) => selection.toggle(row, false)),
    Enter: onLine((row) => location.hash = runLink(row.id)),
    Escape: () => selection.clear(),
  };
  return keys;
}

function groupOptions(names: ColumnNames, current: string): readonly (readonly [string, string])[] {
  const options: [string, string][] = [
    ["", "nothing"],
    ["status", "status"],
    ["experiment", "experiment"],
    ["user", "user"],
    ["parent", "parent"],
    ...names.params.slice(0, 200).map((key): [string, string] => [`params.${key}`, key]),
    ...names.tags.filter((key) => !key.startsWith("mlflow.") && key !== "note").slice(0, 100)
      .map((key): [string, string] => [`tags.${key}`, `tag ${key}`]),
  ];
  if (!options.some(([id]) => id === current)) options.push([current, current]);
  return options;
}

/** The columns of the address, or the usual ones. */
function useColumns(
  query: URLSearchParams,
  names: ColumnNames | undefined,
  rows: readonly (Row | undefined)[],
  all: boolean,
) {
  const usual = useRef<{ key: string; ids: string[] }>({ key: "", ids: [] });
  const first = rows[0];
  const sample = useMemo(() => rows.slice(0, 100).filter((row) => row !== undefined), [rows]);
  const hasCurve = useMemo(
    () => sample.some(({ metrics }) => Object.values(metrics).some((m) => m.count > 1)),
    [sample],
  );
  // Chosen once: columns that come and go while runs log would make the table jump.
  const key = `${all} ${names?.metrics.slice(0, 5)} ${names?.params.slice(0, 20)} ${
    first === undefined
  } ${hasCurve}`;
  if (usual.current.key !== key) {
    usual.current = { key, ids: usualColumns(names ?? NO_NAMES, sample, all) };
  }
  const ids = splitIds(query.get("cols")) ?? usual.current.ids;
  const pins = query.get("pin");
  const pinned = useMemo(() => new Set(splitIds(pins) ?? ["name"]), [pins]);
  const shown = useMemo(() => {
    const inOrder = [
      ...ids.filter((id) => pinned.has(id)),
      ...ids.filter((id) => !pinned.has(id)),
    ];
    return inOrder.map(columnOf);
  }, [ids.join("\n"), pinned]);
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(readWidths);
  const change = (columns: readonly string[]) => setTableQuery({ cols: joinIds(columns) });
  return {
    ids,
    shown,
    pinned,
    widths,
    change,
    reset: () => {
      setWidths(new Map());
      setTableQuery({ cols: undefined, pin: undefined, widths: undefined });
    },
    pin: (id: string) => {
      const next = new Set(pinned);
      if (!next.delete(id)) next.add(id);
      setTableQuery({ pin: joinIds([...next]) });
    },
    resize: (id: string, width: number) => {
      const next = new Map(widths).set(id, width);
      setWidths(next);
      setTableQuery({ widths: joinIds([...next].map(([id, width]) => `${id}:${width}`)) });
    },
    move: (id: string, before: string) => {
      const rest = ids.filter((other) => other !== id);
      rest.splice(rest.indexOf(before), 0, id);
      change(rest);
    },
  };
}

function readWidths(): ReadonlyMap<string, number> {
  const mark = location.hash.indexOf("?");
  const query = new URLSearchParams(mark < 0 ? "" : location.hash.slice(mark + 1));
  return new Map((splitIds(query.get("widths")) ?? []).map((text) => {
    const colon = text.lastIndexOf(":");
    return [text.slice(0, colon), Number(text.slice(colon + 1)) || 100];
  }));
}
