"""What a run says: lines while it goes on, and a markdown report to send back."""

import contextlib
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

    def answer(self, answer):
        """An answer to an open question."""
        with self.lock:
            self.answers.append(answer)
        self.say(
            f"  {answer.verdict:9} {answer.question.ids}: {answer.question.text} {sanitised(answer.text)}"
        )

    @staticmethod
    def say(text):
        write(text, sys.stdout)

    @staticmethod
    def tell(text):
        """By the way, on standard error."""
        write(f"smoke-test: {text}", sys.stderr)

    @property
    def failures(self):
        return [
            (section.title, name) for section in self.sections for name, held, _ in section.checks if not held
        ]

    def markdown(self, left):
        lines = ["# Smoke test of the Cognito tenancy triggers", ""]
        lines += [f"- {name}: {sanitised(str(value))}" for name, value in self.facts.items()]
        lines.append(f"- begun {self.begun:%Y-%m-%d %H:%M} UTC, took {int(self.seconds())} s")
        failed = len(self.failures)
        total = sum(len(section.checks) for section in self.sections)
        lines.append(
            f"- {total - failed} of {total} checks held; "
            f"{self.differing()} of {len(self.answers)} answers differ from what is assumed"
        )
        lines.append(f"- left behind: {', '.join(thing['kind'] for thing, _ in left) if left else 'nothing'}")
        for section in self.sections:
            lines += ["", f"## {section.title}", ""]
            lines += [
                f"- {'ok' if held else '**FAILED**'}: {name}{f' ({detail})' if detail else ''}"
                for name, held, detail in section.checks
            ]
            lines += [f"- {note}" for note in section.notes]
        if self.answers:
            lines += self.questions()
        lines += [
            "",
            "To send this back: open an issue in this repository and paste it. "
            "It holds no tokens, codes, addresses or account ids.",
        ]
        return "\n".join(lines) + "\n"

    def questions(self):
        lines = ["", "## Answers", ""]
        lines.append("Names in the last column stand in `crates/dev-stack/src/cognito/unknowns.rs`.")
        lines += ["", "| | Question | Answer | As assumed? | Assumed by |", "| --- | --- | --- | --- | --- |"]
        for answer in self.answers:
            question = answer.question
            source = f"`{question.unknown}`" if question.unknown else "docs/cognito.md"
            row = [question.ids, question.text, cell(sanitised(answer.text)), answer.verdict, source]
            lines.append("| " + " | ".join(row) + " |")
        lines += ["", "## Evidence"]
        for answer in self.answers:
            if answer.evidence:
                lines += ["", f"{answer.question.ids}. {answer.question.text} {sanitised(answer.text)}", ""]
                lines += [f"    {sanitised(line)}" for line in answer.evidence]
        return lines

    def differing(self):
        return sum(answer.verdict == "DIFFERS" for answer in self.answers)

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


def write(text, stream):
    """A terminal that is gone must not keep things from being removed."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream, flush=True)


def cell(text):
    return text.replace("|", "\\|")
