"""The real servers of a stack on this machine, out of wheels: PostgreSQL, Redis and SeaweedFS.

For development, tests and a look at the stack way to run; no root, no Docker. Production has `docs/deploy.md`.
Everything listens on 127.0.0.1 only, with generated passwords, and ends when the process that started it ends.
"""

from storepatrol.stack.process import Child, ServerError, free_ports
from storepatrol.stack.servers import Stack, StackBusy, running_environment, stop_running

__all__ = ["Child", "ServerError", "Stack", "StackBusy", "free_ports", "running_environment", "stop_running"]
