using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace MicroVm.Networks.Firewall;

/// <summary>Finds what else in this host filters forwarded packets (Docker's <c>FORWARD</c>, ufw, firewalld), by nft(8)'s JSON (libnftables-json(5)).</summary>
public static class ForwardChains
{
    /// <summary>Those that drop what they do not know. Takes some 10 ms for each chain that looks at forwarded packets.</summary>
    /// <exception cref="NetworkException">nft could not be run, or refuses.</exception>
    public static IReadOnlyList<ForwardChain> Dropping(string nft)
    {
        List<ForwardChain> found = [];
        foreach (JsonElement chain in Listed(Run(nft, "-j", "list", "chains"), "chain").Where(IsForeign))
        {
            (string family, string table, string name) = (Text(chain, "family"), Text(chain, "table"), Text(chain, "name"));
            JsonElement[] rules = [.. Listed(Run(nft, "-j", "list", "chain", family, table, name), "rule")];
            if (Text(chain, "policy") == "drop" || (rules.Length > 0 && Refuses(rules[^1])))
            {
                found.Add(new(family, table, name, rules.Any(rule => Accepts(rule, "iifname")) && rules.Any(rule => Accepts(rule, "oifname"))));
            }
        }

        return found;
    }

    private static bool IsForeign(JsonElement chain) =>
        Text(chain, "hook") == "forward" && Text(chain, "family") is "ip" or "inet" && !Text(chain, "table").StartsWith("mvm_", StringComparison.Ordinal);

    /// <summary>Whatever the packet is.</summary>
    private static bool Refuses(JsonElement rule) =>
        Statements(rule).All(statement => Is(statement, "counter") || Is(statement, "drop") || Is(statement, "reject"))
        && Statements(rule).Any(statement => !Is(statement, "counter"));

    private static bool Accepts(JsonElement rule, string direction)
    {
        JsonElement[] statements = [.. Statements(rule).Where(statement => !Is(statement, "counter"))];
        return statements.Length == 2 && Is(statements[1], "accept") && statements[0].TryGetProperty("match", out JsonElement match)
            && match.TryGetProperty("left", out JsonElement left) && left.TryGetProperty("meta", out JsonElement meta) && Text(meta, "key") == direction
            && Text(match, "right") == ForwardChain.Bridges;
    }

    private static JsonElement.ArrayEnumerator Statements(JsonElement rule) => rule.TryGetProperty("expr", out JsonElement all) ? all.EnumerateArray() : default;

    private static bool Is(JsonElement statement, string kind) => statement.ValueKind == JsonValueKind.Object && statement.TryGetProperty(kind, out _);

    private static IEnumerable<JsonElement> Listed(JsonElement answer, string kind) => answer.GetProperty("nftables").EnumerateArray()
        .Where(element => Is(element, kind)).Select(element => element.GetProperty(kind));

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static JsonElement Run(string nft, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(nft, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> words = process.StandardError.ReadToEndAsync();
            using JsonDocument answer = JsonDocument.Parse(process.StandardOutput.BaseStream);
            process.WaitForExit();
            return process.ExitCode == 0 ? answer.RootElement.Clone() : throw new NetworkException($"nft: {words.Result.Split('\n')[0]}");
        }
        catch (Exception e) when (e is IOException or Win32Exception or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new NetworkException($"nft could not be asked: {e.Message}", e);
        }
    }
}
