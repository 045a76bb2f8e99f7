"""One open question."""

VERSIONS = ("V1_0", "V2_0", "V3_0")


class Question:
    """`ids`: its numbers in the list of open questions, `1` to `10`, or `-` for one of docs/cognito.md alone.
    `unknown`: the name in crates/dev-stack/src/cognito/unknowns.rs that decides it in the local stack, if one does.
    `assumed`: the answer that is assumed. `versions`: the event versions it is asked on; none, if it is not one of them.
    `ask(pool)`, or without versions `ask(questioner)`: gives the answer, a short text."""

    def __init__(self, ids, text, assumed, ask, unknown=None, versions=()):
        self.ids = ids
        self.text = text
        self.assumed = assumed
        self.ask = ask
        self.unknown = unknown
        self.versions = versions

    def verdict(self, answer):
        if answer.startswith("not asked"):
            return "not asked"
        if answer.startswith("unclear"):
            return "unclear"
        return "assumed" if answer == self.expected(answer) else "DIFFERS"

    def expected(self, answer):
        """The assumed answer, for as many versions as there are answers."""
        if not self.versions:
            return self.assumed
        assumed = self.assumed if isinstance(self.assumed, dict) else dict.fromkeys(self.versions, self.assumed)
        asked = [version for version in self.versions if version[:2] in answer.split(":")[0] or version[:2] in answer]
        return merged({version: assumed[version] for version in asked})


def merged(answers):
    """One text of the answers by version: `V1, V2: refused; V3: dropped`."""
    by_answer = {}
    for version, answer in answers.items():
        by_answer.setdefault(answer, []).append(version[:2])
    return "; ".join(f"{', '.join(versions)}: {answer}" for answer, versions in by_answer.items())


class Unclear(Exception):
    """The question could not be answered; the text says why."""
