/** The store: size, health, archived runs. */
import { useState } from "preact/hooks";
import { get } from "../api.ts";
import { useCell } from "../cell.ts";
import { type Fact, Facts } from "../facts.tsx";
import { count, formatBytes } from "../format.ts";
import { Ago, Problem, Skeleton, statusWord } from "../parts.tsx";
import type { StoreInfo } from "../types.ts";
import { experimentReference, storeInfo } from "../store_info.ts";
import { link } from "../route.ts";
import { useLoad } from "../use_load.ts";

interface Health {
  readonly checks: readonly {
    readonly name: string;
    readonly state: "ok" | "warning" | "problem";
    readonly message: string;
  }[];
}

interface Sizes {
  readonly experiments: readonly {
    readonly name: string;
    readonly artifacts: number;
    readonly bytes: number;
  }[];
  readonly duplicates: { readonly artifacts: number; readonly bytes: number };
}

/** The view. */
export function StoreView() {
  const info = useCell(storeInfo);
  if (!info) {
    return (
      <main class="page" id="content" tabIndex={-1}>
        <Skeleton rows={8} label="Loading the store" />
      </main>
    );
  }
  const archived = info.experiments.reduce((sum, { archived = 0 }) => sum + archived, 0);
  const statuses: Fact[] = Object.entries(info.runs).map(([status, number]) => ({
    name: statusWord(status),
    cells: [
      status === "archived"
        ? (
          <a key="archived" href={link([], { archived: "only" })}>
            {number.toLocaleString("en-US")}
          </a>
        )
        : number.toLocaleString("en-US"),
    ],
  }));
  return (
    <main class="page" id="content" tabIndex={-1}>
      <div class="page-head">
        <h1>
          <bdi>{info.name}</bdi>
        </h1>
      </div>
      <div class="overview">
        <div class="column">
          <SizesSection />
          <HealthSection />
        </div>
        <div class="column">
          <Facts
            title="Store"
            empty=""
            facts={[
              ...info.path === undefined ? [] : [{
                name: "path",
                title: info.path,
                cells: [<bdi key="path" class="mono">{info.path}</bdi>],
              }],
              { name: "address", cells: [<span key="at" class="mono">{location.origin}</span>] },
              {
                name: "files",
                cells: [`${info.artifacts.toLocaleString("en-US")}, ${formatBytes(info.bytes)}`],
              },
              { name: "verified", cells: [<Verified key="verified" info={info} />] },
              { name: "version", cells: [`chachaml ${info.version}`] },
              {
                name: "you",
                cells: [
                  info["read-only"]
                    ? "may read; the server is read-only"
                    : `may ${info.role === "reader" ? "read" : "read and change"}`,
                ],
              },
            ]}
          />
          <Facts title="Runs" numeric empty="No runs yet." facts={statuses} />
          {archived > 0 && (
            <p class="dim">
              Archived runs are hidden until they are brought back or removed:{" "}
              <a href={link([], { archived: "only" })}>{count(archived, "archived run")}</a>
            </p>
          )}
        </div>
      </div>
    </main>
  );
}

/** When the store was verified last, and what that found. */
function Verified({ info: { verified } }: { info: StoreInfo }) {
  if (!verified) {
    return (
      <>
        never; run <code>chachaml verify</code>
      </>
    );
  }
  const { time, artifacts, damaged } = verified;
  return (
    <>
      <Ago time={time} />: {count(artifacts, "file")},{" "}
      {damaged === 0 ? "none damaged" : <strong class="error">{damaged} damaged</strong>}
    </>
  );
}

function SizesSection() {
  const [wanted, setWanted] = useState(false);
  const info = storeInfo.get()!;
  const isSmall = info.artifacts < 20_000;
  const { data, error, reload } = useLoad(
    wanted || isSmall ? "sizes" : undefined,
    (signal) => get<Sizes>("/api/sizes", {}, signal),
  );
  if (!wanted && !isSmall) {
    return (
      <section>
        <h2>Sizes</h2>
        <p class="dim">Adding up {count(info.artifacts, "file")} takes a while.</p>
        <button type="button" onClick={() => setWanted(true)}>Add them up</button>
      </section>
    );
  }
  if (error !== undefined) return <Problem words={error} retry={reload} />;
  if (!data) return <Skeleton rows={4} label="Loading sizes" />;
  const sorted = [...data.experiments].sort((a, b) => b.bytes - a.bytes);
  const most = Math.max(1, ...sorted.map(({ bytes }) => bytes));
  return (
    <>
      <Facts
        title="Sizes by experiment"
        numeric
        heads={["files", "bytes", "share"]}
        empty="No files yet."
        facts={sorted.map(({ name, artifacts, bytes }) => ({
          name,
          cells: [
            artifacts.toLocaleString("en-US"),
            <a key="bytes" href={link(["experiments", experimentReference(name)])}>
              {formatBytes(bytes)}
            </a>,
            <meter key="part" min={0} max={most} value={bytes} aria-label={`Part of ${name}`} />,
          ],
        }))}
      />
      <p class="dim">
        {data.duplicates.artifacts === 0
          ? "No file is there twice."
          : `${count(data.duplicates.artifacts, "file")} with ${
            formatBytes(data.duplicates.bytes)
          } are duplicates; chachaml dedup makes them share their bytes.`}
      </p>
    </>
  );
}

function HealthSection() {
  const { data, error, reload } = useLoad(
    "health",
    (signal) => get<Health>("/api/health", {}, signal),
  );
  return (
    <section class="facts-section">
      <header>
        <h2>Health</h2>
        <button type="button" class="quiet push" onClick={reload}>Check again</button>
      </header>
      {error !== undefined
        ? <Problem words={error} retry={reload} />
        : !data
        ? <Skeleton rows={4} label="Checking" />
        : (
          <ul class="checks">
            {data.checks.map(({ name, state, message }, at) => (
              <li key={at} class={`check-${state}`}>
                <span class="state">{state}</span>
                <span class="name">{name}</span>
                <bdi>{message}</bdi>
              </li>
            ))}
          </ul>
        )}
    </section>
  );
}
