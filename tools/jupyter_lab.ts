/** A JupyterLab server on loopback, for pictures of real pages. */
import { join } from "@std/path";
import type { Page } from "npm:playwright-core@~1.65.1";

/** Milliseconds that the server or a page may take. */
const PATIENCE = 60_000;

/** JupyterLab, started on a directory of notebooks. */
export class JupyterLab implements AsyncDisposable {
  readonly #server: Deno.ChildProcess;
  readonly #url: string;
  readonly #env: Record<string, string>;

  private constructor(server: Deno.ChildProcess, url: string, env: Record<string, string>) {
    this.#server = server;
    this.#url = url;
    this.#env = env;
  }

  /** Starts a server on `dir`, with the light or the dark theme. */
  static async start(dir: string, dark: boolean): Promise<JupyterLab> {
    const home = join(dir, ".jupyter");
    const env = {
      JUPYTER_CONFIG_DIR: home,
      JUPYTER_DATA_DIR: home,
      JUPYTER_RUNTIME_DIR: home,
      JUPYTERLAB_SETTINGS_DIR: join(home, "settings"),
    };
    const settings = join(home, "settings/@jupyterlab/apputils-extension");
    await Deno.mkdir(settings, { recursive: true });
    const save = (name: string, values: Record<string, unknown>) =>
      Deno.writeTextFile(join(settings, `${name}.jupyterlab-settings`), JSON.stringify(values));
    await save("themes", { theme: dark ? "JupyterLab Dark" : "JupyterLab Light" });
    await save("notification", { fetchNews: "false", checkForUpdates: false });
    const port = freePort();
    const server = new Deno.Command("jupyter", {
      args: [
        ...["lab", "--no-browser", "--allow-root", `--ServerApp.port=${port}`],
        ...["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", dir],
      ],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const url = `http://127.0.0.1:${port}`;
    for (const end = Date.now() + PATIENCE;;) {
      try {
        const answer = await fetch(`${url}/api`);
        await answer.body?.cancel();
        if (answer.ok) return new JupyterLab(server, url, env);
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** Signs a notebook. Untrusted ones are displayed without styles. */
  async trust(path: string): Promise<void> {
    const { success } = await new Deno.Command("jupyter", {
      args: ["trust", path],
      env: this.#env,
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) throw new Error(`Cannot trust ${path}`);
  }

  /** Opens a notebook in a page by itself, and waits until its outputs are there. */
  async open(page: Page, notebook: string): Promise<void> {
    await page.goto(`${this.#url}/doc/tree/${notebook}?reset`);
    await page.locator(".jp-Notebook .chachaml").first().waitFor({ timeout: PATIENCE });
    // A notebook that names a kernel which is not there asks for another.
    const refuse = page.locator(".jp-Dialog button.jp-mod-reject").first();
    await refuse.click({ timeout: 3000 }).catch(() => {});
    await page.locator(".jp-Dialog").waitFor({ state: "detached" });
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.kill("SIGTERM");
    await this.#server.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
