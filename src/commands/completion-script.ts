export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/*
 * Each script calls `tikmeter complete -- WORD…`, where the last word is the one at the cursor. The answer is one
 * candidate per line, with its description after a tab; or the single line `:files` if any file will do. The typed
 * words are passed as they are and never evaluated.
 */

const BASH = `# tikmeter in bash: source <(tikmeter completion bash)
_tikmeter() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ':files' ]; then
      compopt -o default 2>/dev/null
      return 0
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(tikmeter complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tikmeter tikmeter
`

const ZSH = `#compdef tikmeter
# tikmeter in zsh: source <(tikmeter completion zsh), after compinit
_tikmeter() {
  local -a lines
  lines=("\${(@f)$(tikmeter complete -- "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  if [[ $lines[1] == ':files' ]]; then
    compset -P '--*='
    _files
    return
  fi
  lines=("\${(@)lines:#}")
  (( $#lines )) || return 1
  lines=("\${(@)\${(@)lines%$'\\t'}/$'\\t'/:}")
  _describe tikmeter lines
}
if [[ $funcstack[1] == _tikmeter ]]; then _tikmeter; else compdef _tikmeter tikmeter; fi
`

const FISH = `# tikmeter in fish: tikmeter completion fish > ~/.config/fish/completions/tikmeter.fish
function __tikmeter_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l lines (tikmeter complete -- $before[2..-1] "$word" 2>/dev/null)
    if test "$lines" = ':files'
        set -l option (string match -r -- '^--[^=]*=' "$word")
        for file in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$word"))
            printf '%s%s\\n' "$option" "$file"
        end
    else
        string join -- \\n $lines
    end
end
complete -c tikmeter -f -a '(__tikmeter_complete)'
`

/** The script that a shell reads to complete our commands. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH
    case 'zsh':
      return ZSH
    case 'fish':
      return FISH
    default:
      return shell satisfies never
  }
}
