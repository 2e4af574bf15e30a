using System.ComponentModel;
using System.Diagnostics;

namespace MicroVm.Networks.Firewall;

/// <summary>
/// Keeps the kernel's rules as the state is. Calls that come while nft runs share the next run: the kernel takes some 30 ms for each
/// transaction, most of it waiting, whatever its size.
/// </summary>
/// <param name="program">nft(8); null: it is not installed.</param>
public sealed class NftFirewall(string? program, Ruleset rules, Func<FirewallState> state)
{
    private readonly Lock _sync = new();
    private Task _running = Task.CompletedTask;
    private Task? _next;

    /// <summary>Completes when a state that is at least as new as this call's is in force.</summary>
    /// <exception cref="NetworkException">nft refuses it, or is not there.</exception>
    public Task ApplyAsync()
    {
        lock (_sync)
        {
            return _next ??= RunNextAsync(_running);
        }
    }

    /// <summary>Takes all of it away.</summary>
    public Task ClearAsync() => RunAsync(rules.Clear());

    private async Task RunNextAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_sync)
        {
            _running = _next!;
            _next = null;
        }

        await RunAsync(rules.Build(state())).ConfigureAwait(false);
    }

    private async Task RunAsync(string transaction)
    {
        string nft = program ?? throw new NetworkException("nft, which filters what containers send, not found: apt-get install nftables");
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(nft, ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
            Task<string> words = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(transaction).ConfigureAwait(false);
            process.StandardInput.Close();
            string error = await words.ConfigureAwait(false);
            await process.WaitForExitAsync().ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new NetworkException($"nft refused the rules: {FirstLine(error)}");
            }
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            throw new NetworkException($"nft could not be run: {e.Message}", e);
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0] is { Length: > 0 } line ? line[..Math.Min(line.Length, 300)] : "no reason given";
}
