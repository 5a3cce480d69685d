"""Walks over a library's public methods, calls them against a server, and knows which are left."""

import inspect
import traceback


class Surface:
    """A client whose calls and last reply are remembered."""

    def __init__(self, client):
        self.client = client
        self.methods = {}
        self.called = {}
        self.failures = []
        self.reply = None
        self._remember_replies()
        self._find(client, [])

    def _remember_replies(self):
        original = self.client.http.response

        def response(*arguments, **options):
            self.reply = original(*arguments, **options)
            return self.reply

        self.client.http.response = response

    def _find(self, thing, path):
        """Replaces each public method below a client's parts by one that notes its name."""
        for name, function in inspect.getmembers(type(thing), inspect.isfunction):
            if path and not name.startswith("_"):
                self._replace(thing, name, ".".join([*path, name]), getattr(thing, name))
        parts = [(name, part) for name, part in vars(thing).items() if name not in ("agent", "http") or not path]
        for name, part in parts:
            is_part = type(part).__module__.startswith("consul") and name != "http"
            if is_part and not hasattr(part, "surface_path"):
                part.surface_path = [*path, name]
                self._find(part, part.surface_path)

    def _replace(self, thing, name, label, method):
        def call(*arguments, **options):
            self.called.setdefault(label, "works")
            return method(*arguments, **options)

        call.label = label
        self.methods[label] = method
        setattr(thing, name, call)

    def refused(self, status, words, method, *arguments, **options):
        """Calls what the server must refuse with this status, in words that contain these."""
        self.reply = None
        try:
            answer = method(*arguments, **options)
        except Exception as error:  # Each library has exceptions of its own.
            answer = error
        self.called[method.label] = f"refused with {status}"
        assert self.reply is not None, f"{method.label}: no reply: {answer!r}"
        told = f"{method.label}: {self.reply.code} {self.reply.body!r}, as {answer!r}"
        assert self.reply.code == status and words in self.reply.body, f"{told}; expected {status} {words!r}"
        # The libraries raise for every error but 404, which is nothing to them, or its bare text.
        nothing = status == 404 and not [*filter(None, flat(answer))]
        assert isinstance(answer, Exception) or nothing or answer in (self.reply.body, self.reply.body.encode()), told

    def all_refused(self, status, words, calls):
        """The same for many calls, each a method with its arguments; tells of all that were not."""
        problems = []
        for method, *arguments in calls:
            try:
                self.refused(status, words, method, *arguments)
            except AssertionError as error:
                problems.append(str(error))
        assert not problems, "\n".join(problems)

    def section(self, function, *arguments):
        """Runs a group of calls; a failure does not hide the groups that follow."""
        try:
            function(self, *arguments)
        except Exception:
            self.failures.append(f"{function.__name__}: {traceback.format_exc()}")

    def failed(self):
        """Prints what failed; returns the exit status."""
        for failure in self.failures:
            print(f"FAILED {failure}")
        return 1 if self.failures else 0

    def report(self):
        """Prints a line for each method, and what failed; returns the exit status."""
        for label in sorted(self.methods):
            print(f"{label}: {self.called.get(label, 'NOT CALLED')}")
        left = [label for label in self.methods if label not in self.called]
        failed = self.failed()
        print(f"{len(self.methods)} methods, {len(left)} not called, {len(self.failures)} groups failed")
        return 1 if left else failed


def flat(answer):
    """The parts of an answer that are not an index."""
    return answer[1:] if isinstance(answer, tuple) else [answer]


def raises(error, method, *arguments, **options):
    """Asserts that a call raises this error of the library."""
    try:
        answer = method(*arguments, **options)
    except error as raised:
        return raised
    raise AssertionError(f"{method.label} answered {answer!r} and not {error.__name__}")
