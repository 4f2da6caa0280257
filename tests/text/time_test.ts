import assert from "node:assert/strict";
import { durationOf, formatAgo, formatDuration, formatTime } from "../../src/text/time.ts";

const MINUTE = 60_000;

Deno.test("a time is local, with its zone", async () => {
  const code = `import { formatTime } from ${
    JSON.stringify(new URL("../../src/text/time.ts", import.meta.url).href)
  }; console.log(formatTime(new Date("2026-01-31T22:00:05Z")));`;
  const cases = [
    ["Asia/Kolkata", "2026-02-01 03:30:05 +05:30"],
    ["America/St_Johns", "2026-01-31 18:30:05 -03:30"],
    ["UTC", "2026-01-31 22:00:05 +00:00"],
  ] as const;
  for (const [zone, expected] of cases) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", code],
      env: { TZ: zone, NO_COLOR: "1" },
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), expected);
  }
  assert.deepEqual([formatTime(null), formatTime(new Date(NaN))], ["", "?"]);
});

Deno.test("a recent time is told by how long ago it was", () => {
  const now = Date.now();
  const cases: [past: number, words: RegExp][] = [
    [0, /^now$/],
    [30_000, /^30 s ago$/],
    [3.9 * MINUTE, /^3 min ago$/],
    [5 * 60 * MINUTE, /^5 h ago$/],
    [26 * 60 * MINUTE, /^1 day ago$/],
    [72 * 60 * MINUTE, /^3 days ago$/],
    [90 * 24 * 60 * MINUTE, /^\d{4}-\d\d-\d\d$/],
    [-60 * MINUTE, /^\d{4}-\d\d-\d\d$/],
  ];
  for (const [past, words] of cases) assert.match(formatAgo(new Date(now - past), now), words);
});

Deno.test("a duration has its two largest units", () => {
  const cases: [milliseconds: number, words: string][] = [
    [705, "705 ms"],
    [1001, "1.0 s"],
    [59_400, "59 s"],
    [60_000, "1 min"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h"],
    [2 * 3_600_000 + 5 * MINUTE, "2 h 5 min"],
    [49 * 3_600_000, "2 d 1 h"],
    [-125_000, "-2 min 5 s"],
  ];
  for (const [milliseconds, words] of cases) assert.equal(formatDuration(milliseconds), words);
  assert.equal(durationOf(new Date(1000), null, 3000), 2000);
});
