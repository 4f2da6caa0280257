/** What changed between two versions of a model. */
import { get, segment } from "../api.ts";
import { formatNumber, formatValue, toNumber } from "../format.ts";
import { Choice, Problem, Skeleton } from "../parts.tsx";
import type { Num } from "../types.ts";
import { useLoad } from "../use_load.ts";

interface Part {
  readonly same: Readonly<Record<string, unknown>>;
  readonly differ: Readonly<Record<string, readonly unknown[]>>;
  readonly partial: Readonly<Record<string, readonly unknown[]>>;
}

/** The comparison of two versions. */
export function VersionDiff({ model, versions, from, to, onChange }: {
  model: string;
  versions: readonly number[];
  from: number;
  to: number;
  onChange: (from: number, to: number) => void;
}) {
  const { data, error, reload } = useLoad(
    from > 0 && to > 0 && from !== to ? `diff ${model} ${from} ${to}` : undefined,
    (signal) =>
      get<{ params: Part; metrics: Part }>(
        `/api/diff/${segment(model)}/${from}/${to}`,
        {},
        signal,
      ),
  );
  const options = versions.map((version) => [String(version), String(version)] as const);
  return (
    <section aria-label="What changed between two versions">
      <div class="controls">
        <h2>What changed</h2>
        <Choice
          label="from version"
          value={String(from)}
          options={options}
          onChange={(value) => onChange(Number(value), to)}
        />
        <Choice
          label="to version"
          value={String(to)}
          options={options}
          onChange={(value) => onChange(from, Number(value))}
        />
      </div>
      {from === to
        ? <p class="dim">Choose two versions.</p>
        : error !== undefined
        ? <Problem words={error} retry={reload} />
        : !data
        ? <Skeleton rows={4} />
        : <Changes params={data.params} metrics={data.metrics} from={from} to={to} />}
    </section>
  );
}

function Changes({ params, metrics, from, to }: {
  params: Part;
  metrics: Part;
  from: number;
  to: number;
}) {
  const rows = [
    ...changesOf(params).map(([key, values]) => ["param", key, values.map(textOf)] as const),
    ...changesOf(metrics).map(([key, values]) =>
      ["metric", key, values.map((value) => value == null ? "–" : number(value))] as const
    ),
  ];
  if (rows.length === 0) return <p class="dim">Their runs have the same params and metrics.</p>;
  const same = Object.keys(params.same).length + Object.keys(metrics.same).length;
  return (
    <>
      <div class="grid-scroll" tabIndex={0} role="region" aria-label="Changes">
        <table class="grid full">
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">kind</th>
              <th scope="col" class="right">version {from}</th>
              <th scope="col" class="right">version {to}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([kind, key, values]) => (
              <tr key={`${kind} ${key}`}>
                <td>
                  <bdi>{key}</bdi>
                </td>
                <td class="dim">{kind}</td>
                {values.map((text, at) => (
                  <td key={at} class="right" title={text}>
                    <bdi>{text}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {same > 0 && <p class="dim">{same} others are the same in both.</p>}
    </>
  );
}

function changesOf({ differ, partial }: Part): [string, readonly unknown[]][] {
  return [...Object.entries(differ), ...Object.entries(partial)].sort(([a], [b]) => a < b ? -1 : 1);
}

function textOf(value: unknown): string {
  return value == null ? "–" : formatValue(value);
}

function number(value: unknown): string {
  return formatNumber(toNumber(value as Num), 5);
}
