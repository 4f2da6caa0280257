/** Displays of reports: maintenance, backup and archive. */
import type { GcReport } from "../maintenance/gc.ts";
import type { DedupReport } from "../maintenance/dedup.ts";
import type { StoreInfo } from "../maintenance/info.ts";
import type { PruneReport } from "../maintenance/prune.ts";
import type { Finding } from "../maintenance/findings.ts";
import type { VerifySummary } from "../maintenance/verify.ts";
import { count, formatBytes } from "../text/format.ts";
import type { BackupReport } from "../backup/options.ts";
import type { ImportReport } from "../archive/import.ts";
import type { RestoreReport } from "../backup/restore.ts";
import { idCell, noWrap, oneLine } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { artifactsTable, runsTable } from "./lists.ts";
import { MAX_ROWS, pairs, type Table, tableHtml, tableText } from "./table.ts";

/** Displays the result of a verification. */
export function showVerifySummary(summary: VerifySummary): MediaBundle {
  return showVerification(summary, []);
}

/** Displays the result of a verification with its findings. */
export function showVerification(
  { artifacts, bytes, hashed, damaged, leftovers, foreign }: VerifySummary,
  findings: readonly Finding[],
): MediaBundle {
  const clean = damaged === 0;
  const whole = hashed === artifacts ? "all as stored" : `all there, ${hashed} of them read`;
  const details = `${count(artifacts, "artifact")}, ${formatBytes(bytes)}: ` +
    `${clean ? whole : `${damaged} damaged`}` +
    (leftovers === 0 ? "" : `, ${count(leftovers, "leftover")} for gc`);
  return report(clean ? "good" : "bad", clean ? "Verified" : "Damage found", details, [[
    "Findings",
    {
      head: ["kind", "path", "what"],
      total: damaged + leftovers + foreign,
      rows: findings.slice(0, MAX_ROWS).map((
        { kind, path, message },
      ) => [noWrap(kind), path, message]),
    },
  ]]);
}

/** Displays the report of `gc`. */
export function showGc({ dryRun, removed, bytes, failed, foreign }: GcReport): MediaBundle {
  const details = `${count(removed.length, "leftover")}, ${formatBytes(bytes)}`;
  const title = dryRun ? "Would be collected" : "Collected";
  return report(failed.length > 0 ? "bad" : "good", title, details, [
    ["Leftovers", {
      head: ["kind", "path", "size"],
      right: ["size"],
      total: removed.length,
      rows: removed.slice(0, MAX_ROWS).map(({ kind, path, bytes }) => [
        kind,
        path,
        formatBytes(bytes),
      ]),
    }],
    ["Not removed", failures(failed.map(({ path, error }) => ({ name: path, error })))],
    ["Not of this store, and kept", {
      head: ["path"],
      total: foreign.length,
      rows: foreign.slice(0, MAX_ROWS).map((path) => [path]),
    }],
  ]);
}

/** Displays the report of `dedup`. */
export function showDedup(
  { dryRun, shared, bytes, unshared, failed }: DedupReport,
): MediaBundle {
  const details = `${count(shared.length, "artifact")} sharing a file, ${formatBytes(bytes)} freed`;
  const title = dryRun ? "Would be deduplicated" : "Deduplicated";
  return report(failed.length > 0 ? "bad" : "good", title, details, [
    [dryRun ? "Would be shared" : "Shared", artifactsTable(shared)],
    ["With a file of their own still", artifactsTable(unshared)],
    ["Failed", failures(failed.map(({ artifact: { name }, error }) => ({ name, error })))],
  ]);
}

/** Displays the report of `prune`. */
export function showPrune({ dryRun, removed, kept }: PruneReport): MediaBundle {
  const title = dryRun ? "Would be pruned" : "Pruned";
  return report("good", title, count(removed.length, "run"), [
    [dryRun ? "Would be removed" : "Removed", runsTable(removed)],
    ["Kept, as models are made of them", runsTable(kept)],
  ]);
}

/** Displays the report of a backup. */
export function showBackup(backup: BackupReport): MediaBundle {
  const { path, artifacts, bytes, copied, copiedBytes, linked, omitted, check } = backup;
  const details = `${count(artifacts, "artifact")}, ${formatBytes(bytes)}; copied ${copied}, ` +
    formatBytes(copiedBytes) + (linked > 0 ? `; ${linked} sharing files with the store` : "") +
    (check ? `; checked, ${check.damaged} damaged` : "");
  return report(omitted.length > 0 ? "bad" : "good", "Backed up", `${details}, to ${path}`, [
    ["Left out", failures(omitted.map(({ artifact: { name }, error }) => ({ name, error })))],
  ]);
}

/** Displays the report of a restore. */
export function showRestore({ path, restored, bytes, failed }: RestoreReport): MediaBundle {
  const details = `${count(restored.length, "artifact")}, ${formatBytes(bytes)}, to ${path}`;
  return report(failed.length > 0 ? "bad" : "good", "Restored", details, [
    ["Brought back", artifactsTable(restored)],
    ["Still damaged", failures(failed.map(({ artifact: { name }, error }) => ({ name, error })))],
  ]);
}

/** Displays the report of an import. */
export function showImport({ runs, artifacts, bytes }: ImportReport): MediaBundle {
  const details = `${count(runs.length, "run")}, ${count(artifacts, "artifact")}, ${
    formatBytes(bytes)
  }`;
  return report("good", "Imported", details, [["Runs", {
    head: ["run", "in the archive", ""],
    total: runs.length,
    rows: runs.slice(0, MAX_ROWS).map(({ id, archivedId, imported }) => [
      idCell(id),
      idCell(archivedId),
      imported ? "" : "was there",
    ]),
  }]]);
}

/** Displays the counts of a store. */
export function showInfo(info: StoreInfo): MediaBundle {
  const { location, driver, runs, experiments, databaseBytes } = info;
  const table = pairs([
    ["database", location.database ?? "in memory"],
    ["artifact directory", location.artifacts],
    ["driver", driver ?? ""],
    ["runs", Object.entries(runs).map(([status, number]) => `${number} ${status}`).join(", ")],
    ["experiments", String(experiments)],
    ["artifacts", `${info.artifacts}, ${formatBytes(info.bytes)}`],
    ["files", info.fileBytes === undefined ? "" : formatBytes(info.fileBytes)],
    ["database size", databaseBytes === undefined ? "" : formatBytes(databaseBytes)],
  ]);
  return bundle(tableHtml(table), tableText(table));
}

function failures(items: readonly { name: string; error: Error }[]): Table {
  return {
    head: ["name", "why"],
    total: items.length,
    rows: items.slice(0, MAX_ROWS).map(({ name, error }) => [name, error.message]),
  };
}

/** Displays a headline and the tables that are not empty. */
function report(
  look: "good" | "bad",
  title: string,
  details: string,
  tables: readonly (readonly [string, Table])[],
): MediaBundle {
  const filled = tables.filter(([, { rows }]) => rows.length > 0);
  const sections = filled.map(([heading, table]) => markup`<h5>${heading}</h5>${tableHtml(table)}`);
  const body = markup`<div><strong class="${look}">${title}</strong> ${details}</div>${sections}`;
  const lines = filled.flatMap(([heading, table]) => ["", heading, tableText(table)]);
  return bundle(body, [`${title}: ${oneLine(details)}`, ...lines].join("\n"));
}
