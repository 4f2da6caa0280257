/** The order of rooms, and the doors between them. */
import assert from "node:assert/strict";
import { expandGlob } from "@std/fs";
import { fromFileUrl } from "@std/path";

/** Rooms from the lowest to the highest: a file imports only from its own room and from lower ones. */
const ROOMS = [
  "base",
  "edn",
  "names",
  "text",
  "display",
  "bytes",
  "metadata",
  "metadata/sql",
  "bytes/files",
  "bytes/memory",
  "bytes/s3",
  "metadata/sqlite",
  "metadata/postgres",
  "artifacts",
  "remote",
  "context",
  "processes",
  "metrics",
  "models",
  "maintenance",
  "runs",
  "archive",
  "backup",
  "jupyter",
  "store",
  "server",
  "cli",
];

/** What only some rooms may use. Files outside them that may, each with the reason. */
const DOORS: readonly { words: RegExp; rooms: readonly string[]; except: readonly string[] }[] = [
  {
    words: /Deno\.(open|openSync|link|linkSync|rename|renameSync)\b|["'`/]\.staging|\bSTAGING\b/,
    rooms: ["bytes/files", "bytes/s3"],
    except: [
      "src/artifacts/put_source.ts", // opens the user's own file
      "src/artifacts/open_within.ts", // opens the user's own file
      "src/artifacts/artifact_reader.ts", // saves to the user's own path
      "src/remote/spool/kept_file.ts", // keeps a log that is not sent yet, in a file of its own
      "src/remote/spool/spool_file.ts", // keeps what could not be sent, in files of its own
      "src/cli/save_output.ts", // writes the user's own file
      "src/cli/commands/import.ts", // reads the user's own file
      "src/cli/exec/interpreter.ts", // reads the first line of the user's own program
      "src/metadata/sqlite/database_files.ts", // the database's own files
      "src/metadata/sqlite/reserve.ts", // the database's own files
      "src/names/names.ts", // reserves the name
      "src/server/trackio/spool.ts", // uploads that belong to no run yet
    ],
  },
  {
    words: /\bPRAGMA\b|\browid\b|\bsqlite_/,
    rooms: ["metadata/sqlite"],
    except: [],
  },
];

const ROOT = new URL("..", import.meta.url);

/**
 * The graph of the modules below a directory, from some entries: imports of each, types and dynamic
 * ones too.
 */
async function graph(
  directory: string,
  entries: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const map = import.meta.resolve("@std/fs").includes("npm_only")
    ? ["--import-map=tools/npm_only/import_map.json"]
    : [];
  const modules = new Map<string, readonly string[]>();
  const isOwn = (specifier: string) => specifier.startsWith(`${ROOT.href}${directory}/`);
  for (const entry of entries) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", ...map, entry],
      cwd: fromFileUrl(ROOT),
      stderr: "null",
    }).output();
    const info = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: {
        specifier: string;
        dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
      }[];
    };
    for (const { specifier, dependencies = [] } of info.modules) {
      if (!isOwn(specifier)) continue;
      const imports = dependencies.flatMap(({ code, type }) =>
        [code?.specifier, type?.specifier].filter((found) => found !== undefined)
      );
      modules.set(pathOf(specifier), [...new Set(imports.filter(isOwn).map(pathOf))]);
    }
  }
  return modules;
}

function pathOf(specifier: string): string {
  return specifier.slice(ROOT.href.length);
}

/** The room of a file: its directory, or the nearest above it that is one. */
function roomOf(path: string): string {
  const directories = path.split("/").slice(1, -1);
  for (let depth = directories.length; depth > 0; depth--) {
    const room = directories.slice(0, depth).join("/");
    if (ROOMS.includes(room)) return room;
  }
  throw new Error(`${path} is in no room; name its room in this file's table`);
}

/** The text of a page of the project, from a heading to the next one. */
async function sectionOf(page: string, heading: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(page, ROOT));
  const start = text.indexOf(`\n## ${heading}\n`);
  assert.ok(start >= 0, `${page} has no section "${heading}"`);
  const end = text.indexOf("\n## ", start + 1);
  return text.slice(start, end < 0 ? undefined : end);
}

const modules = await graph("src", ["mod.ts", "cli.ts", "src/server/mod.ts"]);

Deno.test("every file of src/ is in a room", () => {
  assert.ok(modules.size > 100);
  for (const path of modules.keys()) roomOf(path);
});

Deno.test("CONTRIBUTING lists the rooms in this order", async () => {
  const section = await sectionOf("CONTRIBUTING.md", "Rooms");
  const list = section.slice(
    section.indexOf("lower ones:"),
    section.indexOf("`tests/architecture"),
  );
  assert.deepEqual(Array.from(list.matchAll(/`([\w/]+)`/g), ([, room]) => room), ROOMS);
});

Deno.test("the architecture page describes the rooms in this order", async () => {
  const page = "docs/architecture.md";
  const section = await sectionOf(page, "Rooms, from the lowest to the highest");
  const cells = section.split("\n").map((line) => line.split("|")[1] ?? "").join("\n");
  assert.deepEqual(Array.from(cells.matchAll(/`([\w/]+)\/`/g), ([, room]) => room), ROOMS);
});

Deno.test("no import leads to a higher room", () => {
  const upward = [...modules].flatMap(([path, imports]) =>
    imports.filter((to) => ROOMS.indexOf(roomOf(to)) > ROOMS.indexOf(roomOf(path)))
      .map((to) => `${path} imports ${to}`)
  );
  assert.deepEqual(upward, []);
});

Deno.test("no imports form a circle", async () => {
  const all = new Map([...modules, ...await graph("page", ["page/main.tsx"])]);
  assert.ok(all.size > modules.size + 50);
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    assert.ok(!way.includes(path), [...way.slice(way.indexOf(path)), path].join(" > "));
    if (done.has(path)) return;
    for (const to of all.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of all.keys()) visit(path, []);
});

Deno.test("only their own rooms know files, staging and SQLite", async () => {
  const found: string[] = [];
  for (const path of modules.keys()) {
    const source = await Deno.readTextFile(new URL(path, ROOT));
    const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    for (const { words, rooms, except } of DOORS) {
      if (rooms.includes(roomOf(path)) || except.includes(path)) continue;
      const word = words.exec(code)?.[0];
      if (word !== undefined) found.push(`${path}: ${word}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("no exception to a door is left over", async () => {
  const unused: string[] = [];
  for (const { words, except } of DOORS) {
    for (const path of except) {
      const source = await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
      if (!words.test(source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""))) unused.push(path);
    }
  }
  assert.deepEqual(unused, []);
});

Deno.test("the store itself has less than 300 lines", async () => {
  const store = await Deno.readTextFile(new URL("src/store/store.ts", ROOT));
  assert.ok(store.split("\n").length < 300);
});

Deno.test("no file of src/, tests/, bench/ or tools/ has more than 400 lines", async () => {
  const paths = new Set(modules.keys());
  for await (
    const { path } of expandGlob("{tests,bench,tools}/**/*.ts", { root: fromFileUrl(ROOT) })
  ) {
    paths.add(path);
  }
  const long: string[] = [];
  for (const path of paths) {
    const lines = (await Deno.readTextFile(new URL(path, ROOT))).split("\n").length - 1;
    if (lines > 400) long.push(`${path}: ${lines}`);
  }
  assert.deepEqual(long, []);
});
