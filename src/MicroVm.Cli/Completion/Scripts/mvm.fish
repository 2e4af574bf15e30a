# fish completion of mvm. Words are passed on as they are typed and never evaluated.

function __mvm_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program $typed[1]
    type -q -- $program; or set program mvm
    set -l answer ($program __complete -- $typed[2..-1] $current 2>/dev/null)
    set -q answer[2]; and printf '%s\n' $answer[2..-1]
    if string match -q '*files*' -- "$answer[1]"
        set -l prefix (string match -r -- '^--[^=]*=' "$current")
        for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
            printf '%s%s\n' "$prefix" $path
        end
    end
end

complete -c mvm -f -a '(__mvm_complete)'
