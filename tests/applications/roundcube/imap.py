"""A stand-in for a mail server: an IMAP server with one empty mailbox that checks passwords.

usage: imap.py PORT
"""

import hmac
import os
import re
import socketserver
import sys

USER, PASSWORD = "alice", os.environ["PASSWORD"]
UNQUOTE = re.compile(r'\\(["\\])')


def words(line):
    """The arguments of a command: atoms and quoted strings."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    return [UNQUOTE.sub(r"\1", quoted) if quoted or not atom else atom for quoted, atom in found]


class Session(socketserver.StreamRequestHandler):
    timeout = 30

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("* OK [CAPABILITY IMAP4rev1] ready")
        for raw in self.rfile:
            tag, _, line = raw.decode("utf-8", "replace").strip().partition(" ")
            command, _, arguments = line.partition(" ")
            command, arguments = command.upper(), self.literals(arguments)
            if command == "UID":
                command, _, arguments = arguments.partition(" ")
                command = command.upper()
            if command == "LOGIN":
                name, password = (words(arguments) + ["", ""])[:2]
                good = hmac.compare_digest((name + "\0" + password).encode(), f"{USER}\0{PASSWORD}".encode())
                print(f"login {'succeeded' if good else 'failed'}: {name}", file=sys.stderr, flush=True)
                self.say(f"{tag} OK logged in" if good else f"{tag} NO [AUTHENTICATIONFAILED] wrong name or password")
                continue
            if command == "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return
            for answer in self.answers(command, arguments):
                self.say(answer)
            self.say(f"{tag} OK {command} done")

    def literals(self, arguments):
        """Asks for the literals that an argument may be sent as, and puts them in its place."""
        while match := re.search(r"\{(\d+)\+?\}$", arguments):
            if "+" not in match[0]:
                self.say("+ go on")
            text = self.rfile.read(int(match[1])).decode("utf-8", "replace")
            quoted = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
            rest = self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n")
            arguments = arguments[: match.start()] + quoted + rest
        return arguments

    def answers(self, command, arguments):
        if command == "CAPABILITY":
            return ["* CAPABILITY IMAP4rev1"]
        if command in ("LIST", "LSUB"):
            return [f'* {command} (\\HasNoChildren) "/" INBOX'] if words(arguments)[-1:] not in ([""],) else [f'* {command} (\\Noselect) "/" ""']
        if command in ("SELECT", "EXAMINE"):
            return ["* FLAGS (\\Seen)", "* 0 EXISTS", "* 0 RECENT", "* OK [UIDVALIDITY 1]", "* OK [UIDNEXT 1]"]
        if command == "STATUS":
            return ["* STATUS INBOX (MESSAGES 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY 1)"]
        if command == "SEARCH":
            return ["* SEARCH"]
        return []


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Session) as server:
        server.serve_forever()
