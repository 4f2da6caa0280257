import { type Check, diagnose } from "../../maintenance/doctor.ts";
import { printable } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";

const MARKS: Record<Check["state"], [mark: string, color: string]> = {
  ok: ["ok", "\u001b[32m"],
  warning: ["warning", "\u001b[33m"],
  problem: ["PROBLEM", "\u001b[31m"],
};

export const doctor: CommandSpec = {
  args: "",
  options: [],
  examples: [["Exit code: 0 no problems (warnings are possible), 1 problems", "chachaml doctor"]],
  run: async ({ json, io, place }) => {
    const checks: Check[] = [];
    for await (const check of diagnose(place())) {
      checks.push(check);
      if (json) continue;
      const [mark, color] = MARKS[check.state];
      const painted = io.colors ? `${color}${mark}\u001b[0m` : mark;
      const padding = " ".repeat(9 - mark.length);
      await io.stdout(`${painted}${padding}${check.name.padEnd(12)} ${printable(check.message)}\n`);
    }
    if (json) await json(checks);
    return checks.some(({ state }) => state === "problem") ? 1 : 0;
  },
};
