/** Manual page, generated from the command specifications. */
import { type Command, COMMON_OPTIONS, type OptionSpec } from "./command.ts";
import { LINK, VARIABLES } from "./environment.ts";
import { flagsOf, summaryOf } from "./help.ts";
import { VERSION } from "./version.ts";

/** Returns the page in roff's `man` macros. */
export function manPage(commands: readonly Command[]): string {
  const groups = Map.groupBy(commands.filter(({ hidden }) => !hidden), ({ group }) => group);
  return [
    `.TH CHACHAML 1 "" "chachaml ${VERSION}" "User Commands"`,
    ".SH NAME",
    escape("chachaml - keeps machine-learning runs and their artifacts"),
    ".SH SYNOPSIS",
    `.B chachaml\n${escape("<command> [arguments] [options]")}`,
    ".SH OPTIONS",
    ...COMMON_OPTIONS.map(optionItem),
    ...[...groups].flatMap(([group, members]) => [
      `.SH ${escape(group.toUpperCase())}`,
      ...members.flatMap(commandSection),
    ]),
    ".SH ENVIRONMENT",
    ...VARIABLES.map(([name, meaning]) => item(name, meaning)),
    ".SH EXIT STATUS",
    item("0", "Done."),
    item("1", "Failed, or found something that needs attention."),
    item("2", "Not understood, or not allowed; nothing was done."),
    ".SH SEE ALSO",
    escape(LINK),
  ].join("\n") + "\n";
}

function commandSection({ name, summary, args, options, examples }: Command): string[] {
  return [
    `.SS ${escape(["chachaml", name, args].filter((part) => part !== "").join(" "))}`,
    escape(`${summary}.`),
    ...options.map(optionItem),
    ...examples.flatMap(([words, command]) => [
      ".PP",
      escape(`${words}:`),
      ".PP",
      ".RS 4",
      ".nf",
      escape(command),
      ".fi",
      ".RE",
    ]),
  ];
}

function optionItem(option: OptionSpec): string {
  return item(flagsOf(option), summaryOf(option));
}

function item(term: string, words: string): string {
  return `.TP\n.B ${escape(term)}\n${escape(words)}`;
}

/**
 * Escapes text for roff, which interprets backslashes, hyphens and the first character of a line.
 */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq")
    .replace(/^(?=[.'])/gm, "\\&")
    .replace(/[^\n\x20-\x7e]/gu, (character) => `\\[u${hexOf(character)}]`);
}

/** Returns roff's name of a non-ASCII character, which is independent of the input encoding. */
function hexOf(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
}
