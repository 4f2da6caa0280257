/** Behaviour of the documents of MLflow clients, whatever keeps them. */
import assert from "node:assert/strict";
import type {
  DocumentPlace,
  MlflowDocument,
  MlflowDocuments,
} from "../../src/metadata/mlflow_documents.ts";
import type { WithMetadata } from "./metadata.ts";

function document(id: string, time: number, more: Partial<MlflowDocument> = {}): MlflowDocument {
  return { kind: "k", id, scope: "s", time, data: `"${id}"`, ...more };
}

/** A merge that notes what it was merged into. */
function merging(id: string, more: { mustExist?: boolean } = {}) {
  const merge = (existing: string) => `[${existing}, "again"]`;
  return { ...document(id, 1), merge, ...more };
}

/** Declares the tests; `declare` names each for the implementation. */
export function testDocuments(
  declare: (name: string, test: (withMetadata: WithMetadata) => Promise<void>) => void,
): void {
  const test = (name: string, work: (documents: MlflowDocuments) => Promise<void>) =>
    declare(
      name,
      (withMetadata) =>
        withMetadata(async (metadata) => await work((await metadata.mlflow()).documents)),
    );

  test("documents: put() replaces, get() and change() find by kind and id", async (documents) => {
    await documents.put(document("a", 1));
    await documents.put(document("a", 2, { kind: "other" }));
    await documents.put(document("a", 3, { data: `"new"` }));
    assert.equal(await documents.get("k", "a"), `"new"`);
    assert.equal(await documents.get("other", "a"), `"a"`);
    assert.equal(await documents.change("k", "a", (data) => `[${data}]`), true);
    assert.equal(await documents.get("k", "a"), `["new"]`);
    assert.equal(await documents.change("k", "no", () => "never"), false);
  });

  test("documents: merge() adds and merges, all or none", async (documents) => {
    assert.equal(await documents.merge([merging("b"), merging("a")]), 2);
    assert.equal(await documents.merge([merging("a"), merging("c")]), 1);
    assert.equal(await documents.get("k", "a"), `["a", "again"]`);
    const needing = [merging("d"), merging("no", { mustExist: true })];
    assert.equal(await documents.merge(needing), undefined);
    assert.equal(await documents.get("k", "d"), undefined);
    const failing = {
      ...merging("a"),
      merge: () => {
        throw new RangeError("no merge");
      },
    };
    await assert.rejects(documents.merge([merging("e"), failing]), RangeError);
    assert.equal(await documents.get("k", "e"), undefined);
  });

  test("documents: merges at once lose nothing", async (documents) => {
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, at) =>
          documents.merge(at % 2 ? [merging("a"), merging("b")] : [merging("b"), merging("a")]),
      ),
    );
    for (const id of ["a", "b"]) {
      assert.equal((await documents.get("k", id))?.split("again").length, 20);
    }
  });

  test("documents: list() pages by time while others are added", async (documents) => {
    for (const [at, id] of ["d", "a", "c", "b"].entries()) {
      await documents.put(document(id, at < 2 ? 1 : 2, { scope: at === 3 ? "t" : "s" }));
    }
    const ids = async (scopes: string[] | undefined, oldestFirst: boolean) => {
      const found: string[] = [];
      let after: DocumentPlace | undefined;
      for (;;) {
        const page = await documents.list("k", scopes, { limit: 1, after, oldestFirst });
        found.push(...page.items.map(({ id }) => id));
        after = page.items.at(-1);
        await documents.put(document("z", oldestFirst ? 0 : 9));
        if (!page.more) return found;
      }
    };
    assert.deepEqual(await ids(undefined, false), ["c", "b", "d", "a"]);
    await documents.remove("k", ["z"]);
    assert.deepEqual(await ids(undefined, true), ["a", "d", "b", "c"]);
    await documents.remove("k", ["z"]);
    assert.deepEqual(await ids(["t", "no"], false), ["b"]);
    assert.deepEqual(await ids([], false), []);
  });

  test("documents: count(), remove() and removeScope() keep to scopes and kinds", async (documents) => {
    for (const id of ["a", "b"]) await documents.put(document(id, 1));
    await documents.put(document("c", 1, { scope: "t" }));
    await documents.put(document("a", 1, { kind: "other" }));
    const counts = await documents.count("k", ["s", "t", "no"]);
    assert.deepEqual([...counts].sort(), [["s", 2], ["t", 1]]);
    assert.equal(await documents.remove("k", ["a", "c"], "t"), 1);
    assert.equal(await documents.remove("k", ["a", "no"]), 1);
    assert.equal(await documents.get("other", "a"), `"a"`);
    await documents.removeScope(["k"], "s");
    assert.deepEqual([...await documents.count("k", ["s"])], []);
    assert.equal(await documents.get("other", "a"), `"a"`);
  });
}
