/** How to begin, in a store without runs. */
import { Copy } from "../parts.tsx";
import { storeInfo } from "../store_info.ts";

/** The first lines in each language, with the address of this very page. */
function snippets(
  origin: string,
  path: string | undefined,
): readonly (readonly [string, string])[] {
  return [
    [
      "Python",
      `import mlflow   # pip install mlflow-skinny

mlflow.set_tracking_uri("${origin}")
mlflow.set_experiment("first")
with mlflow.start_run():
    mlflow.log_param("lr", 0.1)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`,
    ],
    [
      "Deno",
      `import { openStore } from "jsr:@chachaml/store";

await using store = await openStore(${path === undefined ? "" : `{ path: ${quote(path)} }`});
await store.withRun({ experiment: "first" }, async (run) => {
  await run.logParams({ lr: 0.1 });
  for (let step = 0; step < 10; step++) {
    run.log({ loss: 1 / (step + 1) }, { step });
  }
});`,
    ],
    [
      "Command line",
      `export MLFLOW_TRACKING_URI=${origin}
chachaml exec --experiment first${path === undefined ? "" : ` --db ${shellQuote(path)}`} \\
  -- python train.py`,
    ],
  ];
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function shellQuote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The view of an empty store. */
export function EmptyStore() {
  const info = storeInfo.get();
  return (
    <div class="begin">
      <h2>No runs yet</h2>
      <p class="dim">
        Log the first one in any of these ways. It shows here by itself.
      </p>
      <div class="snippets">
        {snippets(location.origin, info?.path).map(([language, code]) => (
          <section key={language}>
            <header>
              <h3>{language}</h3>
              <Copy text={code} shown="Copy" label={`the ${language} lines`} />
            </header>
            <pre tabIndex={0} aria-label={language}>{code}</pre>
          </section>
        ))}
      </div>
    </div>
  );
}
