using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>Requests whose replies are still to come, by id.</summary>
internal sealed class PendingRequests
{
    private readonly Dictionary<uint, Action<IMessage?, Exception?>> _pending = [];
    private uint _lastId;
    private Exception? _failed;

    public uint Add<TReply>(TaskCompletionSource<TReply> reply)
        where TReply : IMessage
    {
        lock (_pending)
        {
            if (_failed is not null)
            {
                throw _failed;
            }

            _pending.Add(++_lastId, (message, exception) => Complete(reply, message, exception));
            return _lastId;
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
                source.TrySetException(new RequestFailedException(failure));
                break;
            case null:
                source.TrySetException(exception!);
                break;
            default:
                var wrong = new ProtocolException($"a reply of the wrong type: {message.GetType().Name}");
                source.TrySetException(wrong);
                throw wrong;
        }
    }
}
