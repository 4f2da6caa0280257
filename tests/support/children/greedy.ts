/** Takes whatever becomes free on a disk, until it is killed: `greedy.ts FILE`. */
import { fillDisk } from "../fill_disk.ts";

const [path] = Deno.args as [string];
console.log("begins");
for (;;) fillDisk(path);
