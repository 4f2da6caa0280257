/** A store whose runs attack whoever shows them. */
import type { Store } from "@chachaml/store";

/** A server that nothing may call. */
export const calls: string[] = [];
let foreign: { readonly url: string; readonly end: () => Promise<void> } | undefined;

function foreignUrl(): string {
  if (!foreign) {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      calls.push(request.url);
      return new Response("window.ran = true");
    });
    foreign = { url: `http://127.0.0.1:${server.addr.port}`, end: () => server.shutdown() };
  }
  return foreign.url;
}

/** Text that runs a script or calls a server where a page takes it for markup. */
export function attacks(): readonly string[] {
  const url = foreignUrl();
  return [
    `<script>window.ran=true</script>`,
    `<img src=x onerror="window.ran=true">`,
    `"><svg onload="window.ran=true">`,
    `<img src="${url}/picture">`,
    `<iframe srcdoc="<script>parent.ran=true</script>"></iframe>`,
    `<style>@import "${url}/style";</style>`,
    `<link rel="stylesheet" href="${url}/link">`,
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=true&gt;">`,
    `<form action="${url}"><input name=ran><button>go</button></form>`,
    `<a href="javascript:window.ran=true" id="app" name="location">x</a>`,
    `<video src="${url}/video" autoplay></video><object data="${url}/object"></object>`,
    `<base href="${url}/"><meta http-equiv="refresh" content="0;url=${url}">`,
    `<p style="background:url(${url}/background)">x</p>`,
  ];
}

const MARKDOWN = () =>
  [
    ...attacks(),
    `![picture](${foreignUrl()}/markdown.png)`,
    `[click](javascript:window.ran=true)`,
    `[data](data:text/html,<script>window.ran=true</script>)`,
    `<details open ontoggle="window.ran=true"><summary>x</summary></details>`,
    `\`\`\`\n<script>window.ran=true</script>\n\`\`\``,
  ].join("\n\n");

const HTML = () =>
  `<!doctype html><h1>shown</h1>${attacks().join("\n")}
<script>top.ran=true;fetch("${foreignUrl()}/fetch")</script>`;

const SVG = () =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="window.ran=true">
<script>window.ran=true;parent.ran=true</script>
<image href="${foreignUrl()}/svg-image" width="9" height="9"/>
<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="${foreignUrl()}/svg-img"/></foreignObject>
<rect width="40" height="40"/></svg>`;

/** Fills a store with runs that attack a page by everything that is stored of them. */
export async function fillHostile(store: Store): Promise<void> {
  for (const [at, attack] of attacks().entries()) {
    const run = await store.startRun({
      experiment: `${at} ${attack}`,
      name: attack,
      tags: { [`t ${attack}`]: attack },
      environment: { [attack]: attack },
      createdBy: attack,
    });
    await run.logParams({ [attack]: attack, n: at });
    run.log({ [`m ${attack}`]: at, loss: at + 1 }, { step: 0 });
    run.log({ [`m ${attack}`]: at + 1, loss: at }, { step: 1 });
    await run.setNote(MARKDOWN());
    await run.logDataset({ source: attack });
    await run.put("a.svg", SVG());
    await run.put("a.html", HTML());
    await run.put("a.md", MARKDOWN());
    await run.put("a.csv", `${JSON.stringify(attack)},b\n${JSON.stringify(attack)},1\n`);
    await run.put("a.json", JSON.stringify({ [attack]: attack }));
    await run.put("a.ipynb", {
      cells: [
        { cell_type: "markdown", source: MARKDOWN() },
        {
          cell_type: "code",
          source: attack,
          outputs: [{ data: { "text/html": HTML() } }, { data: { "image/svg+xml": SVG() } }],
        },
      ],
    });
    await run.put("stdout.log", MARKDOWN());
    await run.end({ status: "failed", error: attack });
  }
  const [first] = await store.runs.list({ limit: 1 });
  await store.models.register("net", {
    runId: first!.id,
    artifact: "a.md",
    description: attacks()[0]!,
  });
  await store.models.describe("net", MARKDOWN());
}

/** Ends the server that nothing may call. */
export async function endForeign(): Promise<void> {
  await foreign?.end();
}
