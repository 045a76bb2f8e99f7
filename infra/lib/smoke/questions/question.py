"""One open question."""

VERSIONS = ("V1_0", "V2_0", "V3_0")


class Question:
    """`ids`: its number in the list of open questions, `1` to `10`, or `-` for one of docs/cognito.md alone.
    `unknown`: the name in crates/dev-stack/src/cognito/unknowns.rs that decides it in the local
    stack, if any.
    `assumed`: the answer that is assumed, or one for each version. `versions`: the event versions it is
    asked on. `ask(pool)`, or without versions `ask(questioner)`: gives the answer, a short text."""

    def __init__(self, ids, text, assumed, ask, unknown=None, versions=()):
        self.ids = ids
        self.text = text
        self.assumed = assumed
        self.ask = ask
        self.unknown = unknown
        self.versions = versions

    def expected(self, version):
        return self.assumed[version] if isinstance(self.assumed, dict) else self.assumed


class Answer:
    """The answers to a question, by event version; of one that is not asked by version, one under None."""

    def __init__(self, question, by_version, evidence=()):
        self.question = question
        self.by_version = by_version
        self.evidence = list(evidence)

    @property
    def text(self):
        return merged(self.by_version) if self.question.versions else self.by_version[None]

    @property
    def verdict(self):
        answers = self.by_version.items()
        if any(answer.startswith("unclear") for _, answer in answers):
            return "unclear"
        if all(answer.startswith("not asked") for _, answer in answers):
            return "not asked"
        right = all(
            answer == self.question.expected(version)
            for version, answer in answers
            if not answer.startswith("not asked")
        )
        return "assumed" if right else "DIFFERS"


def merged(answers):
    """One text of the answers by version: `V1, V2: refused; V3: dropped`."""
    by_answer = {}
    for version, answer in answers.items():
        by_answer.setdefault(answer, []).append(version[:2])
    return "; ".join(f"{', '.join(versions)}: {answer}" for answer, versions in by_answer.items())


class Unclear(Exception):
    """The question could not be answered; the text says why."""
