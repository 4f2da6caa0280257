/** The shell examples that serve or watch run: what serves does so while the rest of its page runs. */
import assert from "node:assert/strict";
import { blocksOf, withUser } from "../support/examples.ts";
import { freePort } from "../support/free_port.ts";
import { firstMissing } from "../support/programs.ts";
import { SERVING } from "./run_blocks.ts";

/**
 * Starts what serves or watches in the background, and waits until it says something; ends it when
 * the next one begins, and at the end.
 */
const IN_BACKGROUND = `
  set -eu
  stop() { [ -z "\${SERVER-}" ] || { kill -INT "$SERVER"; wait "$SERVER" || true; SERVER=; }; }
  trap stop EXIT
  chachaml() {
    case "$1 \${2-}" in
      serve*|ui*|"watch --json") ;;
      *) command chachaml "$@"; return ;;
    esac
    stop
    case "$1 $*" in
      serve*--port*|ui*--port*|watch*) set -- "$@" ;;
      *) set -- "$@" --port "$PORT" ;;
    esac
    : > said
    command chachaml "$@" > said 2>&1 &
    SERVER=$!
    until [ -s said ]; do
      kill -0 "$SERVER"
      [ "$1" != watch ] || command chachaml log run-1 loss=0.2
      sleep 0.1
    done
    ! grep '^chachaml: ' said
  }
  # The package on JSR is the program here; Deno checks the options for V8.
  deno() {
    deno-itself eval "$2" 0
    shift 4
    chachaml "$@"
  }`;

const BEFORE = `
  mkdir -p "$HOME/bin" "$HOME/data"
  printf '#!/bin/sh\\n[ -z "$CHACHAML_RUN" ] || chachaml log @run loss=0.3' > "$HOME/bin/python"
  chmod +x "$HOME/bin/python"
  for id in run-2 run-1; do
    command chachaml start --id $id 2> /dev/null; command chachaml log $id loss=0.4 --step 1
  done
  printf 's3cr3t-of-the-ci   writer   ci\\n' > tokens.txt; chmod 600 tokens.txt
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \\
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:false 2> /dev/null
  export DENO_CERT="$PWD/cert.pem"`;

const missing = await firstMissing("bash", "openssl", "curl");

for (const [path, pattern] of Object.entries(SERVING)) {
  const name = `the shell examples of ${path} that serve run for an ordinary user`;
  Deno.test({
    name: missing ? `${name} (skipped: no ${missing} here)` : name,
    ignore: missing !== undefined,
    fn: () =>
      withUser(async (user) => {
        const blocks = (await blocksOf(path, "sh")).filter((block) => pattern.test(block));
        assert.ok(blocks.length > 0, "no example is found");
        const port = freePort();
        // One that calls a server without starting one means that of the page's first example.
        const whole = blocks.map((block) =>
          block.startsWith("curl") ? `chachaml serve\n${block}` : block
        );
        const script = [`PORT=${port}`, IN_BACKGROUND, BEFORE, ...whole].join("\n")
          .replaceAll("/data/", `${user.home}/data/`)
          .replaceAll(/\b500[01]\b/g, String(port))
          .replaceAll("ml.example.org", "localhost")
          .replaceAll("CHACHAML_TOKEN=…", "CHACHAML_TOKEN=s3cr3t-of-the-ci");
        const { success, stdout, stderr } = await user.run("bash", script);
        const words = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
        assert.ok(success, words.join("\n"));
      }),
  });
}
