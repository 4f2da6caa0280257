import { FILES, PROGRAM } from "../completion.ts";
import { type CommandSpec, UsageError } from "../command.ts";

const SCRIPTS: Record<string, string> = {
  bash: `# chachaml completions for bash: source <(chachaml completions bash)
_chachaml() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() starts=() i word found before
  COMPREPLY=()
  # Bash also ends words at "=", ":" and "@": join words without spaces between them.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if [[ $i == 0 || $line == [[:space:]]* ]]; then words+=("") starts+=("$i"); fi
    line=\${line#"\${line%%[![:space:]]*}"}
    word=\${COMP_WORDS[i]}
    if ((i == COMP_CWORD)); then word=$line; fi
    words[\${#words[@]}-1]+=$word
    line=\${line#"$word"}
  done
  # The part of the word that bash will not replace.
  before=\${words[\${#words[@]}-1]}
  before=\${before%"$word"}
  if [[ $before == *@ ]]; then before=\${before%@} word=@$word; fi
  while [[ $word == [=:]* ]]; do before+=\${word:0:1} word=\${word:1}; done
  while IFS= read -r found; do
    if [[ $found == "${PROGRAM} "* ]]; then
      i=\${starts[\${found#* } + 1]}
      if declare -F _comp_command_offset >/dev/null; then _comp_command_offset "$i"
      elif declare -F _command_offset >/dev/null; then _command_offset "$i"
      else
        compopt -o filenames 2>/dev/null
        if ((i == COMP_CWORD)); then found=-c; else found=-f; fi
        while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen $found -- "$word")
      fi
    elif [[ $found == ${FILES} ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("\${found#"$before"}")
    fi
  done < <(chachaml __complete --shell bash -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _chachaml chachaml
`,
  zsh: `#compdef chachaml
# chachaml completions for zsh: source <(chachaml completions zsh)
_chachaml() {
  local -a found typed
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  found=("\${(@f)$(chachaml __complete --shell zsh -- "\${(@)typed}" 2>/dev/null)}")
  if (( \${found[(Ie)${FILES}]} )); then
    if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
    _files
    return
  fi
  if [[ $found[1] == "${PROGRAM} "* ]]; then
    local first=\${found[1]#* }
    words=("\${(@)words[first+2,-1]}")
    (( CURRENT -= first + 1 ))
    _normal
    return
  fi
  found=("\${(@)found:#}")
  (( \${#found} )) && compadd -- "\${(@)found}"
}
if [[ $funcstack[1] == _chachaml ]]; then _chachaml "$@"; else compdef _chachaml chachaml; fi
`,
  fish: `# chachaml completions for fish: chachaml completions fish | source
function __chachaml_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  for found in (chachaml __complete --shell fish -- $words[2..-1] "$word" 2>/dev/null)
    if string match -q -- "${PROGRAM} *" "$found"
      set -l first (string replace -- "${PROGRAM} " "" "$found")
      set -l line (string escape -- $words[(math $first + 2)..-1]) "$word"
      complete -C "$line"
    else if test "$found" = "${FILES}"
      set -l option (string match -r -- '^--[^=]+=' "$word")
      for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' "$word"))
        echo "$option$path"
      end
    else
      echo $found
    end
  end
end
complete -c chachaml -f -a '(__chachaml_complete)'
`,
};

export const completions: CommandSpec = {
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
