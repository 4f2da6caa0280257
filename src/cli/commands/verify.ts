import type { Finding } from "../../maintenance/findings.ts";
import { noteVerification } from "../../maintenance/note_verification.ts";
import type { VerifySummary } from "../../maintenance/verify.ts";
import type { VerifyPosition } from "../../maintenance/verify_position.ts";
import { lifecycleOf } from "../../store/internals.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { clearLine, withProgress } from "../progress.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";
import { VerifyProgressFile } from "../verify_progress_file.ts";

export const verify: CommandSpec = {
  args: "",
  options: [
    { name: "quick", summary: "Check sizes only, without reading files and database" },
    { name: "sample", value: "part", summary: "Only read a random part, such as 5%" },
    { name: "run", value: "run", summary: "Only check the artifacts of this run" },
    {
      name: "resume",
      value: "file",
      summary: "File that stores the position, to continue after an interruption",
    },
  ],
  examples: [
    ["Exit code: 0 clean, 1 findings, 2 usage, 3 could not run", "chachaml verify --quick"],
    ["A random part every night", "chachaml verify --sample 5%"],
  ],
  failureCode: 3,
  run: async ({ options, json, io, open, runId, say }) => {
    const [run, sample, resume] = ["run", "sample", "resume"].map(options.get);
    const part = sample === undefined ? undefined : parsePart(sample);
    const quick = options.has("quick");
    const file = resume === undefined ? undefined : new VerifyProgressFile(resume);
    const after: VerifyPosition | undefined = await file?.read();
    const store = await open("read");
    const only = run === undefined ? undefined : await runId(store, run);
    const signal = io.interrupted?.();
    // Findings are collected only to print them as one JSON document.
    const findings: Finding[] = [];
    let found = 0;
    const summary = await withProgress(io, "verify", async (onProgress) => {
      const verification = store.verify({
        quick,
        onProgress: (progress) => {
          file?.note(verification.position);
          onProgress?.(progress);
        },
        ...(part !== undefined && { sample: part }),
        ...(after && { after }),
        ...(only !== undefined && { runId: only }),
        ...(signal && { signal }),
      });
      try {
        for await (const finding of verification) {
          found++;
          if (json) {
            findings.push(finding);
            continue;
          }
          const where = finding.artifact ? ` (run ${finding.artifact.runId})` : "";
          await clearLine(io);
          await io.stdout(printable(`${finding.kind}: ${finding.message}${where}`) + "\n");
        }
      } catch (error) {
        await file?.save(verification.position);
        throw error;
      }
      await file?.remove();
      return await verification.summary();
    });
    // A server has noted it already.
    const isHere = lifecycleOf(store).require().remote === undefined;
    if (isHere && !quick && part === undefined && only === undefined) await noteDone(open, summary);
    if (json) await json({ ...summary, findings });
    else {
      const { artifacts, bytes, hashed, damaged, leftovers } = summary;
      const read = part === undefined ? "" : `, ${hashed} of them read`;
      await say(
        `${count(artifacts, "artifact")}, ${formatBytes(bytes)}${read}: ` +
          `${damaged} damaged, ${leftovers} left over\n`,
      );
      if (quick) {
        await say("only sizes were checked: changed bytes and a damaged database do not show\n");
      }
    }
    return found > 0 ? 1 : 0;
  },
};

/** Notes the verification in the store, if that can be written. */
async function noteDone(open: Call["open"], summary: VerifySummary): Promise<void> {
  const store = await open("write").catch(() => undefined);
  if (store) await noteVerification(lifecycleOf(store).require(), summary);
}

/** Parses a fraction: a percentage, or a number up to 1. */
function parsePart(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const part = Number(digits) / (percent ? 100 : 1);
  if (part > 0 && part <= 1) return part;
  throw new UsageError(`--sample takes a part such as 5% or 0.05, not ${JSON.stringify(text)}`);
}
