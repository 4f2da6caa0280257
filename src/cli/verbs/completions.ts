import { complete } from "../completion.ts";
import { UsageError, type Verb } from "../verb.ts";

const SCRIPTS: Record<string, string> = {
  bash: `# chachaml completions for bash: source <(chachaml completions bash)
_chachaml() {
  local word reply=()
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    else
      reply+=("$(printf '%q' "$word")")
    fi
  done < <(chachaml __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY+=("\${reply[@]}")
}
complete -F _chachaml chachaml
`,
  zsh: `#compdef chachaml
# chachaml completions for zsh: source <(chachaml completions zsh)
_chachaml() {
  local -a found
  found=("\${(@f)$(chachaml __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${found[(Ie):files]} )); then _files; fi
  found=("\${(@)found:#:files}")
  found=("\${(@)found:#}")
  (( \${#found} )) && compadd -- "\${found[@]}"
}
compdef _chachaml chachaml
`,
  fish: `# chachaml completions for fish: chachaml completions fish | source
function __chachaml_complete
  set -l words (commandline -opc)[2..] (commandline -ct)
  for word in (chachaml __complete -- $words 2>/dev/null)
    if test "$word" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $word
    end
  end
end
complete -c chachaml -f -a '(__chachaml_complete)'
`,
};

export const completions: Verb = {
  name: "completions",
  summary: "Print what a shell needs to complete commands, runs and names",
  args: "<shell>",
  options: [],
  examples: [
    ["In ~/.bashrc", "source <(chachaml completions bash)"],
    ["In ~/.zshrc", "source <(chachaml completions zsh)"],
    ["In ~/.config/fish/config.fish", "chachaml completions fish | source"],
  ],
  run: async ({ args: [shell], io }) => {
    const script = SCRIPTS[shell!];
    if (!script) {
      throw new UsageError(
        `completions are for ${Object.keys(SCRIPTS).join(", ")}, not ${JSON.stringify(shell)}`,
      );
    }
    await io.stdout(script);
  },
};

export const completeVerb: Verb = {
  name: "__complete",
  summary: "Print what could stand where the cursor is",
  args: "[word...]",
  options: [],
  examples: [],
  hidden: true,
  leavesRest: true,
  run: async ({ args, io, open, verbs }) => {
    const found = await complete(args, verbs, () => open("read"));
    await io.stdout(found.map((word) => `${word}\n`).join(""));
  },
};
