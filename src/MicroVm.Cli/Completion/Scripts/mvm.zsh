#compdef mvm
# zsh completion of mvm. Words are passed on without their quotes and never evaluated.

_mvm() {
    local -a typed answer offers blank
    local program=${~words[1]} directives line value
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    (( $+commands[$program] )) || [[ -x $program ]] || program=mvm
    answer=("${(@f)$("$program" __complete -- "${typed[@]}" 2>/dev/null)}")
    directives=${answer[1]}
    for line in "${(@)answer[2,-1]}"; do
        value=${line%%$'\t'*}
        [[ -n $value ]] && offers+=("${value//:/\\:}:${line#*$'\t'}")
    done
    [[ $directives == *nospace* ]] && blank=(-S '')

    (( $#offers )) && _describe -V mvm offers "${blank[@]}"
    if [[ $directives == *files* ]]; then
        [[ $PREFIX == --*=* ]] && compset -P '*='
        _files
    fi
    return 0
}

if [[ $funcstack[1] == _mvm ]]; then
    _mvm "$@"
else
    compdef _mvm mvm
fi
