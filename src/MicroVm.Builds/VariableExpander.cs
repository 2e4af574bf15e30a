using System.Text;

namespace MicroVm.Builds;

/// <summary>
/// Replaces variables and takes quotes away, as Docker does in the instructions that it does so in: $name, ${name}, ${name:-word},
/// ${name:+word}, ${name:?word}, and these without the colon. Single quotes keep everything, double quotes all but variables.
/// </summary>
/// <param name="escape">The Dockerfile's.</param>
/// <param name="lookup">A variable's value; null: it is not set.</param>
public sealed class VariableExpander(char escape, Func<string, string?> lookup)
{
    /// <exception cref="DockerfileException">A quote or a brace is not closed, or a substitution is none of those.</exception>
    public string Word(string text) => Run(text).Text;

    /// <summary>One word can become several, or none, where a variable's value has spaces, or nothing in it.</summary>
    /// <inheritdoc cref="Word"/>
    public IReadOnlyList<string> Words(string text) => Run(text).Words;

    private (string Text, IReadOnlyList<string> Words) Run(string text)
    {
        try
        {
            return new Scanner(text, escape, lookup).Run();
        }
        catch (FormatException e)
        {
            throw new DockerfileException($"failed to process {JsonForm.Quote(text.Length > 200 ? text[..200] : text)}: {e.Message}", e);
        }
    }

    private sealed class Scanner(string text, char escape, Func<string, string?> lookup)
    {
        private int _position;
        private int _depth;

        public (string Text, IReadOnlyList<string> Words) Run()
        {
            var output = new Output();
            ReadUntil('\0', output);
            return (output.Text, output.Words);
        }

        private bool IsAtEnd => _position == text.Length;

        private void ReadUntil(char stop, Output output)
        {
            while (!IsAtEnd)
            {
                char c = text[_position++];
                if (stop != '\0' && c == stop)
                {
                    return;
                }

                switch (c)
                {
                    case '\'':
                        ReadSingleQuoted(output);
                        break;
                    case '"':
                        ReadDoubleQuoted(output);
                        break;
                    case '$':
                        output.AddUnquoted(ReadVariable());
                        break;
                    default:
                        ReadPlain(c, output);
                        break;
                }
            }

            if (stop != '\0')
            {
                throw Wrong($"unexpected end of statement while looking for matching {stop}");
            }
        }

        private void ReadPlain(char c, Output output)
        {
            if (c != escape)
            {
                output.AddUnquoted(c);
            }
            else if (!IsAtEnd)
            {
                output.AddQuoted(text[_position++]);
            }
        }

        private void ReadSingleQuoted(Output output)
        {
            int end = text.IndexOf('\'', _position);
            output.AddQuoted(end < 0
                ? throw Wrong("unexpected end of statement while looking for matching single-quote")
                : text[_position..end]);
            _position = end + 1;
        }

        private void ReadDoubleQuoted(Output output)
        {
            output.AddQuoted("");
            while (!IsAtEnd)
            {
                char c = text[_position++];
                if (c == '"')
                {
                    return;
                }

                if (c == '$')
                {
                    output.AddQuoted(ReadVariable());
                    continue;
                }

                // Only these can be escaped here; before others the escape is one more character.
                bool escapes = c == escape && !IsAtEnd && (text[_position] is '"' or '$' || text[_position] == escape);
                output.AddQuoted(escapes ? text[_position++] : c);
            }

            throw Wrong("unexpected end of statement while looking for matching double-quote");
        }

        private string ReadVariable()
        {
            if (!IsAtEnd && text[_position] == '{')
            {
                _position++;
                return ReadBraced();
            }

            string name = ReadName();
            return name.Length == 0 ? "$" : lookup(name) ?? "";
        }

        private string ReadBraced()
        {
            string name = ReadName();
            if (name.Length == 0 || IsAtEnd)
            {
                throw Wrong(IsAtEnd ? "syntax error: missing '}'" : "syntax error: bad substitution");
            }

            string? value = lookup(name);
            char modifier = text[_position++];
            if (modifier == '}')
            {
                return value ?? "";
            }

            bool countsEmpty = modifier == ':';
            if (countsEmpty)
            {
                modifier = IsAtEnd ? throw Wrong("syntax error: missing '}'") : text[_position++];
            }

            return Substitute(name, modifier, countsEmpty && value is "" ? null : value, ReadSubstitute());
        }

        private string ReadSubstitute()
        {
            if (++_depth > DockerfileLimits.MaxNesting)
            {
                throw Wrong("substitutions are nested too deeply");
            }

            var word = new Output();
            ReadUntil('}', word);
            _depth--;
            return word.Text;
        }

        private static string Substitute(string name, char modifier, string? value, string word) => modifier switch
        {
            '-' => value ?? word,
            '+' => value is null ? "" : word,
            '?' => value ?? throw Wrong($"{name}: {(word.Length > 0 ? word : "is not allowed to be unset")}"),
            _ => throw Wrong($"unsupported modifier ({modifier}) in substitution"),
        };

        /// <summary>Letters, digits and underscores; digits alone, or one special character, are names too.</summary>
        private string ReadName()
        {
            int start = _position;
            if (IsAtEnd)
            {
                return "";
            }

            if ("@*#?-$!0".Contains(text[start], StringComparison.Ordinal))
            {
                _position++;
            }
            else
            {
                bool digits = char.IsAsciiDigit(text[start]);
                while (!IsAtEnd && (char.IsAsciiDigit(text[_position]) || (!digits && (char.IsAsciiLetter(text[_position]) || text[_position] == '_'))))
                {
                    _position++;
                }
            }

            return text[start.._position];
        }

        private static FormatException Wrong(string what) => new(what);
    }

    /// <summary>The text as one, and divided at the spaces that no quotes protect.</summary>
    private sealed class Output
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _word = new();
        private readonly List<string> _words = [];
        private bool _inWord;

        public string Text => _text.ToString();

        public IReadOnlyList<string> Words
        {
            get
            {
                EndWord();
                return _words;
            }
        }

        public void AddUnquoted(string value)
        {
            foreach (char c in value)
            {
                AddUnquoted(c);
            }
        }

        public void AddUnquoted(char c)
        {
            if (!char.IsWhiteSpace(c))
            {
                AddQuoted(c);
                return;
            }

            Append(c);
            EndWord();
        }

        public void AddQuoted(string value)
        {
            _inWord = true;
            foreach (char c in value)
            {
                AddQuoted(c);
            }
        }

        public void AddQuoted(char c)
        {
            _inWord = true;
            _word.Append(c);
            Append(c);
        }

        private void Append(char c)
        {
            _text.Append(_text.Length < DockerfileLimits.MaxExpansion ? c : throw new FormatException("a text with its variables replaced is too long"));
        }

        private void EndWord()
        {
            if (_inWord)
            {
                _words.Add(_word.ToString());
                _word.Clear();
            }

            _inWord = false;
        }
    }
}
