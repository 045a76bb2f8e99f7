"""What a run makes, on disk before it is made: whatever becomes of the process, it says what is left."""

import json
import os
import pathlib
import re
import threading


class Journal:
    """A list of things, each a dict with `kind`, `name` and what else is needed to remove it."""

    def __init__(self, path, head, things=()):
        self.path = pathlib.Path(path)
        self.head = head
        self.things = list(things)
        self.lock = threading.Lock()

    @classmethod
    def begin(cls, run, head):
        journal = cls(pathlib.Path.cwd() / f"smoke-test-{run}.json", {"run": run, **head})
        journal.write()
        return journal

    @classmethod
    def read(cls, path):
        content = json.loads(pathlib.Path(path).read_text())
        if not re.fullmatch(r"[0-9a-f]{8}", content["head"]["run"]):
            raise ValueError("its run is not one of this command's")
        return cls(path, content["head"], content["things"])

    def add(self, kind, name, **facts):
        """To be called before the thing is made."""
        with self.lock:
            thing = {"kind": kind, "name": name, **facts}
            self.things.append(thing)
            self.write()
            return thing

    def note(self, thing, **facts):
        """What is known only once the thing is there: an id."""
        with self.lock:
            thing.update(facts)
            self.write()

    def removed(self, thing):
        with self.lock:
            self.things.remove(thing)
            self.write()

    def end(self):
        """Nothing is left: neither is the file."""
        if not self.things:
            self.path.unlink(missing_ok=True)

    def write(self):
        content = json.dumps({"head": self.head, "things": self.things}, indent=1)
        draft = self.path.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)
