"""A mail server on loopback (RFC 5321, as much of it as a sender needs): it keeps what it was given, byte for byte."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass
class Mailbox:
    """Each message as (from, to, bytes); `port` is where it listens."""

    port: int = 0
    messages: list[tuple[str, list[str], bytes]] = field(default_factory=list)


@contextmanager
def taking_mail() -> Iterator[Mailbox]:
    """Run the server until the block ends."""
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            sender, to = "", list[str]()
            self.say(220, "ready")
            while line := self.rfile.readline():
                verb, _, rest = line.decode("ascii").strip().partition(" ")
                match verb.upper():
                    case "MAIL":
                        sender = address_in(rest)
                        self.say(250, "ok")
                    case "RCPT":
                        to.append(address_in(rest))
                        self.say(250, "ok")
                    case "DATA":
                        self.say(354, "go on")
                        mailbox.messages.append((sender, to, self.read_data()))
                        self.say(250, "taken")
                    case "QUIT":
                        self.say(221, "bye")
                        return
                    case _:
                        self.say(250, "ok")

        def read_data(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b".") else line)
            return b"".join(lines)

        def say(self, code: int, text: str) -> None:
            self.wfile.write(f"{code} {text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        mailbox.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()


def address_in(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
