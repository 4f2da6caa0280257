/** Secrets on a command line are not kept. */
import assert from "node:assert/strict";
import { maskSecrets } from "../../src/text/mask_secrets.ts";

Deno.test("maskSecrets() masks what stands on a command line as a secret", () => {
  const cases: [args: string[], shown: string[]][] = [
    [["p", "--password", "hunter2", "x"], ["p", "--password", "***", "x"]],
    [["p", "--token=abc"], ["p", "--token=***"]],
    [["p", "--api-key", "abc"], ["p", "--api-key", "***"]],
    [["p", "--wandb_api_key=a b"], ["p", "--wandb_api_key=***"]],
    [["env", "HF_TOKEN=abc", "python"], ["env", "HF_TOKEN=***", "python"]],
    [["p", "db.password=x"], ["p", "db.password=***"]],
    [["sh", "-c", "A_SECRET='x y' p --token t; q"], ["sh", "-c", "A_SECRET=*** p --token ***; q"]],
    [["p", "postgres://ana:pw@host/db"], ["p", "postgres://ana:***@host/db"]],
    [["curl", "-H", "Authorization: Bearer abcdefgh1"], [
      "curl",
      "-H",
      "Authorization: Bearer ***",
    ]],
    [["p", "hf_abcdefghijklmnopqrst"], ["p", "***"]],
    [["p", "--password", "--verbose"], ["p", "--password", "--verbose"]],
  ];
  for (const [args, shown] of cases) {
    const masked = maskSecrets(args);
    assert.deepEqual(masked.args, shown);
    assert.equal(masked.masked > 0, args.join() !== shown.join(), args.join(" "));
  }
});

Deno.test("maskSecrets() leaves what is no secret", () => {
  const args = [
    "python",
    "train.py",
    "--tokenizer",
    "bert",
    "--max-tokens=512",
    "--passes",
    "3",
    "--keys=a",
    "lr=0.1",
    "http://host/a@b",
    "--monkey=1",
    "token",
    "value",
  ];
  assert.deepEqual(maskSecrets(args), { args, masked: 0 });
});
