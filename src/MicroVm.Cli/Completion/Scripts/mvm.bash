# bash completion of mvm. Words are passed on as they are typed and never evaluated; what comes back has no character
# that a shell gives a meaning.

# __mvm_words: COMP_WORDS up to the cursor in "words", without bash's cuts at ":" and "=".
__mvm_words() {
    local line=${COMP_LINE:0:COMP_POINT} word index
    words=()
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index > 0)) && [[ $line != [[:blank:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$word"}
    done
    # The last word may go on behind the cursor.
    local full=${words[${#words[@]} - 1]} typed=${COMP_LINE:0:COMP_POINT}
    while [[ -n $full && $typed != *"$full" ]]; do full=${full%?}; done
    words[${#words[@]} - 1]=$full
}

_mvm() {
    local words=() program=${1/#\~/$HOME} current directives line prefix=
    COMPREPLY=()
    __mvm_words
    type -P -- "$program" >/dev/null || program=mvm
    current=${words[${#words[@]} - 1]}
    {
        IFS= read -r directives || return 0
        while IFS= read -r line; do
            COMPREPLY+=("${line%%$'\t'*}")
        done
    } < <("$program" __complete -- "${words[@]:1}" 2>/dev/null)

    # What stands before the last cut is not bash's to replace.
    local cut
    for cut in : =; do
        if [[ $COMP_WORDBREAKS == *"$cut"* && $current == *"$cut"* ]]; then
            local upto=${current%"${current##*"$cut"}"}
            ((${#upto} > ${#prefix})) && prefix=$upto
        fi
    done
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")

    if [[ $directives == *files* ]]; then
        [[ $current == --*=* ]] && current=${current#*=}
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
    fi
    if [[ $directives == *nospace* ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}

complete -F _mvm mvm
