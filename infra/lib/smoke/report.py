"""What a run says: lines while it goes on, and a markdown report to send back."""

import datetime
import sys
import threading

from .cloud import sanitised


class Report:
    def __init__(self, cloud, facts):
        self.cloud = cloud
        self.facts = facts
        self.sections = []
        self.answers = []
        self.begun = datetime.datetime.now(datetime.timezone.utc)
        self.lock = threading.Lock()

    def section(self, title):
        section = Section(self, title)
        with self.lock:
            self.sections.append(section)
        self.say(f"\n{title}")
        return section

    def answer(self, question, answer, evidence):
        """An answer to an open question."""
        with self.lock:
            self.answers.append((question, sanitised(answer), [sanitised(line) for line in evidence]))
        self.say(f"  {question.verdict(answer):9} {question.ids}: {question.text} {sanitised(answer)}")

    @staticmethod
    def say(text):
        print(text, flush=True)

    @staticmethod
    def tell(text):
        """By the way, on standard error."""
        print(f"smoke-test: {text}", file=sys.stderr, flush=True)

    @property
    def failures(self):
        return [(section.title, name) for section in self.sections for name, held, _ in section.checks if not held]

    def markdown(self, left):
        lines = ["# Smoke test of the Cognito tenancy triggers", ""]
        lines += [f"- {name}: {sanitised(str(value))}" for name, value in self.facts.items()]
        lines.append(f"- begun {self.begun:%Y-%m-%d %H:%M} UTC, took {int(self.seconds())} s")
        failed = len(self.failures)
        total = sum(len(section.checks) for section in self.sections)
        lines.append(f"- {total - failed} of {total} checks held; {self.differing()} answers differ from what is assumed")
        lines.append(f"- left behind: {', '.join(thing['kind'] for thing, _ in left) if left else 'nothing'}")
        for section in self.sections:
            lines += ["", f"## {section.title}", ""]
            lines += [f"- {'ok' if held else '**FAILED**'}: {name}{f' ({detail})' if detail else ''}" for name, held, detail in section.checks]
            lines += [f"- {note}" for note in section.notes]
        if self.answers:
            lines += self.questions()
        lines += ["", "To send this back: open an issue in this repository and paste it. It holds no tokens, codes, addresses or account ids."]
        return "\n".join(lines) + "\n"

    def questions(self):
        lines = ["", "## Open questions", ""]
        lines.append("Numbers are those below; names in the last column stand in `crates/dev-stack/src/cognito/unknowns.rs`.")
        lines += ["", "| | Question | Answer | As assumed? | Assumed by |", "| --- | --- | --- | --- | --- |"]
        for question, answer, _ in self.answers:
            row = [question.ids, question.text, cell(answer), question.verdict(answer), f"`{question.unknown}`" if question.unknown else ""]
            lines.append("| " + " | ".join(row) + " |")
        lines += ["", "## Evidence"]
        for question, _, evidence in self.answers:
            if evidence:
                lines += ["", f"{question.ids}. {question.text}", "", *[f"    {line}" for line in evidence]]
        return lines

    def differing(self):
        return sum(question.verdict(answer) == "DIFFERS" for question, answer, _ in self.answers)

    def seconds(self):
        return (datetime.datetime.now(datetime.timezone.utc) - self.begun).total_seconds()


class Section:
    """Checks that belong together."""

    def __init__(self, report, title):
        self.report = report
        self.title = title
        self.checks = []
        self.notes = []

    def check(self, name, held, detail=""):
        detail = sanitised(str(detail)) if detail else ""
        self.checks.append((name, bool(held), detail))
        self.report.say(f"  {'ok' if held else 'FAILED':9} {name}{f' ({detail})' if detail else ''}")
        return bool(held)

    def note(self, text):
        text = sanitised(text)
        self.notes.append(text)
        self.report.say(f"  {'':9} {text}")


def cell(text):
    return text.replace("|", "\\|")
