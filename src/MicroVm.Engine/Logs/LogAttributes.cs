using System.Text;
using System.Text.RegularExpressions;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>
/// What every entry of a log carries beside its text, as Docker's json-file driver writes it: the labels and variables that the
/// options <c>labels</c>, <c>labels-regex</c>, <c>env</c> and <c>env-regex</c> choose, and the <c>tag</c>.
/// </summary>
internal static class LogAttributes
{
    /// <summary>Of all together, encoded: an entry stays below what a reader holds.</summary>
    private const int MaximumSize = 64 * 1024;

    /// <summary>Options of this kind.</summary>
    public static readonly string[] Options = ["labels", "labels-regex", "env", "env-regex", "tag"];

    /// <exception cref="EngineException">Invalid: an expression or a tag that can't be understood, or too much is chosen.</exception>
    public static void Check(ContainerSpec spec, EffectiveConfig effective)
    {
        // A tag alone may be longer once the container has its name: by little.
        LogTag.Check(spec.LogOptions.GetValueOrDefault("tag", ""));
        _ = Encode(Choose(spec.LogOptions, effective));
    }

    /// <summary>A JSON object; empty: the entries carry none.</summary>
    public static byte[] Of(ContainerSnapshot container)
    {
        SortedDictionary<string, string> chosen = Choose(container.Spec.LogOptions, container.Effective);
        if (LogTag.Render(container.Spec.LogOptions.GetValueOrDefault("tag", ""), container) is { Length: > 0 } tag)
        {
            chosen["tag"] = tag;
        }

        return Encode(chosen);
    }

    private static SortedDictionary<string, string> Choose(IReadOnlyDictionary<string, string> options, EffectiveConfig effective)
    {
        SortedDictionary<string, string> chosen = new(StringComparer.Ordinal);
        Add(chosen, effective.Labels, options, "labels");
        Dictionary<string, string> variables = [];
        foreach (string[] pair in effective.Environment.Select(variable => variable.Split('=', 2)).Where(pair => pair.Length == 2))
        {
            variables[pair[0]] = pair[1];
        }

        Add(chosen, variables, options, "env");
        return chosen;
    }

    private static void Add(
        SortedDictionary<string, string> chosen, IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> options, string option)
    {
        string[] names = options.GetValueOrDefault(option, "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        Regex? expression = Expression(options, option + "-regex");
        foreach ((string name, string value) in from)
        {
            if (names.Contains(name) || expression?.IsMatch(name) == true)
            {
                chosen[name] = value;
            }
        }
    }

    /// <summary>Matched without backtracking, as in Go: in time that grows with the text alone.</summary>
    private static Regex? Expression(IReadOnlyDictionary<string, string> options, string option)
    {
        if (!options.TryGetValue(option, out string? text) || text.Length == 0)
        {
            return null;
        }

        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid value for {option}: '{OneLine.Of(text, 64)}' is not a regular expression", e);
        }
    }

    private static byte[] Encode(SortedDictionary<string, string> chosen)
    {
        if (chosen.Count == 0)
        {
            return [];
        }

        JsonLogEncoder encoder = new();
        ReadOnlySpan<byte> separator = "{"u8;
        foreach ((string name, string value) in chosen)
        {
            encoder.AppendRaw(separator);
            encoder.AppendText(Encoding.UTF8.GetBytes(name));
            encoder.AppendRaw(":"u8);
            encoder.AppendText(Encoding.UTF8.GetBytes(value));
            separator = ","u8;
        }

        encoder.AppendRaw("}"u8);
        return encoder.Written.Length <= MaximumSize
            ? encoder.Written.ToArray()
            : throw new EngineException(
                EngineErrorKind.Invalid, $"the labels and variables that the log's options choose are larger than {MaximumSize} bytes: choose fewer");
    }
}
