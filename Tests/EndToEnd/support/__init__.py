"""What the end-to-end tests share: processes, sockets, terminals, and waiting for conditions."""
