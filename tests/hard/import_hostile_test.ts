import assert from "node:assert/strict";
import {
  join,
  type Member,
  opened,
  packed,
  pax,
  rowsOf,
  streamOf,
  tar,
} from "../support/archive_helpers.ts";
import { sha256 } from "../support/helpers.ts";
import { assertRefused, NAMES, withArchive } from "../support/import_hostile_helpers.ts";

const link = (type: string) => (linkname: string): Member => ({ name: "r/a.txt", type, linkname });
const [hardLink, symlink] = [link("1"), link("2")];

/** What is done to the members of an archive, and what is said of it. */
const MEMBERS: Record<string, [(files: Member[]) => Member[], RegExp]> = {
  "a member with .. in front": [(files) => [...files, { name: "../evil" }], /not in its manifest/],
  "a member with .. inside": [
    (files) => [...files, { name: "r/../../evil" }],
    /not in its manifest/,
  ],
  "a member of the run with ..": [
    ([first, ...rest]) => [{ ...first!, name: "r/deep/../a.txt" }, ...rest],
    /not in its manifest/,
  ],
  "an absolute member": [(files) => [...files, { name: "/tmp/evil" }], /not in its manifest/],
  "a member with backslashes": [(files) => [...files, { name: "r\\evil" }], /not in its manifest/],
  "a member in the store's own directory": [
    (files) => [...files, { name: ".staging/evil" }],
    /not in its manifest/,
  ],
  "a directory with ..": [
    (files) => [{ name: "../evil/", type: "5" }, ...files],
    /segment "\.\."/,
  ],
  "an absolute directory": [(files) => [{ name: "/evil/", type: "5" }, ...files], /relative/],
  "a directory that its name alone tells of": [
    (files) => [{ name: "../evil/", type: "0" }, ...files],
    /segment "\.\."/,
  ],
  "a symbolic link": [(files) => [symlink("/etc/passwd"), ...files.slice(1)], /is a symlink/],
  "a symbolic link beside the files": [
    (files) => [...files, { ...symlink("/tmp"), name: "r/link" }],
    /is a symlink/,
  ],
  "a hard link": [(files) => [...files.slice(1), hardLink("r/deep/b")], /is a link, not a file/],
  "a character device": [(files) => [...files, { name: "r/dev", type: "3" }], /is a character-dev/],
  "a block device": [(files) => [...files, { name: "r/dev", type: "4" }], /is a block-device/],
  "a named pipe": [(files) => [...files, { name: "r/fifo", type: "6" }], /is a fifo, not a file/],
  "a sparse file": [
    ([first, ...rest]) => [{ ...first!, type: "S", body: "x", size: 1 }, ...rest],
    /has 1 bytes where its manifest says/,
  ],
  "a member twice": [(files) => [...files, files[0]!], /not in its manifest, or is in it twice/],
  "a member twice by another name": [
    (files) => [...files, { ...files[0]!, name: `./${files[0]!.name}` }],
    /not in its manifest, or is in it twice/,
  ],
  "a member that is not in the manifest": [
    (files) => [...files, { name: "r/more", body: "x" }],
    /"r\/more" is not in its manifest/,
  ],
  "a member of another run": [(files) => [...files, { name: "s/a.txt" }], /not in its manifest/],
  "a second manifest": [
    (files) => [...files, { name: "chachaml-runs.json", body: "{}" }],
    /not in its manifest/,
  ],
  "no members at all": [() => [], /is missing: it has been cut short/],
  "a member missing": [(files) => files.slice(1), /"r\/a\.txt" is missing/],
  "an empty member missing": [(files) => files.slice(0, -1), /"r\/empty" is missing/],
  "a member that is too short": [
    ([first, ...rest]) => [{ ...first!, body: first!.body!.slice(1) }, ...rest],
    /has 16 bytes where its manifest says 17/,
  ],
  "a member that is too long": [
    (
      [first, ...rest],
    ) => [{ ...first!, body: join([bytesOf(first!), new Uint8Array(1)]) }, ...rest],
    /has 18 bytes where its manifest says 17/,
  ],
  "a member with other bytes": [
    ([first, ...rest]) => [{ ...first!, body: bytesOf(first!).toReversed() }, ...rest],
    /the bytes of "r\/a\.txt" are damaged/,
  ],
  "members that have changed places": [
    ([first, second, ...rest]) => [
      { ...first!, name: second!.name },
      { ...second!, name: first!.name },
      ...rest,
    ],
    /manifest says/,
  ],
  "a member renamed by an extension": [
    ([first, ...rest]) => [pax({ path: "../evil" }), first!, ...rest],
    /"\.\.\/evil" is not in its manifest/,
  ],
  "all members renamed by an extension": [
    (files) => [pax({ path: "r/a.txt" }, "g"), ...files],
    /manifest/,
  ],
  "an extension that is too large": [
    (files) => [pax({ comment: "x".repeat(9_000_000) }), ...files],
    /it cannot be read/,
  ],
  "a member that an extension makes huge": [
    ([first, ...rest]) => [pax({ size: String(2 ** 52) }), first!, ...rest],
    /has 4503599627370496 bytes where|is truncated/,
  ],
};

function bytesOf({ body }: Member): Uint8Array {
  return body as Uint8Array;
}

Deno.test("import() refuses members that are not what the manifest says", async (step) => {
  await withArchive(async (fixture) => {
    const { manifest, files } = opened(fixture.archive);
    assert.deepEqual(files.map(({ name }) => name), NAMES.map((name) => `r/${name}`));
    for (const [what, [change, words]] of Object.entries(MEMBERS)) {
      await step.step(what, () => assertRefused(fixture, packed(manifest, change(files)), words));
    }
    // And what the others were made of is whole.
    await fixture.there.import(streamOf(packed(manifest, files.toReversed())));
    assert.equal((await fixture.there.verify().summary()).damaged, 0);
  });
});

Deno.test("import() refuses bytes whose hash is right and whose size is not, and the reverse", () =>
  withArchive(async (fixture) => {
    const { manifest, files } = opened(fixture.archive);
    const changed = structuredClone(manifest);
    const other = new TextEncoder().encode("the text of X.txt");
    changed.runs[0].artifacts[0].hash = await sha256(other);
    await assertRefused(fixture, packed(changed, files), /are damaged/);
    const longer = new TextEncoder().encode("the text of a.txt, and more");
    changed.runs[0].artifacts[0].size = longer.length;
    const [first, ...rest] = files;
    await assertRefused(
      fixture,
      packed(changed, [{ ...first!, body: longer }, ...rest]),
      /damaged/,
    );
  }));

Deno.test("a store that has refused an archive takes up the right one", () =>
  withArchive(async (fixture) => {
    const { here, there, archive } = fixture;
    await assertRefused(fixture, archive.slice(0, -1024));
    await there.import(streamOf(archive));
    await there.artifacts.put("mine", "more", "after");
    await there.runs.remove("mine");
    assert.deepEqual(rowsOf(there), rowsOf(here));
  }));

/** An archive that begins as told and goes on for ever; tells how much of it was asked for. */
function endless(start: Uint8Array): { stream: ReadableStream<Uint8Array>; given: () => number } {
  let given = start.length;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(start),
    pull(controller) {
      given += 65_536;
      // A test that is right never gets so far; one that is not must end, too.
      if (given > 400_000_000) controller.error(new Error("all of it was read"));
      else controller.enqueue(new Uint8Array(65_536));
    },
  }, { highWaterMark: 0 });
  return { stream, given: () => given };
}

Deno.test("import() refuses what is larger than it says without reading it all", () =>
  withArchive(async (fixture) => {
    const { manifest, files } = opened(fixture.archive);
    const [first] = files;
    const bodyless = (archive: Uint8Array) => archive.slice(0, archive.length - 1024);
    const huge = 2 ** 33 - 1;
    const cases: [Uint8Array, RegExp][] = [
      [tar([{ name: "chachaml-runs.json", size: huge }]), /chachaml-runs\.json is too large/],
      [packed(manifest, [{ name: first!.name, size: huge }]), /has 8589934591 bytes where/],
      [packed(manifest, [{ name: "r/more", size: huge }]), /not in its manifest/],
    ];
    for (const [archive, words] of cases) {
      const { stream, given } = endless(bodyless(archive));
      await assertRefused(fixture, stream, words);
      assert.ok(given() < 10_000_000, `${given()} bytes were read`);
    }
  }));
