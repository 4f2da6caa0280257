/** Takes note of the first Ctrl-C, and goes on; asks for the signal twice, as a verb may. */
import { processIo } from "../../../src/cli/io.ts";

const { interrupted, stderr } = processIo();
const signal = interrupted!();
signal.addEventListener("abort", () => stderr("\u001b[?25lonce\n"));
setInterval(() => {}, 1000);
await stderr(signal === interrupted!() ? "ready\n" : "there are two of it\n");
