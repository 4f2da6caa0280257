/** Names and values as a table that is searched where it is long. */
import { SearchField } from "./parts.tsx";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** From so many rows on there is a search. */
const SEARCH_FROM = 16;

/** Most rows that are drawn. */
const MOST = 400;

/** A line of facts: a name, and values. */
export interface Fact {
  readonly name: string;
  readonly cells: readonly ComponentChildren[];
  /** The text of a value that may be cut. */
  readonly title?: string;
}

/** A table of facts. */
export function Facts({ title, heads, facts, numeric = false, empty }: {
  title: string;
  /** Headings of the values. */
  heads?: readonly string[];
  facts: readonly Fact[];
  numeric?: boolean;
  empty: string;
}) {
  const [search, setSearch] = useState("");
  const low = search.toLowerCase();
  const matching = facts.filter(({ name, title = "" }) =>
    name.toLowerCase().includes(low) || title.toLowerCase().includes(low)
  );
  return (
    <section class="facts-section">
      <header>
        <h2>{title}</h2>
        {facts.length > 0 && <span class="dim">{facts.length}</span>}
        {facts.length >= SEARCH_FROM && (
          <SearchField
            label={`Search ${title.toLowerCase()}`}
            placeholder="Search"
            value={search}
            onSearch={setSearch}
          />
        )}
      </header>
      {facts.length === 0
        ? <p class="dim">{empty}</p>
        : (
          <table class={`facts-table${numeric ? " numeric" : ""}`}>
            <caption class="visually-hidden">{title}</caption>
            <colgroup>
              <col class="col-name" />
            </colgroup>
            {heads && (
              <thead>
                <tr>
                  <th scope="col">name</th>
                  {heads.map((head) => <th key={head} scope="col">{head}</th>)}
                </tr>
              </thead>
            )}
            <tbody>
              {matching.slice(0, MOST).map(({ name, cells, title }) => (
                <tr key={name}>
                  <th scope="row" title={name}>
                    <bdi>{name}</bdi>
                  </th>
                  {cells.map((cell, at) => <td key={at} title={title}>{cell}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      {matching.length > MOST && <p class="dim">{matching.length - MOST} more; search for them</p>}
      {facts.length > 0 && matching.length === 0 && <p class="dim">Nothing has this in its name</p>}
    </section>
  );
}
