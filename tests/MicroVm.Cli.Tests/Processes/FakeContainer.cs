namespace MicroVm.Cli.Tests.Processes;

/// <summary>
/// The engine's side of one <c>run</c>: create, attach, wait, start; then a program of the test's choice speaks on the
/// attached stream, and its result is the exit code.
/// </summary>
internal static class FakeContainer
{
    /// <param name="program">Gets the attached connection once the container was started.</param>
    internal static FakeEngine Running(Func<FakeEngine.Request, int> program, string waitError = "")
    {
        var engine = new FakeEngine();
        ManualResetEventSlim started = engine.Started;
        var exit = new TaskCompletionSource<int>();
        string path = $"POST /containers/{FakeEngine.ContainerId}";
        engine.On("POST /containers/create", 201, $$"""{"Id":"{{FakeEngine.ContainerId}}","Warnings":[]}""");
        engine.On($"{path}/attach", request =>
        {
            request.Upgrade();
            started.Wait();
            int code = program(request);
            request.Socket.Close();
            exit.SetResult(code);
        });
        engine.On($"{path}/wait", request =>
        {
            // The head at once: clients start the container only when they have it.
            request.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            string body = $$"""{"StatusCode":{{exit.Task.Result}}{{waitError}}}""";
            request.Raw($"{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
        });
        engine.On($"{path}/start", request =>
        {
            request.Reply(204, "", "Server-Timing: disk;dur=1.5, boot;dur=340, total;dur=341.5\r\n");
            started.Set();
        });
        engine.On($"{path}/resize", 200, "");
        engine.On($"{path}/kill", 204, "");
        return engine;
    }
}
