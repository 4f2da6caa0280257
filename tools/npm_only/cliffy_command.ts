/** Stand-in for the used part of `@cliffy/command`, for networks without JSR, based on commander. */
import { Command as Commander, CommanderError, Option } from "npm:commander@~14.0.3";

type Handler = (options: unknown, ...args: unknown[]) => void | Promise<void>;

/** A command or a whole program. */
export class Command {
  readonly #commander = new Commander()
    .helpOption(false).helpCommand(false).exitOverride().configureOutput({ writeErr: () => {} });
  readonly #children = new Map<string, Command>();
  #hidden = false;

  name(name: string): this {
    this.#commander.name(name);
    return this;
  }

  version(_version: string): this {
    return this; // Shown in its help by cliffy alone.
  }

  description(text: string): this {
    this.#commander.description(text);
    return this;
  }

  hidden(): this {
    this.#hidden = true;
    return this;
  }

  throwErrors(): this {
    return this; // As it always does here.
  }

  noExit(): this {
    return this; // As it never does here.
  }

  arguments(args: string): this {
    this.#commander.arguments(untyped(args));
    return this;
  }

  option(flags: string, summary: string, { collect = false }: { collect?: boolean } = {}): this {
    const option = new Option(untyped(flags), summary);
    if (collect) option.argParser((value: string, all: string[] = []) => [...all, value]);
    this.#commander.addOption(option);
    return this;
  }

  example(words: string, command: string): this {
    this.#commander.addHelpText("after", `\n${words}:\n  ${command}`);
    return this;
  }

  command(name: string, child: Command): this {
    this.#commander.addCommand(child.#commander.name(name), { hidden: child.#hidden });
    this.#children.set(name, child);
    return this;
  }

  getCommand(name: string): Command | undefined {
    return this.#children.get(name);
  }

  action(handler: Handler): this {
    this.#commander.action((...given: unknown[]) => {
      const args = given.slice(0, -2);
      return handler(given.at(-2), ...args);
    });
    return this;
  }

  getHelp(_options?: { colors?: boolean }): string {
    let text = "";
    this.#commander.configureOutput({ writeOut: (part) => text += part });
    this.#commander.outputHelp();
    return text;
  }

  async parse(args: string[]): Promise<void> {
    try {
      await this.#commander.parseAsync(args, { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      throw new Error(error.message.replace(/^error: /, ""), { cause: error });
    }
  }
}

/** Cliffy writes a type behind each name, as in `<name:string>`; commander knows none. */
function untyped(definition: string): string {
  return definition.replaceAll(":string", "");
}
