using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Engine.Stdio;

/// <summary>
/// Carries attached clients' stdin to the process: writes wait until it runs, one at a time, and are dropped when
/// there is no stdin or the container has ended.
/// </summary>
/// <param name="endsWithClient">StdinOnce without a terminal: the first client's end is the process's end of file.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "Neither a SemaphoreSlim without a wait handle nor a source without a timer holds anything to dispose.")]
internal sealed class StdinPipe(bool endsWithClient)
{
    private readonly TaskCompletionSource<IGuestInput?> _input = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closed = new();
    private bool _endWanted;

    /// <summary>The process runs (null: without stdin).</summary>
    public Task OpenAsync(IGuestInput? input)
    {
        _input.TrySetResult(input);
        return Volatile.Read(ref _endWanted) ? EndAsync() : Task.CompletedTask;
    }

    /// <summary>The container has ended, or will not start.</summary>
    public void Close()
    {
        _input.TrySetResult(null);
        _closed.Cancel();
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        IGuestInput? input = await _input.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (input is null)
        {
            return;
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await input.WriteAsync(bytes, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && _closed.IsCancellationRequested))
        {
            // The container has ended; its state tells.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A client's stdin ended. Before the process runs this is remembered, not waited for.</summary>
    public Task ClientEndedAsync()
    {
        if (!endsWithClient)
        {
            return Task.CompletedTask;
        }

        Volatile.Write(ref _endWanted, true);
        return _input.Task.IsCompleted ? EndAsync() : Task.CompletedTask;
    }

    private async Task EndAsync()
    {
        if (await _input.Task.ConfigureAwait(false) is not { } input)
        {
            return;
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            input.End();
        }
        catch (IOException)
        {
            // As above.
        }
        finally
        {
            _turn.Release();
        }
    }
}
