/** The experiments, at the left of the runs. */
import { SearchField } from "../parts.tsx";
import { useState } from "preact/hooks";
import { link } from "../route.ts";
import type { ExperimentInfo, StoreInfo } from "../types.ts";

/** From so many experiments on they can be searched. */
const SEARCH_FROM = 12;

/** Most that are listed at once. */
const MOST = 300;

/** Experiments to choose from; a list, or a menu on narrow screens. */
export function Experiments({ info, current, archived }: {
  info: StoreInfo | undefined;
  current: string | undefined;
  archived: boolean;
}) {
  const [search, setSearch] = useState("");
  if (!info) return <aside class="experiments" aria-label="Experiments" />;
  const total = info.experiments.reduce((sum, one) => sum + activeRuns(one), 0);
  const hidden = info.experiments.reduce((sum, { archived = 0 }) => sum + archived, 0);
  const matching = info.experiments.filter(({ name }) =>
    name.toLowerCase().includes(search.toLowerCase())
  );
  return (
    <aside class="experiments" aria-label="Experiments">
      <h2>Experiments</h2>
      {info.experiments.length >= SEARCH_FROM && (
        <SearchField
          label="Search experiments"
          placeholder="Search"
          value={search}
          onSearch={setSearch}
        />
      )}
      <label class="narrow-only">
        <span class="visually-hidden">Experiment</span>
        <select
          value={current ?? ""}
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            location.hash = value === "" ? "#/" : link(["experiments", referenceOf(info, value)]);
          }}
        >
          <option value="">all experiments</option>
          {info.experiments.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <ul>
        <li>
          <Entry
            name="all"
            href="#/"
            runs={total}
            isCurrent={current === undefined && !archived}
            running={0}
          />
        </li>
        {matching.slice(0, MOST).map((experiment) => (
          <li key={experiment.name}>
            <Entry
              name={experiment.name}
              href={link(["experiments", experiment.id ?? experiment.name])}
              runs={activeRuns(experiment)}
              running={experiment.running ?? 0}
              title={experiment.description ?? experiment.name}
              isCurrent={current === experiment.name}
            />
          </li>
        ))}
        {hidden > 0 && (
          <li class="apart">
            <Entry
              name="archived"
              href={link([], { archived: "only" })}
              runs={hidden}
              running={0}
              isCurrent={current === undefined && archived}
            />
          </li>
        )}
      </ul>
      {matching.length > MOST && <p class="dim">{matching.length - MOST} more; search for them</p>}
    </aside>
  );
}

/** Runs that are not archived. */
function activeRuns({ runs, archived = 0 }: ExperimentInfo): number {
  return runs - archived;
}

function referenceOf(info: StoreInfo, name: string): string {
  const found: ExperimentInfo | undefined = info.experiments.find((one) => one.name === name);
  return found?.id ?? name;
}

function Entry({ name, href, runs, running, isCurrent, title = name }: {
  name: string;
  href: string;
  runs: number;
  running: number;
  isCurrent: boolean;
  title?: string;
}) {
  return (
    <a href={href} aria-current={isCurrent ? "page" : undefined} title={title}>
      <bdi>{name}</bdi>
      {running > 0 && <span class="running-dot" title={`${running} running`} />}
      <span class="number">{runs.toLocaleString("en-US")}</span>
    </a>
  );
}
