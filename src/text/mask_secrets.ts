/** Command lines without the secrets that stand on them. */

/** What stands in place of a secret. */
export const MASK = "***";

/** The end of a name whose value is a secret: `--api-key`, `HF_TOKEN`, `db.password`. */
const SECRET = String.raw`(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|bearer|` +
  String.raw`(?:api|access|private|secret|signing|encryption|auth)[-_.]?key|auth|authorization)`;

/** The name of an option or variable; `secret_key` is one, `tokenizer` is not. */
const SECRET_NAME = new RegExp(String.raw`^(?:--?)?(?:[\w.-]*[-_.])?${SECRET}$`, "i");

/** `name=value` within a text. */
const PAIR = new RegExp(
  String.raw`(?<![\w.-])((?:--?)?(?:[\w.-]*[-_.])?${SECRET}=)("[^"]*"|'[^']*'|[^\s&;"']+)`,
  "gi",
);

/** `--name value` within a text, such as a script. */
const OPTION = new RegExp(
  String.raw`(?<![\w.-])(--?(?:[\w.-]*[-_.])?${SECRET}\s+)("[^"]*"|'[^']*'|[^\s;"'-][^\s;"']*)`,
  "gi",
);

/** The header of a request, the password of a URL, and tokens that show what they are. */
const OTHERS: readonly RegExp[] = [
  /((?:authorization|x-api-key|[\w-]*token)\s*:\s*(?:(?:bearer|basic|token)\s+)?)([^\s"']+)/gi,
  /(\bbearer\s+)([\w.~+/-]{8,}=*)/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)(?=@)/gi,
  /()(\b(?:hf_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|sk-|AKIA)[\w-]{12,})/g,
];

/** Arguments with `***` in place of what follows `--password`, `--token`, `API_KEY=` and the like. */
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

/** A script, such as stands behind `sh -c`, goes on after a secret. */
function maskText(text: string, isScript: boolean): string {
  const whole = isScript ? null : /^([^\s=]+=)(.+)$/s.exec(text);
  if (whole && SECRET_NAME.test(whole[1]!.slice(0, -1))) return whole[1]! + MASK;
  return [PAIR, OPTION, ...OTHERS].reduce(
    (masked, pattern) => masked.replace(pattern, `$1${MASK}`),
    text,
  );
}
