import { UsageError } from "./command.ts";

const UNITS: Record<string, number> = {
  s: 1000,
  m: 60 * 1000,
  h: 60 * 60 * 1000,
  d: 24 * 60 * 60 * 1000,
  w: 7 * 24 * 60 * 60 * 1000,
};

/** Parses a duration such as `30m`, `24h` or `7d` to milliseconds. */
export function parseDuration(option: string, text: string): number {
  if (text === "0") return 0;
  const match = /^(\d+)([smhdw])$/.exec(text);
  if (match) return Number(match[1]) * UNITS[match[2]!]!;
  throw new UsageError(
    `--${option} takes a number and a unit, such as 30m, 24h or 7d, not ${JSON.stringify(text)}`,
  );
}
