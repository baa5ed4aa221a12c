// `completion bash|zsh`: the script that lets a shell ask the program, by `__complete`, for what can be typed next.
import { PROGRAM } from '../../infra/options/command-line.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Subcommand } from '../subcommand.ts';

/** The command that the scripts call. */
export const COMPLETE = '__complete';
/** Its answer when the shell is to complete the name of a file. */
export const FILES = ':files';

const BASH = `# bash completion for ${PROGRAM}: source <(${PROGRAM} completion bash)
_gpu_docker_api() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == '${FILES}' ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _gpu_docker_api ${PROGRAM}
`;

const ZSH = `#compdef ${PROGRAM}
# zsh completion for ${PROGRAM}: source <(${PROGRAM} completion zsh), or a file _${PROGRAM} in a folder of $fpath
_gpu_docker_api() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == '${FILES}' ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe '${PROGRAM}' found
}
if [[ $funcstack[1] == _${PROGRAM} ]]; then
  _gpu_docker_api
else
  compdef _gpu_docker_api ${PROGRAM}
fi
`;

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['bash', BASH],
  ['zsh', ZSH],
]);

export const completionCommand: Subcommand = {
  name: 'completion',
  operands: ['SHELL'],
  choices: [...SCRIPTS.keys()],
  summary: 'Print a script that completes command lines in bash or zsh.',
  flags: {},
  details: 'It completes commands, options and their choices; and names, which a server is asked for where one answers within a second.',
  examples: [`source <(${PROGRAM} completion bash)`, `${PROGRAM} completion bash > /etc/bash_completion.d/${PROGRAM}`],
  run: async ({ operands: [shell = ''] }, io) => {
    const script = SCRIPTS.get(shell);
    if (script === undefined) throw new UsageError(`"${shell}" is not one of ${[...SCRIPTS.keys()].join(', ')}`);
    io.out(script);
    return 0;
  },
};
