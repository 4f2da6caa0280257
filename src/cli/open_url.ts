/** Showing an address in the user's browser. */

/** The program of each system that opens what it is given in the program that is meant for it. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Milliseconds after which an opener that still runs is taken to show the page. */
const PATIENCE = 3000;

/**
 * Opens an address. Needs permission to run the system's opener.
 *
 * @param url The address.
 * @returns Whether a browser was started.
 */
export async function openUrl(url: string): Promise<boolean> {
  const [program, ...args] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const child = new Deno.Command(program!, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // Some openers are the browser itself, and end with it.
    child.unref();
    let timer;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), PATIENCE);
    });
    const success = await Promise.race([child.status.then(({ success }) => success), late]);
    clearTimeout(timer);
    return success;
  } catch {
    return false; // There is no opener, or it may not be run.
  }
}
