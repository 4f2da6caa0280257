/**
 * Compositions that the behavior tests run on, beside SQLite with files: `deno task test:stores` sets
 * CHACHAML_TEST_STORE, and starts the servers.
 */
import { artifactDirOf } from "../../mod.ts";

/** Which adapters a store is put together from. */
export interface Composition {
  /** Its name, e.g. `"postgres+files"`. */
  readonly name: string;
  /** Whether it is SQLite with files, reached through a server. */
  readonly isServed?: boolean;
  /** Whether its bytes are in a bucket, where there are no files to look at. */
  readonly isBucket?: boolean;
  /** Where the store is that would have this database file on SQLite. */
  readonly placeOf: (path: string) => { readonly path: string; readonly artifactDir: string };
}

/** Bucket of the stores whose artifacts are in one. */
export const TEST_BUCKET = "chachaml-test";

const ADAPTERS = {
  sqlite: (path: string) => path,
  postgres: (path: string) => `${required("CHACHAML_TEST_POSTGRES")}?currentSchema=${nameOf(path)}`,
  files: (path: string) => artifactDirOf(path),
  s3: (path: string) =>
    `s3://${TEST_BUCKET}/${nameOf(path)}?endpoint=${required("CHACHAML_TEST_S3")}&region=us-east-1`,
};

/** A name of its own for each path: tests have directories of their own. */
function nameOf(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(-60).replace(/^-/, "");
}

/** The composition that is asked for; `undefined` for SQLite with files. */
export const COMPOSITION: Composition | undefined = compositionOf(
  Deno.env.get("CHACHAML_TEST_STORE"),
);

function compositionOf(name: string | undefined): Composition | undefined {
  if (name === undefined) return undefined;
  if (name === "remote") {
    return {
      name,
      isServed: true,
      placeOf: (path) => ({ path, artifactDir: artifactDirOf(path) }),
    };
  }
  const [metadata, bytes] = name.split("+") as ["sqlite" | "postgres", "files" | "s3"];
  return {
    name,
    isBucket: bytes === "s3",
    placeOf: (path) => ({ path: ADAPTERS[metadata](path), artifactDir: ADAPTERS[bytes](path) }),
  };
}

function required(variable: string): string {
  const value = Deno.env.get(variable);
  if (value === undefined) throw new Error(`${variable} says where the server is`);
  return value;
}
