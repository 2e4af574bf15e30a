using System.Buffers;
using System.Text;
using System.Text.Json;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

/// <summary>--filter KEY=VALUE, repeated, as the API's <c>filters</c>: <c>{"KEY":{"VALUE":true}}</c>.</summary>
internal sealed class ListFilters
{
    // Null: none yet, as nearly always.
    private SortedDictionary<string, HashSet<string>>? _filters;

    internal void Add(string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new FlagValueException("invalid argument \"" + pair + "\": filters are KEY=VALUE");
        }

        Add(pair[..equals].Trim().ToLowerInvariant(), pair[(equals + 1)..].Trim());
    }

    internal void Add(string key, string value)
    {
        _filters ??= new(StringComparer.Ordinal);
        if (!_filters.TryGetValue(key, out HashSet<string>? values))
        {
            _filters.Add(key, values = []);
        }

        values.Add(value);
    }

    /// <summary>For a query; null: no filters.</summary>
    internal string? ToQuery()
    {
        if (_filters is null)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string key, HashSet<string> values) in _filters)
            {
                json.WriteStartObject(key);
                foreach (string value in values)
                {
                    json.WriteBoolean(value, true);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return "filters=" + Percent.Encode(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
