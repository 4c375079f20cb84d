"""The command line and the composition roots: one function per process wires its parts together."""
