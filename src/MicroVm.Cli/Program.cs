return MicroVm.Cli.Commands.CommandLine.Run(args);
