using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>Requests whose replies are still to come, by id.</summary>
internal sealed class PendingRequests
{
    // Nobody asks for so much at once, unless the guest has stopped answering.
    private const int Limit = 1024;
    private readonly Dictionary<uint, Action<IMessage?, Exception?>> _pending = [];
    private Exception? _failed;

    /// <summary>The id of the latest request; ids grow.</summary>
    public uint LastId { get; private set; }

    public uint Add<TReply>(TaskCompletionSource<TReply> reply)
        where TReply : IMessage
    {
        lock (_pending)
        {
            if (_failed is not null)
            {
                throw _failed;
            }

            if (_pending.Count == Limit)
            {
                throw new RequestFailedException(new Failure(FailureKind.Internal, 0, "the guest does not answer"));
            }

            _pending.Add(++LastId, (message, exception) => Complete(reply, message, exception));
            return LastId;
        }
    }

    public void Complete(uint id, IMessage message)
    {
        Action<IMessage?, Exception?>? complete;
        lock (_pending)
        {
            _pending.Remove(id, out complete);
        }

        (complete ?? throw new ProtocolException($"a reply to no request: {id}"))(message, null);
    }

    public void Remove(uint id)
    {
        lock (_pending)
        {
            _pending.Remove(id);
        }
    }

    public void Fail(Exception reason)
    {
        Action<IMessage?, Exception?>[] all;
        lock (_pending)
        {
            _failed = reason;
            all = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (Action<IMessage?, Exception?> complete in all)
        {
            complete(null, reason);
        }
    }

    private static void Complete<TReply>(TaskCompletionSource<TReply> source, IMessage? message, Exception? exception)
        where TReply : IMessage
    {
        switch (message)
        {
            case TReply reply:
                source.TrySetResult(reply);
                break;
            case Failure failure:
                SetException(source, new RequestFailedException(failure));
                break;
            case null:
                SetException(source, exception!);
                break;
            default:
                var wrong = new ProtocolException($"a reply of the wrong type: {message.GetType().Name}");
                SetException(source, wrong);
                throw wrong;
        }
    }

    private static void SetException<TReply>(TaskCompletionSource<TReply> source, Exception exception)
    {
        source.TrySetException(exception);
        _ = source.Task.Exception; // Whoever asked may have stopped waiting.
    }
}
