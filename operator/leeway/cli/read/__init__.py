"""What the command is given: flags, a policy, files of rows."""
