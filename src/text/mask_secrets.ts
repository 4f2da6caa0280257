/** Removal of secrets from command lines. */

/** Replacement for a secret. */
export const MASK = "***";

/** Name of a secret, or its last part: `--api-key`, `HF_TOKEN`, `db.password`. */
const SECRET = String.raw`(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|bearer|` +
  String.raw`(?:api|access|private|secret|signing|encryption|auth)[-_.]?key|auth|authorization)`;

/** Name of an option or variable; `secret_key` matches, `tokenizer` does not. */
const SECRET_NAME = new RegExp(String.raw`^(?:--?)?(?:[\w.-]*[-_.])?${SECRET}$`, "i");

/** `name=value` within text. */
const PAIR = new RegExp(
  String.raw`(?<![\w.-])((?:--?)?(?:[\w.-]*[-_.])?${SECRET}=)("[^"]*"|'[^']*'|[^\s&;"']+)`,
  "gi",
);

/** `--name value` within text, such as a script. */
const OPTION = new RegExp(
  String.raw`(?<![\w.-])(--?(?:[\w.-]*[-_.])?${SECRET}\s+)("[^"]*"|'[^']*'|[^\s;"'-][^\s;"']*)`,
  "gi",
);

/** Request headers, passwords in URLs, and tokens with a recognizable prefix. */
const OTHERS: readonly RegExp[] = [
  /((?:authorization|x-api-key|[\w-]*token)\s*:\s*(?:(?:bearer|basic|token)\s+)?)([^\s"']+)/gi,
  /(\bbearer\s+)([\w.~+/-]{8,}=*)/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)(?=@)/gi,
  /()(\b(?:hf_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|sk-|AKIA)[\w-]{12,})/g,
];

/**
 * Replaces secrets in arguments by `***`: values of `--password`, `--token`, `API_KEY=` and
 * similar.
 */
export function maskSecrets(args: readonly string[]): { args: string[]; masked: number } {
  let masked = 0;
  let valueIsSecret = false;
  const shown = args.map((arg, at) => {
    if (valueIsSecret && !/^--?[a-z]/i.test(arg)) {
      valueIsSecret = false;
      masked++;
      return MASK;
    }
    valueIsSecret = /^-/.test(arg) && SECRET_NAME.test(arg);
    const text = maskText(arg, /^-[a-z]*c$/.test(args[at - 1] ?? ""));
    if (text !== arg) masked++;
    return text;
  });
  return { args: shown, masked };
}

/**
 * Masks secrets within one argument. A script, such as the argument of `sh -c`, continues after a
 * secret.
 */
function maskText(text: string, isScript: boolean): string {
  const whole = isScript ? null : /^([^\s=]+=)(.+)$/s.exec(text);
  if (whole && SECRET_NAME.test(whole[1]!.slice(0, -1))) return whole[1]! + MASK;
  return [PAIR, OPTION, ...OTHERS].reduce(
    (masked, pattern) => masked.replace(pattern, `$1${MASK}`),
    text,
  );
}
