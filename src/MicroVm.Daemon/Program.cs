using MicroVm.Daemon.Hosting;

return await DaemonProgram.RunAsync(args);
