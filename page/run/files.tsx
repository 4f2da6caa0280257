/** Files of a run: a tree on the left, the selected file on the right. */
import { useState } from "preact/hooks";
import { get, segment, urlOf } from "../api.ts";
import { count, formatBytes, formatTime } from "../format.ts";
import { Copy, Empty, Problem, SearchField, Skeleton } from "../parts.tsx";
import { bytesUrl } from "../preview/bytes.ts";
import { Preview } from "../preview/preview.tsx";
import { report } from "../report/data.ts";
import { runLink, setQuery } from "../route.ts";
import type { FileEntry, RunDetail } from "../types.ts";
import { useLoad } from "../use_load.ts";

/** Most entries that a search or a directory shows. */
const MOST = 1000;

/** The tab. */
export function FilesView({ run, path, query }: {
  run: RunDetail;
  path: string;
  query: URLSearchParams;
}) {
  const search = query.get("search") ?? "";
  const all = (run.artifacts ?? []).map((artifact): FileEntry => ({
    "name": artifact.name,
    "directory": false,
    "artifact-id": artifact.id,
    "size": artifact.size ?? null,
    "content-type": artifact["content-type"] ?? null,
    "hash": artifact.hash ?? null,
    ...artifact["created-at"] !== undefined && { "created-at": artifact["created-at"] },
  }));
  const chosen = all.find(({ name }) => name === path);
  const found = search === ""
    ? undefined
    : all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  if (all.length === 0 && run.status !== "running") return <Empty>This run has no files.</Empty>;
  return (
    <div class="files">
      <div class="tree" role="group" aria-label="Files">
        <SearchField
          label="Search files"
          placeholder={`Search ${count(all.length, "file")}`}
          value={search}
          onSearch={(text) => setQuery({ search: text || undefined })}
        />
        {found
          ? (
            <ul>
              {found.slice(0, MOST).map((entry) => (
                <FileItem
                  key={entry.name}
                  run={run.id}
                  entry={entry}
                  name={entry.name}
                  path={path}
                />
              ))}
              {found.length === 0 && <li class="dim">No file has this in its name</li>}
            </ul>
          )
          : <Directory run={run.id} prefix="" path={path} />}
        {!report && (
          <a class="download" href={urlOf(`/api/runs/${segment(run.id)}/files.tar`)} download>
            Download all as tar
          </a>
        )}
      </div>
      <div class="chosen">
        {chosen
          ? <Chosen run={run.id} entry={chosen} />
          : path !== "" && all.some(({ name }) => name.startsWith(`${path}/`))
          ? <ChosenDirectory run={run.id} path={path} files={all} />
          : path !== ""
          ? <Empty>This run has no file “{path}”.</Empty>
          : <Empty>Choose a file to see it.</Empty>}
      </div>
    </div>
  );
}

function Directory({ run, prefix, path }: { run: string; prefix: string; path: string }) {
  const { data, error, reload } = useLoad(
    `files ${run} ${prefix}`,
    (signal) =>
      get<{ entries: FileEntry[] }>(`/api/runs/${segment(run)}/files`, { prefix }, signal),
  );
  if (!data) {
    return error === undefined
      ? <Skeleton rows={3} label="Loading files" />
      : <Problem words={error} retry={reload} />;
  }
  return (
    <ul>
      {data.entries.slice(0, MOST).map((entry) => {
        const name = fileName(entry.name);
        return entry.directory
          ? <Branch key={entry.name} run={run} entry={entry} name={name} path={path} />
          : <FileItem key={entry.name} run={run} entry={entry} name={name} path={path} />;
      })}
      {data.entries.length > MOST && (
        <li class="dim">{data.entries.length - MOST} more; search for them</li>
      )}
    </ul>
  );
}

function Branch({ run, entry, name, path }: {
  run: string;
  entry: FileEntry;
  name: string;
  path: string;
}) {
  const isWithin = path === entry.name || path.startsWith(`${entry.name}/`);
  const [open, setOpen] = useState(isWithin);
  return (
    <li>
      <div class={`entry${path === entry.name ? " current" : ""}`}>
        <button
          type="button"
          class="disclosure"
          aria-expanded={open}
          aria-label={`Directory ${name}`}
          onClick={() => setOpen(!open)}
        >
          {open ? "▾" : "▸"}
        </button>
        <a
          href={runLink(run, "files", entry.name)}
          title={entry.name}
          onClick={() => setOpen(true)}
        >
          <bdi>{name}/</bdi>
        </a>
        <span class="number">{formatBytes(entry.size)}</span>
      </div>
      {open && <Directory run={run} prefix={entry.name} path={path} />}
    </li>
  );
}

function FileItem({ run, entry, name, path }: {
  run: string;
  entry: FileEntry;
  name: string;
  path: string;
}) {
  const isLog = !entry["artifact-id"];
  const isCurrent = path === entry.name;
  return (
    <li>
      <div class={`entry file${isCurrent ? " current" : ""}`}>
        <a
          href={isLog
            ? `${runLink(run, "log")}${entry.name === "stderr.log" ? "?stream=stderr" : ""}`
            : runLink(run, "files", entry.name)}
          title={entry.name}
          aria-current={isCurrent ? "true" : undefined}
        >
          <bdi>{name}</bdi>
        </a>
        <span class="number">{entry.growing ? "grows" : formatBytes(entry.size)}</span>
      </div>
    </li>
  );
}

function Chosen({ run, entry }: { run: string; entry: FileEntry }) {
  const id = entry["artifact-id"]!;
  const url = bytesUrl(id);
  return (
    <article aria-label={entry.name}>
      <header class="file-head">
        <h2 title={entry.name}>
          <bdi>{entry.name}</bdi>
        </h2>
        {url !== "" && <a class="button" href={url} download={fileName(entry.name)}>Download</a>}
      </header>
      <p class="file-facts dim">
        <span>{formatBytes(entry.size)}</span>
        {entry["content-type"] && <span>{entry["content-type"]}</span>}
        {entry["created-at"] && <span>{formatTime(entry["created-at"])}</span>}
        {entry.hash && (
          <Copy
            text={entry.hash}
            shown={`sha256 ${entry.hash.slice(0, 12)}…`}
            label="the SHA-256"
          />
        )}
      </p>
      <Preview key={id} entry={entry} run={run} />
    </article>
  );
}

function fileName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function ChosenDirectory({ run, path, files }: {
  run: string;
  path: string;
  files: readonly FileEntry[];
}) {
  const within = files.filter(({ name }) => name.startsWith(`${path}/`));
  const size = within.reduce((sum, { size }) => sum + (size ?? 0), 0);
  return (
    <article aria-label={path}>
      <header class="file-head">
        <h2>
          <bdi>{path}/</bdi>
        </h2>
        {!report && (
          <a
            class="button"
            href={urlOf(`/api/runs/${segment(run)}/files.tar`, { prefix: `${path}/` })}
            download
          >
            Download as tar
          </a>
        )}
      </header>
      <p class="dim">{count(within.length, "file")}, {formatBytes(size)}</p>
    </article>
  );
}
