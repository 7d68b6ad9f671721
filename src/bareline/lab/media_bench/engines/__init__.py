"""The stacks that are measured, one module each; each is imported only by a process that measures it."""
