using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

public sealed partial class AgentConnection
{
    // For a guest that does not read, or has gone in the middle of a word.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private async Task RunAsync(byte[] preamble)
    {
        Task sending = _sender.RunAsync(_stop.Token);
        Task receiving = ReceiveAsync(preamble);
        Exception reason = await EndAsync(sending, receiving).ConfigureAwait(false);
        if (!sending.IsCompleted)
        {
            _sender.Close(new Goodbye(Shortened(reason.Message)));
            await FinishedAsync(sending).ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(sending, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sender.Abandon();
        _requests.Fail(reason);
        _registry.Fail(this, reason);
        _closed.TrySetResult(reason);
    }

    /// <summary>Why the connection ends: what the guest said or did goes before what came of it.</summary>
    private async Task<Exception> EndAsync(Task sending, Task receiving)
    {
        await Task.WhenAny(receiving, sending, _ending.Task).ConfigureAwait(false);
        if (_ending.Task.IsCompleted)
        {
            return await _ending.Task.ConfigureAwait(false);
        }

        await FinishedAsync(receiving).ConfigureAwait(false);
        return Reason(receiving.Exception?.InnerException ?? sending.Exception?.InnerException);
    }

    private static Task<Task> FinishedAsync(Task task) => Task.WhenAny(task, Task.Delay(s_patience));

    private static Exception Reason(Exception? exception) => exception switch
    {
        ProtocolException or ConnectionLostException => exception,
        null => new ConnectionLostException("the connection has ended"),
        _ => new ConnectionLostException(exception.Message, exception),
    };

    private static string Shortened(string reason) => reason.Length <= 250 ? reason : reason[..250];
}
